import AuthPush
import Foundation

/// What stands in the text of everything that is thrown and was not declared: it must come out nowhere.
let marker = "marker-of-a-port-that-threw"

/// An error that no port declares.
struct Undeclared: Error, CustomStringConvertible {
    let description = marker
}

/// What a port does before it does its work.
final class Switch: Sendable {
    private let before = Locked<@Sendable () throws -> Void>({})

    func works() {
        before.with { $0 = {} }
    }

    func does(_ what: @escaping @Sendable () throws -> Void) {
        before.with { $0 = what }
    }

    func `throws`(_ error: any Error) {
        does { throw error }
    }

    func happens() throws {
        try before.now()
    }
}

/// The ports of one phone, each of which can be made to do something else.
final class Ports: Sendable {
    let person = Person()
    let keys = Keys()
    let vault = MemoryVault()
    let clock = TurnedClock()
    let log = MemoryLog()

    func open(_ configuration: Configuration) async throws -> Authenticator {
        keys.real.with { $0 = softwareKeyStore(directory: configuration.directory, vault: vault) }
        return try await Authenticator.open(
            configuration: configuration, keyStore: keys, vault: vault, verifier: person, clock: clock)
    }
}

final class Person: UserVerifier, Sendable {
    let behaviour = Switch()
    let asked = Locked(0)
    let prompt = Locked<VerificationPrompt?>(nil)

    func verify(prompt: VerificationPrompt) throws -> Verification {
        asked.with { $0 += 1 }
        self.prompt.with { $0 = prompt }
        try behaviour.happens()
        return .verified
    }
}

final class Keys: KeyStore, Sendable {
    let behaviour = Switch()
    let real = Locked<(any KeyStore)?>(nil)

    func makeKey(alias: String, bits: UInt32) throws -> Data {
        try working().makeKey(alias: alias, bits: bits)
    }

    func sign(alias: String, data: Data) throws -> Data {
        try working().sign(alias: alias, data: data)
    }

    func deleteKey(alias: String) throws {
        try working().deleteKey(alias: alias)
    }

    func kind() throws -> String {
        "software"
    }

    private func working() throws -> any KeyStore {
        try behaviour.happens()
        guard let real = real.now else { throw KeyStoreError.Failed }
        return real
    }
}

final class MemoryVault: Vault, Sendable {
    let behaviour = Switch()
    /// Gives another key than the one that was made.
    let isAnother = Locked(false)
    private let key = Locked<Data?>(nil)

    func load() throws -> Data? {
        try behaviour.happens()
        return isAnother.now ? Data(repeating: 0x5a, count: 32) : key.now
    }

    func create() throws -> Data {
        try behaviour.happens()
        return key.with { key in
            let made = key ?? Data((0..<32).map { _ in UInt8.random(in: 0...255) })
            key = made
            return made
        }
    }
}

final class TurnedClock: AuthPush.Clock, Sendable {
    let behaviour = Switch()
    let ahead = Locked<Int64>(0)
    /// A time that it tells instead of its own.
    let tells = Locked<Int64?>(nil)

    func now() throws -> Int64 {
        try behaviour.happens()
        return tells.now ?? Int64(Date().timeIntervalSince1970) + ahead.now
    }
}

final class MemoryLog: LogSink, Sendable {
    let behaviour = Switch()
    let lines = Locked<[LogLine]>([])

    func write(line: LogLine) throws {
        try behaviour.happens()
        lines.with { $0.append(line) }
    }
}
