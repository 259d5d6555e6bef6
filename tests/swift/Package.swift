// swift-tools-version: 6.0
import PackageDescription

// The Swift of authpush under its own test runner. `tests/run swift` builds what this needs, and calls `run`, which puts the
// example and the code of the guide below Sources.
let package = Package(
    name: "AuthPushTests",
    platforms: [.macOS(.v13)],
    dependencies: [
        .package(path: "\(made)/swift/AuthPush")
    ],
    targets: [
        .executableTarget(name: "Example", dependencies: ["AuthPush"], swiftSettings: strict),
        .target(name: "Guide", dependencies: ["AuthPush"], swiftSettings: strict),
        .testTarget(
            name: "AuthPushTests", dependencies: ["AuthPush", "Guide", "Example"], swiftSettings: strict),
    ]
)

/// Where the packager put it.
var made: String {
    Context.environment["AUTHPUSH_PACKAGE"] ?? "../../target/package"
}

/// Whoever uses the library can be in Swift 6's mode, without a warning.
var strict: [SwiftSetting] {
    [.swiftLanguageMode(.v6), .unsafeFlags(["-warnings-as-errors"])]
}
