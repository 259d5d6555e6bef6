import Foundation
import Testing

/// The scenarios that Rust and Kotlin play too.
@Suite(.serialized)
struct ScenariosTests {
    static let files: [String] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../fixtures/scenarios")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { folder.appendingPathComponent($0).path }
    }()

    @Test func thereAreScenarios() {
        #expect(!Self.files.isEmpty)
    }

    @Test(arguments: files)
    func comesOutAsItSays(_ file: String) async throws {
        let scenario = try Document(json: String(contentsOfFile: file, encoding: .utf8))
        try #require(Set((scenario.object ?? [:]).keys) == ["about", "profile", "steps"])
        let stage = try await Stage(profile: scenario.at("/profile")?.text ?? "")
        for (number, step) in (scenario.at("/steps")?.array ?? []).enumerated() {
            do {
                try await stage.play(step)
            } catch {
                Issue.record("\(scenario.at("/about")!), step \(number + 1): \(error)")
                return
            }
        }
    }
}
