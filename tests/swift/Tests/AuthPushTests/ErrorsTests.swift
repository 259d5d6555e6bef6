import AuthPush
import Foundation
import Testing

/// Every error can be met, told apart, and read.
@Suite struct ErrorsTests {
    @Test func everyCaseComesOutOfTheLibraryAndReadsLikeASentence() async throws {
        let seen = try await everyKind()
        #expect(Set(seen.map(reaction)).count == 17)
        for error in seen {
            let text = error.description
            #expect([error.localizedDescription, error.errorDescription, "\(error)"] == [text, text, text])
            #expect(text.count > 10 && !text.contains("(") && !text.contains(pushId))
            #expect(!error.code().isEmpty)
        }
    }

    /// A `switch` that the compiler checks: a new case does not compile. `Internal` only a bug makes: see PanicsTests.
    private func reaction(_ error: AuthenticatorError) -> String {
        switch error {
        case .InvalidQr: "scan another"
        case .InvalidPush: "drop it"
        case .InvalidArgument: "mend the program"
        case .Untrusted: "never go on"
        case .Unavailable: "later"
        case .Refused: "give up"
        case .UnknownDevice: "enrol again"
        case .UnknownRequest: "look again"
        case .Conflict: "the first stays"
        case .NotApprovable: "deny"
        case .WrongNumber(let triesLeft): "ask again \(triesLeft > 0)"
        case .TooLate: "tell"
        case .UserVerification: "ask the person again"
        case .ReenrolRequired: "enrol with a new code"
        case .Key: "the key"
        case .Storage: "the store"
        case .Clock: "the clock"
        case .Internal: "report it"
        }
    }

    private func everyKind() async throws -> [AuthenticatorError] {
        let sandbox = try Sandbox(profile: "is7")
        let phone = try await Phone(of: sandbox)
        let authenticator = phone.authenticator
        let qr = try await sandbox.qr()
        var errors: [AuthenticatorError] = []
        func meet(_ call: () async throws -> Any) async throws {
            let met = try await error(call)
            guard let met = met as? AuthenticatorError else { throw met }
            errors.append(met)
        }
        try await meet { try await phone.scan("no code") }
        try await meet { try await phone.receive("no push") }
        let device = Device(name: "n", model: "m")
        try await meet { try await authenticator.addAccount(qr: qr, pushId: "", device: device) }
        try await meet { try await authenticator.removeAccount(deviceId: "nobody's", undelivered: .abandon) }
        try await meet { try await phone.deny("no request") }
        let id = try await phone.scan(qr).deviceId
        try await meet { try await authenticator.setPushId(deviceId: id, pushId: "t", bearer: nil) }
        let (_, request) = try await phone.asked(by: sandbox)
        phone.ports.person.behaviour.throws(UserVerifierError.Cancelled)
        try await meet { try await phone.approve(request.id) }
        phone.ports.person.behaviour.works()
        phone.ports.keys.behaviour.throws(KeyStoreError.KeyLost)
        try await meet { try await phone.approve(request.id) }
        phone.ports.keys.behaviour.works()
        phone.ports.clock.behaviour.throws(Undeclared())
        try await meet { try await phone.approve(request.id) }
        phone.ports.clock.behaviour.works()
        phone.ports.vault.behaviour.throws(Undeclared())
        try await meet { try await Phone(of: sandbox, ports: phone.ports, folder: phone.folder) }
        phone.ports.vault.behaviour.works()
        try await sandbox.done("POST", "/sandbox/faults", #"{"on":"answer","kind":"status","status":410}"#)
        errors.append(try #require(try await phone.approve(request.id).error()))
        try await meet { try await phone.deny(request.id) }
        try await sandbox.done("POST", "/sandbox/logins", #"{"username":"alice","number_challenge":true}"#)
        let numbered = try await phone.receive(try await sandbox.push())
        let review = try await authenticator.processConsentData(requestId: numbered.id)
        try await meet { try await authenticator.matchNumber(review: review, accountIds: [], number: "x") }
        try await meet { try await authenticator.addApprovedAccountIds(review: review, accountIds: []) }
        try await sandbox.done("POST", "/sandbox/faults", #"{"on":"remove","kind":"status","status":403}"#)
        try await meet { try await authenticator.removeAccount(deviceId: id, undelivered: .abandon) }
        let strict = try await Phone(of: sandbox, ports: phone.ports, folder: phone.folder, allowedHosts: ["a.b"])
        try await meet { try await strict.authenticator.previewEnrolment(qr: qr) }
        sandbox.stop()
        try await meet { try await authenticator.removeAccount(deviceId: id, undelivered: .abandon) }
        return errors
    }
}
