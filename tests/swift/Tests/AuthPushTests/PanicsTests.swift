import AuthPush
import Foundation
import Testing

/// A bug of the library is an error in the app, not its death. Runs with a library that panics when it is told to.
@Suite struct PanicsTests {
    @Test func aPanicInBlockingWorkIsTheErrorInternal() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let phone = try await Phone(of: sandbox)
        try await phone.scan(try await sandbox.qr())
        let (_, request) = try await phone.asked(by: sandbox)
        phone.ports.clock.tells.with { $0 = .min }
        #expect(try await error { try await phone.approve(request.id) } as? AuthenticatorError == .Internal)
        phone.ports.clock.tells.with { $0 = nil }
        #expect(try await phone.approve(request.id).delivery == .delivered)
    }

    @Test func aPanicWhereAFutureIsPolledIsAnError() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let phone = try await Phone(of: sandbox)
        let met = try await error { try await phone.authenticator.previewEnrolment(qr: "panic") }
        #expect(!(met is AuthenticatorError))
        #expect(try await phone.authenticator.previewEnrolment(qr: try await sandbox.qr()).username == "alice")
    }
}
