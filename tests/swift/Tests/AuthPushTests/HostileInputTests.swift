import AuthPush
import Foundation
import Testing

/// Texts that strangers control cross into the library and come back as errors, however they are made.
@Suite struct HostileInputTests {
    @Test func everyStrangeTextIsATypedError() async throws {
        let strange = [
            "", "\0", "\u{202e}\u{2066}\u{feff}", String(repeating: "😀", count: 10_000),
            String(repeating: "[", count: 100_000), String(repeating: #"{"a":"#, count: 10_000),
            String(repeating: "x", count: 8 << 20), #""\ud800""#, "{}", "null", #"{"did":1,"chg":[],"hst":{}}"#,
        ]
        let sandbox = try Sandbox(profile: "open-banking")
        let phone = try await Phone(of: sandbox)
        for text in strange {
            let errors = [
                try await error { try await phone.scan(text) }, try await error { try await phone.receive(text) },
                try await error { try await phone.authenticator.processConsentData(requestId: text) },
            ]
            for error in errors {
                #expect(error is AuthenticatorError && error as? AuthenticatorError != .Internal)
                #expect("\(error)".count < 200)
            }
        }
        #expect(try await phone.authenticator.accounts().isEmpty)
    }

    @Test func nothingThatIsPrintedHoldsThePushToken() async throws {
        let sandbox = try Sandbox(profile: "open-banking")
        let phone = try await Phone(of: sandbox)
        let account = try await phone.scan(try await sandbox.qr())
        try await sandbox.consent("payments")
        let request = try await phone.receive(try await sandbox.push())
        let answer = try await phone.deny(request.id)
        let printed = "\(account) \(request) \(answer) \(phone.ports.log.lines.now)"
        #expect(printed.contains(account.deviceId) && !printed.contains(pushId))
    }
}
