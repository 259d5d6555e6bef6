import AuthPush
import Foundation
import Testing

/// Whatever a port does, the caller gets a typed error without its text, or what it asked for.
@Suite struct PortsTests {
    @Test func whatAPortThrowsAndDidNotDeclareIsItsFailure() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let phone = try await Phone(of: sandbox)
        try await phone.scan(try await sandbox.qr())
        let (session, request) = try await phone.asked(by: sandbox)
        let ports = phone.ports
        for thrown: any Error in [Undeclared(), CancellationError(), ClockError.Failed, VaultError.Damaged] {
            var errors: [any Error] = []
            ports.person.behaviour.throws(thrown)
            errors.append(try await error { try await phone.approve(request.id) })
            ports.person.behaviour.works()
            ports.keys.behaviour.throws(thrown)
            errors.append(try await error { try await phone.approve(request.id) })
            ports.keys.behaviour.works()
            ports.clock.behaviour.throws(thrown)
            errors.append(try await error { try await phone.approve(request.id) })
            ports.clock.behaviour.works()
            let kinds = errors.compactMap { ($0 as? AuthenticatorError)?.code() }
            #expect(kinds == ["user_verification_failed", "key_store_failed", "clock_failed"])
            #expect(!errors.map { "\($0) \(String(reflecting: $0))" }.joined().contains(marker))
        }
        #expect(!"\(ports.log.lines.now)".contains(marker))
        #expect(try await phone.approve(request.id).delivery == .delivered)
        #expect(try await sandbox.accepted(session) == ["SUCCESSFUL"])
    }

    @Test func aPersonWhoDoesNotReactIsGivenUp() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let phone = try await Phone(of: sandbox, verificationSeconds: 1)
        try await phone.scan(try await sandbox.qr())
        let (session, request) = try await phone.asked(by: sandbox)
        let late = DispatchSemaphore(value: 0)
        phone.ports.person.behaviour.does { late.wait() }
        let given = try await error { try await phone.approve(request.id) }
        #expect(given as? AuthenticatorError == .UserVerification(reason: .timedOut))
        late.signal()
        phone.ports.person.behaviour.works()
        try await phone.deny(request.id)
        #expect(try await sandbox.accepted(session) == ["DENIED"])
    }

    @Test func aLogThatIsStuckHoldsNothingUp() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let ports = Ports()
        let stuck = DispatchSemaphore(value: 0)
        ports.log.behaviour.does {
            stuck.wait()
            stuck.signal()
        }
        let phone = try await Phone(of: sandbox, ports: ports)
        try await phone.scan(try await sandbox.qr())
        let (_, request) = try await phone.asked(by: sandbox)
        #expect(try await phone.approve(request.id).delivery == .delivered)
        #expect(ports.log.lines.now.isEmpty)
        stuck.signal()
        try await until("the lines are there") { ports.log.lines.now.contains { $0.event == "answer_delivered" } }
    }
}

/// The error that a call ends with.
func error(_ call: () async throws -> Any) async throws -> any Error {
    let result: Any
    do { result = try await call() } catch { return error }
    throw Broken("no error, but \(result)")
}
