import AuthPush
import Foundation
import Testing

/// Objects of the library end when nobody holds them, and take with them what they held.
@Suite struct LifetimesTests {
    @Test func anAuthenticatorThatIsGoneLetsItsPortsGo() async throws {
        let sandbox = try Sandbox(profile: "classic")
        weak var person: Person?
        weak var log: MemoryLog?
        do {
            let phone = try await Phone(of: sandbox)
            try await phone.scan(try await sandbox.qr())
            (person, log) = (phone.ports.person, phone.ports.log)
            #expect(person != nil && log != nil)
        }
        try await until("the ports are gone") { person == nil && log == nil }
    }

    @Test func aCallGoesOnWhenItsAuthenticatorIsLetGo() async throws {
        let sandbox = try Sandbox(profile: "classic")
        var phone: Phone? = try await Phone(of: sandbox)
        try await phone?.scan(try await sandbox.qr())
        let (session, request) = try await phone!.asked(by: sandbox)
        try await sandbox.done("POST", "/sandbox/faults", #"{"on":"answer","kind":"delay","delay_ms":300}"#)
        let answer = Task { [phone] in try await phone!.approve(request.id) }
        phone = nil
        #expect(try await answer.value.delivery == .delivered)
        #expect(try await sandbox.accepted(session) == ["SUCCESSFUL"])
    }

    @Test func thousandsOfReviewsComeAndGoAndADecisionOutlivesItsReview() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let phone = try await Phone(of: sandbox)
        try await phone.scan(try await sandbox.qr())
        let (_, request) = try await phone.asked(by: sandbox)
        var denial: Decision?
        for _ in 0..<2000 {
            denial = try await phone.authenticator.processConsentData(requestId: request.id).deny()
        }
        let answer = try await phone.authenticator.sendAuthRequest(decision: try #require(denial))
        #expect(answer.delivery == .delivered)
    }
}
