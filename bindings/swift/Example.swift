import AuthPush
import Foundation

/// Keeps the master key as long as the program runs. A phone keeps it in its Keychain.
final class MemoryVault: Vault, @unchecked Sendable {
    private let lock = NSLock()
    private var key: Data?

    func load() throws -> Data? { lock.withLock { key } }

    func create() throws -> Data {
        lock.withLock {
            key = key ?? Data((0..<32).map { _ in UInt8.random(in: 0...255) })
            return key ?? Data()
        }
    }
}

/// Whoever types at this terminal is its owner. A phone asks for a face or a finger here.
final class Terminal: UserVerifier {
    func verify(prompt: VerificationPrompt) throws -> Verification {
        print("\(prompt.username), type yes to sign:")
        guard readLine() == "yes" else { throw UserVerifierError.Cancelled }
        return .verified
    }
}

/// Enrols with the QR code's text, and answers the push that is typed in: `Example CA_CERT QR PUSH_ID`.
@main struct Example {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let (vault, home) = (MemoryVault(), NSTemporaryDirectory() + UUID().uuidString)
        let certificate = try String(contentsOfFile: arguments[1], encoding: .utf8)
        let trust = TrustSettings(publicRoots: false, anchorsPem: [certificate])
        do {
            let authenticator = try await Authenticator.open(
                configuration: Configuration(directory: home, trust: trust),
                keyStore: softwareKeyStore(directory: home, vault: vault), vault: vault, verifier: Terminal(),
                clock: systemClock())
            let device = Device(name: "My desk", model: "Linux")
            let account = try await authenticator.addAccount(qr: arguments[2], pushId: arguments[3], device: device)
            print("enrolled \(account.username) at \(account.host); the push, please:")
            let received = try await authenticator.processAuthRequest(push: readLine() ?? "", sentAt: nil)
            guard let id = received.request()?.id else { return print("nothing to decide") }
            let review = try await authenticator.processConsentData(requestId: id)
            print("\(review.consent()?.application ?? "somebody") asks: \(review.consent()?.bindingMessage ?? "")")
            for section in review.consent()?.sections ?? [] { print(section.title, section.lines) }
            for account in review.consent()?.accounts ?? [] { print("account \(account.id): \(account.displayName)") }
            print("the accounts to approve with, or no:")
            let said = (readLine() ?? "no").split(separator: " ").map(String.init)
            let decision = said == ["no"] ? review.deny() : try review.approve(accountIds: said)
            print(try await authenticator.sendAuthRequest(decision: decision).delivery)
        } catch let error as AuthenticatorError {
            print("\(error.code()): \(error)")
            exit(1)
        }
    }
}
