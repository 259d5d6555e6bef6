import AuthPush
import Foundation
import Testing

/// Many calls at once, and none that holds the main actor.
@Suite struct ConcurrencyTests {
    @MainActor @Test func theScreenGoesOnDrawingWhileAKeyIsMade() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let phone = try await Phone(of: sandbox)
        let qr = try await sandbox.qr()
        var frames = 0
        let drawing = Task { @MainActor in
            while !Task.isCancelled {
                try? await Task.sleep(nanoseconds: 1_000_000)
                frames += 1
            }
        }
        let began = frames
        try await phone.scan(qr, keyBits: 4096)
        drawing.cancel()
        // A key of this size takes far longer than a frame.
        #expect(frames - began > 10)
    }

    @Test func twoHundredCallsAtOnceOverTwoAuthenticatorsOfOneFolder() async throws {
        let sandbox = try Sandbox(profile: "classic")
        let phone = try await Phone(of: sandbox)
        try await phone.scan(try await sandbox.qr())
        let (session, request) = try await phone.asked(by: sandbox)
        let other = try await Phone(of: sandbox, ports: phone.ports, folder: phone.folder)
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<200 {
                let which = number.isMultiple(of: 2) ? phone : other
                group.addTask {
                    switch number % 4 {
                    case 0: try await which.authenticator.accounts().count
                    case 1: try await which.authenticator.history(deviceId: nil, limit: nil).count
                    case 2: try await which.authenticator.requests(state: nil).count
                    default: try await which.approve(request.id).approvedAccountIds.count + 1
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(count == 200)
        #expect(try await sandbox.accepted(session) == ["SUCCESSFUL"])
    }
}
