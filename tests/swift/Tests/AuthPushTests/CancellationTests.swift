import AuthPush
import Foundation
import Testing

/// A cancelled task neither loses a decision nor doubles it. (Swift's generated code does not tell the library of a
/// cancellation: what was begun comes to its end, and the task sees the result.)
@Suite struct CancellationTests {
    @Test func anApprovalThatIsCancelledAndThenDeniedIsOneDecision() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let phone = try await Phone(of: sandbox)
        try await phone.scan(try await sandbox.qr())
        for patience in stride(from: UInt64(0), to: 20, by: 2) {
            let (session, request) = try await phone.asked(by: sandbox)
            let approval = Task { try await phone.approve(request.id) }
            try await Task.sleep(nanoseconds: patience * 1_000_000)
            approval.cancel()
            let denied = (try? await phone.deny(request.id)) != nil
            _ = await approval.result
            try await until("it is delivered") {
                try await phone.authenticator.entry(requestId: request.id).answer?.delivery == .delivered
            }
            #expect(try await sandbox.accepted(session) == [denied ? "DENIED" : "SUCCESSFUL"])
        }
    }

    @Test func aDecisionWhoseCallerLeftWhileTheServerWasThinkingIsDelivered() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let phone = try await Phone(of: sandbox)
        try await phone.scan(try await sandbox.qr())
        let (session, request) = try await phone.asked(by: sandbox)
        try await sandbox.done("POST", "/sandbox/faults", #"{"on":"answer","kind":"delay","delay_ms":500}"#)
        let approval = Task { try await phone.approve(request.id) }
        try await Task.sleep(nanoseconds: 200_000_000)
        approval.cancel()
        #expect(try await approval.value.delivery == .delivered)
        #expect(try await sandbox.accepted(session) == ["SUCCESSFUL"])
    }
}
