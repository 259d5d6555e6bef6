// swift-tools-version: 6.0
import PackageDescription

// The library in machine code: for Apple's systems an XCFramework, for tests on Linux the system's own way.
#if os(Linux)
    let library = "\(Context.packageDirectory)/Linux/lib"
    let machineCode = Target.systemLibrary(name: "AuthPushFFI", path: "Linux/AuthPushFFI")
    let link: [LinkerSetting] = [
        .linkedLibrary("authpush"),
        .unsafeFlags(["-L\(library)", "-Xlinker", "-rpath", "-Xlinker", library]),
    ]
#else
    let machineCode = Target.binaryTarget(name: "AuthPushFFI", path: "AuthPushFFI.xcframework")
    let link: [LinkerSetting] = [.linkedFramework("Security"), .linkedFramework("CoreFoundation")]
#endif

let package = Package(
    name: "AuthPush",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "AuthPush", targets: ["AuthPush"])],
    targets: [
        machineCode,
        .target(
            name: "AuthPush",
            dependencies: ["AuthPushFFI"],
            // The generated source is not written for Swift 6's stricter mode; those who use it can be in it.
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: link
        ),
    ]
)
