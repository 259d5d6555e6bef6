import AuthPush
import Foundation

/// Where one scenario is played: its sandbox, its phone, and what was kept so far.
final class Stage {
    private let sandbox: Sandbox
    private let ports = Ports()
    private let folder = newFolder()
    private var authenticator: Authenticator
    private var kept: [String: Document] = [:]
    private var whole: [String: any Sendable] = [:]

    init(profile: String) async throws {
        sandbox = try Sandbox(profile: profile)
        authenticator = try await Self.open(.object([:]), sandbox, ports, folder)
    }

    private static let looks: Set = ["expect", "length", "keep", "keep_text", "keep_as", "fails"]
    private static let details: Set = ["body", "status", "args"]

    /// Plays one step. Every word of it has to be known.
    func play(_ step: Document) async throws {
        let words = Set((step.object ?? [:]).keys)
        let deeds = words.subtracting(Self.looks).subtracting(Self.details)
        guard deeds.count == 1, let deed = deeds.first, let value = step.at("/" + deed) else {
            throw Broken("a step does one thing: \(words)")
        }
        switch deed {
        case "bank", "call", "open": try await look(step) { try await self.outcome(deed, value, step) }
        case "reopen": authenticator = try await Self.open(value, sandbox, ports, folder)
        case "logged":
            try await until("\(value) is logged") { ports.log.lines.now.contains { $0.event == value.text } }
        case "never_logged":
            for text in value.array ?? [] { try neverLogged(try filled(text).text ?? "") }
        case "asked":
            guard Int64(ports.person.asked.now) == value.number else {
                throw Broken("asked \(ports.person.asked.now) times")
            }
        default: try switchPort(ports, deed, value)
        }
    }

    private func outcome(_ deed: String, _ value: Document, _ step: Document) async throws -> any Sendable {
        switch deed {
        case "bank": return try await bank(value.text ?? "", step)
        case "call":
            let given = Arguments(given: try filled(step.at("/args") ?? .object([:])), kept: whole)
            return try await call(authenticator, value.text ?? "", given)
        default: return try await Self.open(value, sandbox, ports, folder)
        }
    }

    private func look(_ step: Document, _ outcome: () async throws -> any Sendable) async throws {
        let fails = step.at("/fails")
        let result: any Sendable
        do {
            result = try await outcome()
        } catch let error as AuthenticatorError {
            guard let fails else { throw Broken("failed: \(error.code())") }
            return try check(error, fails)
        }
        guard fails == nil else { throw Broken("not \(fails!), but \(result)") }
        if step.at("/open") != nil { return }
        let seen = document(result)
        try look(at: seen, step)
        if let name = step.at("/keep_as")?.text { whole[name] = result }
    }

    private func look(at seen: Document, _ step: Document) throws {
        func at(_ pointer: String) throws -> Document {
            guard let value = seen.at(pointer) else { throw Broken("there is no \(pointer) in \(seen)") }
            return value
        }
        for (pointer, wanted) in step.at("/expect")?.object ?? [:] {
            let (value, wanted) = (try at(pointer), try filled(wanted))
            if value != wanted { throw Broken("\(pointer) is \(value), not \(wanted)") }
        }
        for (pointer, wanted) in step.at("/length")?.object ?? [:] {
            let count = try at(pointer).array.map { Int64($0.count) }
            if count != wanted.number { throw Broken("\(pointer) has \(count ?? -1) elements, not \(wanted)") }
        }
        for (name, pointer) in step.at("/keep")?.object ?? [:] { kept[name] = try at(pointer.text ?? "") }
        for (name, pointer) in step.at("/keep_text")?.object ?? [:] {
            kept[name] = .text(try at(pointer.text ?? "").json)
        }
    }

    private func check(_ error: AuthenticatorError, _ fails: Document) throws {
        let seen = document(error)
        for (key, wanted) in fails.object ?? [:] where seen.at("/" + key) != wanted {
            throw Broken("failed with \(seen), not \(fails)")
        }
        let text = error.description
        guard [error.localizedDescription, error.errorDescription, String(describing: error)] == [text, text, text]
        else { throw Broken("an error that reads differently in different places: \(text)") }
    }

    private func bank(_ request: String, _ step: Document) async throws -> Document {
        let parts = request.split(separator: " ", maxSplits: 1).map(String.init)
        let names = kept.keys.sorted { $0.count > $1.count }
        let path = names.reduce(parts[1]) { $0.replacingOccurrences(of: "$" + $1, with: kept[$1]?.text ?? "") }
        let (status, body) = try await sandbox.ask(parts[0], path, try step.at("/body").map { try filled($0) })
        let wanted = step.at("/status")?.number
        guard wanted.map({ $0 == status }) ?? (200..<300).contains(status) else {
            throw Broken("the bank answered \(status) \(body)")
        }
        return body
    }

    private static func open(
        _ settings: Document, _ sandbox: Sandbox, _ ports: Ports, _ folder: String
    ) async throws -> Authenticator {
        guard Set((settings.object ?? [:]).keys).isSubset(of: ["allowedHosts", "publicRootsOnly"]) else {
            throw Broken("no such setting: \(settings)")
        }
        let publicOnly = settings.at("/publicRootsOnly") == .flag(true)
        let trust = TrustSettings(
            publicRoots: publicOnly, anchorsPem: publicOnly ? [] : [sandbox.certificate],
            allowedHosts: (settings.at("/allowedHosts")?.array ?? []).compactMap(\.text))
        let configuration = Configuration(directory: folder, trust: trust, timeoutSeconds: 5, connectSeconds: 2)
        let opened = try await ports.open(configuration)
        try await opened.setLog(sink: ports.log, mostDetailed: .debug)
        return opened
    }

    private func neverLogged(_ text: String) throws {
        if let line = ports.log.lines.now.first(where: { $0.text.contains(text) }) {
            throw Broken("\(text) was logged: \(line)")
        }
    }

    /// A document with what was kept in the place of its names.
    private func filled(_ value: Document) throws -> Document {
        switch value {
        case .text(let text) where text.hasPrefix("$"):
            let name = String(text.dropFirst())
            if whole[name] != nil { return value }
            guard let kept = kept[name] else { throw Broken("nothing is kept as \(name)") }
            return kept
        case .array(let items): return .array(try items.map(filled))
        case .object(let fields):
            if let text = fields["repeated"]?.text, let times = fields["times"]?.number {
                return .text(String(repeating: text, count: Int(times)))
            }
            return .object(try fields.mapValues(filled))
        default: return value
        }
    }
}
