import Foundation

/// What the tests are given by `tests/run`.
enum Settings {
    static func path(_ variable: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[variable], FileManager.default.fileExists(atPath: value)
        else { throw Broken("\(variable) is not set, or is not there: run tests/run swift") }
        return value
    }
}

/// Why a test cannot go on.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A bank with one customer, `alice`: the sandbox in a process of its own, which ends with this object.
final class Sandbox: Sendable {
    private let process: Process
    private let url: String
    private let certificateFile: String

    /// The only certificate that vouches for it.
    let certificate: String

    init(profile: String) throws {
        // On Linux a connection that the other side has closed kills a program that does not say otherwise.
        signal(SIGPIPE, SIG_IGN)
        process = Process()
        process.executableURL = URL(fileURLWithPath: try Settings.path("AUTHPUSH_BIN"))
        process.arguments = ["sandbox", "--listen", "127.0.0.1:0", "--profile", profile]
        // Into a file: its events are not needed, and a pipe that nobody empties would stop it.
        let events = NSTemporaryDirectory() + "authpush-sandbox-\(UUID().uuidString)"
        try Data().write(to: URL(fileURLWithPath: events))
        defer { try? FileManager.default.removeItem(atPath: events) }
        process.standardOutput = FileHandle(forWritingAtPath: events)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let told = try Document(json: try Self.firstLine(of: events))
        url = told.at("/sandbox/url")?.text ?? ""
        certificateFile = told.at("/sandbox/ca_cert")?.text ?? ""
        certificate = try String(contentsOfFile: certificateFile, encoding: .utf8)
    }

    private static func firstLine(of file: String) throws -> String {
        for _ in 0..<1000 {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.count > 1 { return String(lines[0]) }
            Thread.sleep(forTimeInterval: 0.01)
        }
        throw Broken("the sandbox did not start")
    }

    deinit {
        stop()
    }

    /// Ends it; from here on nobody listens at its address.
    func stop() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// Where the certificate is, for programs.
    var certificatePath: String { certificateFile }

    /// Asks the control API: the status and the document. (Foundation on Linux cannot be given a certificate to trust.)
    func ask(_ method: String, _ path: String, _ body: Document? = nil) async throws -> (Int64, Document) {
        var arguments = ["--silent", "--show-error", "--noproxy", "*", "--cacert", certificateFile]
        arguments += ["--request", method, "--write-out", "\n%{http_code}"]
        if let body { arguments += ["--data-raw", try body.json] }
        let out = try await output(of: "/usr/bin/curl", arguments + [url + path])
        let lines = out.split(separator: "\n", omittingEmptySubsequences: false)
        guard let status = lines.last.flatMap({ Int64($0) }) else { throw Broken("the sandbox said \(out)") }
        let text = lines.dropLast().joined(separator: "\n")
        return (status, text.isEmpty ? .null : try Document(json: text))
    }

    /// The same where nothing but success will do.
    @discardableResult
    func done(_ method: String, _ path: String, _ body: String? = nil) async throws -> Document {
        let (status, document) = try await ask(method, path, try body.map { try Document(json: $0) })
        guard (200..<300).contains(status) else { throw Broken("\(method) \(path): \(status) \(document)") }
        return document
    }

    /// A QR code for alice.
    func qr() async throws -> String {
        try await done("GET", "/sandbox/users/alice/enrolment").json
    }

    /// Starts a login of alice; its session.
    func login() async throws -> String {
        let login = try await done("POST", "/sandbox/logins", #"{"username":"alice"}"#)
        return login.at("/session_data_key")?.text ?? ""
    }

    /// Starts a CIBA request for a new consent.
    func consent(_ type: String) async throws {
        let made = try await done("POST", "/sandbox/consents", #"{"type":"\#(type)","user":"alice"}"#)
        let id = made.at("/consent_id")?.text ?? ""
        try await done("POST", "/sandbox/ciba", #"{"consent_id":"\#(id)","binding_message":"AB12"}"#)
    }

    /// The newest push, as it reaches a phone.
    func push() async throws -> String {
        let pushes = try await done("GET", "/sandbox/pushes?last=1")
        guard let message = pushes.at("/0/message") else { throw Broken("there was no push") }
        return try (message.at("/message") ?? message).json
    }

    /// What was decided in every answer to a session that the server took.
    func accepted(_ session: String) async throws -> [String] {
        let audit = try await done("GET", "/sandbox/audit?path=/push-auth/authenticate")
        let entries = (audit.array ?? []).filter {
            $0.at("/jwt/claims/sid")?.text == session && $0.at("/verdict")?.text == "accepted"
        }
        return entries.map { $0.at("/jwt/claims/res")?.text ?? "" }
    }
}

/// Runs a program to its end, on a thread that may wait.
func output(of program: String, _ arguments: [String], input: String = "") async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Result { try ran(program, arguments, input).out })
        }
    }
}

/// The same, with the exit status. (What goes in comes from a file: whoever writes into a pipe that was closed is killed.)
func ran(_ program: String, _ arguments: [String], _ input: String) throws -> (out: String, status: Int32) {
    let given = NSTemporaryDirectory() + "authpush-input-\(UUID().uuidString)"
    try Data(input.utf8).write(to: URL(fileURLWithPath: given))
    defer { try? FileManager.default.removeItem(atPath: given) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = FileHandle(forReadingAtPath: given)
    let out = Pipe()
    process.standardOutput = out
    // Foundation's own waiting turns a run loop, which a thread like this one does not have.
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    let data = out.fileHandleForReading.readDataToEndOfFile()
    ended.wait()
    return (String(decoding: data, as: UTF8.self), process.terminationStatus)
}
