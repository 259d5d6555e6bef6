import Foundation
import Testing

/// The program of a newcomer enrols, approves and denies, as a program.
@Suite struct ExampleTests {
    @Test func itApprovesWithTheAccountThatWasTyped() async throws {
        let (said, sandbox) = try await play(["12345", "yes"])
        #expect(said.contains("account 12345") && said.hasSuffix("delivered\n"))
        let consents = try await sandbox.done("GET", "/sandbox/consents")
        #expect(consents.at("/0/authorised_account_ids") == .array([.text("12345")]))
    }

    @Test func itDeniesWithoutAskingWhoIsThere() async throws {
        let (said, sandbox) = try await play(["no"])
        // What the server makes of a denial: see the README of the sandbox.
        #expect(said.hasSuffix("unconfirmed\n"))
        let consents = try await sandbox.done("GET", "/sandbox/consents")
        #expect(consents.at("/0/authorised_account_ids") == .array([]))
    }

    @Test func itSaysWhatWentWrongAndEndsWithAStatus() async throws {
        let sandbox = try Sandbox(profile: "open-banking")
        let (out, status) = try ran(Self.program, [sandbox.certificatePath, "no QR code", "push-1"], "")
        #expect(out.hasPrefix("invalid_qr: the QR code cannot be used") && status == 1)
    }

    @Test func itIsShortEnoughToBeReadAtOnce() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../../bindings/swift/Example.swift")
        let text = try String(contentsOf: file, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count < 60)
    }

    /// The program beside the tests.
    private static let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("Example").path

    private func play(_ typed: [String]) async throws -> (String, Sandbox) {
        let sandbox = try Sandbox(profile: "open-banking")
        let qr = try await sandbox.qr()
        let typing = Typing()
        let program = Task { try await typing.run(Self.program, [sandbox.certificatePath, qr, "push-1"]) }
        // What it says is in no file before it ends; the bank knows earlier.
        try await until("it is enrolled") { try await sandbox.done("GET", "/sandbox/devices").array?.count == 1 }
        try await sandbox.consent("accounts")
        typing.type(try await sandbox.push())
        typed.forEach(typing.type)
        #expect(try await program.value == 0)
        return (typing.said.now, sandbox)
    }
}

/// A program that is talked to.
private final class Typing: @unchecked Sendable {
    let said = Locked("")
    private let given = Pipe()

    func type(_ line: String) {
        given.fileHandleForWriting.write(Data((line + "\n").utf8))
    }

    func run(_ program: String, _ arguments: [String]) async throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = given
        let heard = NSTemporaryDirectory() + "authpush-said-\(UUID().uuidString)"
        try Data().write(to: URL(fileURLWithPath: heard))
        process.standardOutput = FileHandle(forWritingAtPath: heard)
        let ended = Locked(false)
        process.terminationHandler = { _ in ended.with { $0 = true } }
        try process.run()
        try await until("it ends") {
            let over = ended.now
            let text = try String(contentsOfFile: heard, encoding: .utf8)
            said.with { $0 = text }
            return over
        }
        return process.terminationStatus
    }
}
