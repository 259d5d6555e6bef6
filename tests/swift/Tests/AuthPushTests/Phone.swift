import AuthPush
import Foundation

let pushId = "the-push-services-token-of-this-phone"

/// A phone that trusts one bank: an authenticator over ports that do as the test says.
final class Phone: Sendable {
    let authenticator: Authenticator
    let ports: Ports
    let folder: String

    init(
        of sandbox: Sandbox, ports: Ports = Ports(), folder: String = newFolder(), verificationSeconds: UInt32 = 120,
        allowedHosts: [String] = []
    ) async throws {
        let trust = TrustSettings(
            publicRoots: false, anchorsPem: [sandbox.certificate], allowedHosts: allowedHosts)
        let configuration = Configuration(
            directory: folder, trust: trust, timeoutSeconds: 5, connectSeconds: 2,
            verificationSeconds: verificationSeconds)
        self.ports = ports
        self.folder = folder
        authenticator = try await ports.open(configuration)
        try await authenticator.setLog(sink: ports.log, mostDetailed: .debug)
    }

    @discardableResult
    func scan(_ qr: String, keyBits: UInt32 = 2048) async throws -> Account {
        let device = Device(name: "Alice's phone", model: "iPhone 17", keyBits: keyBits)
        return try await authenticator.addAccount(qr: qr, pushId: pushId, device: device)
    }

    func receive(_ push: String) async throws -> AuthRequest {
        let received = try await authenticator.processAuthRequest(push: push, sentAt: nil)
        guard case .request(let request, _) = received else { throw Broken("no request: \(received)") }
        return request
    }

    @discardableResult
    func approve(_ id: String, _ accounts: [String] = []) async throws -> Answer {
        let review = try await authenticator.processConsentData(requestId: id)
        let decision = try await authenticator.addApprovedAccountIds(review: review, accountIds: accounts)
        return try await authenticator.sendAuthRequest(decision: decision)
    }

    @discardableResult
    func deny(_ id: String) async throws -> Answer {
        let review = try await authenticator.processConsentData(requestId: id)
        return try await authenticator.sendAuthRequest(decision: review.deny())
    }

    /// A login that waits for the person: its session and its request.
    func asked(by sandbox: Sandbox) async throws -> (String, AuthRequest) {
        let session = try await sandbox.login()
        return (session, try await receive(try await sandbox.push()))
    }
}

func newFolder() -> String {
    NSTemporaryDirectory() + "authpush-swift-\(UUID().uuidString)/home"
}

/// Waits until something holds, for at most ten seconds.
func until(_ what: String, _ holds: () async throws -> Bool) async throws {
    let deadline = Date().addingTimeInterval(10)
    while try await !holds() {
        if Date() > deadline { throw Broken("never came true: \(what)") }
        try await Task.sleep(nanoseconds: 5_000_000)
    }
}
