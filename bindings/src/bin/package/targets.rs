//! The table of targets: everything that differs between them.

use std::fmt::Write as _;

use clap::builder::PossibleValuesParser;

use crate::Language;
use crate::toolchain;

/// What the library is built for.
pub(crate) struct Target {
    /// What the command line calls it.
    pub(crate) name: &'static str,
    pub(crate) platform: Platform,
}

/// Where it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// This machine: for tests.
    Host,
    /// Android, by the name of its ABI.
    Android { triple: &'static str, abi: &'static str, clang: &'static str },
    /// An iPhone or iPad.
    Ios { triple: &'static str },
    /// Xcode's simulator on a Mac of one kind.
    IosSimulator { triple: &'static str },
}

/// Oldest Android and iOS that are supported.
pub(crate) const ANDROID_API: &str = "26";
pub(crate) const IOS_VERSION: &str = "15.0";

pub(crate) const TARGETS: &[Target] = &[
    Target { name: "host", platform: Platform::Host },
    Target {
        name: "arm64-v8a",
        platform: Platform::Android {
            triple: "aarch64-linux-android",
            abi: "arm64-v8a",
            clang: "aarch64-linux-android",
        },
    },
    Target {
        name: "armeabi-v7a",
        platform: Platform::Android {
            triple: "armv7-linux-androideabi",
            abi: "armeabi-v7a",
            clang: "armv7a-linux-androideabi",
        },
    },
    Target {
        name: "x86_64",
        platform: Platform::Android {
            triple: "x86_64-linux-android",
            abi: "x86_64",
            clang: "x86_64-linux-android",
        },
    },
    Target { name: "ios", platform: Platform::Ios { triple: "aarch64-apple-ios" } },
    Target {
        name: "ios-simulator-arm64",
        platform: Platform::IosSimulator { triple: "aarch64-apple-ios-sim" },
    },
    Target { name: "ios-simulator-x86_64", platform: Platform::IosSimulator { triple: "x86_64-apple-ios" } },
];

impl Target {
    /// The compiler's name for it.
    pub(crate) fn triple(&self) -> String {
        match self.platform {
            Platform::Host => toolchain::host_triple(),
            Platform::Android { triple, .. }
            | Platform::Ios { triple }
            | Platform::IosSimulator { triple } => triple.to_owned(),
        }
    }

    pub(crate) fn serves(&self, language: Language) -> bool {
        match self.platform {
            Platform::Host => true,
            Platform::Android { .. } => language == Language::Kotlin,
            Platform::Ios { .. } | Platform::IosSimulator { .. } => language == Language::Swift,
        }
    }

    /// What has to be installed before it can be built here; nothing if it can be.
    pub(crate) fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        match self.platform {
            Platform::Host => return missing,
            Platform::Android { .. } => missing.extend(toolchain::android_ndk().err()),
            Platform::Ios { .. } | Platform::IosSimulator { .. } => missing.extend(toolchain::xcode().err()),
        }
        if !toolchain::has_standard_library(&self.triple()) {
            missing.push(format!("Rust's standard library for it: rustup target add {}", self.triple()));
        }
        missing
    }
}

pub(crate) fn parser() -> PossibleValuesParser {
    TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().into()
}

pub(crate) fn help() -> String {
    let mut help = "Targets:\n".to_owned();
    for target in TARGETS {
        let about = match target.platform {
            Platform::Host => "this machine, for tests; always works".to_owned(),
            Platform::Android { triple, .. } => format!("Android, {triple}; needs the NDK"),
            Platform::Ios { triple } => format!("iPhone and iPad, {triple}; needs Xcode"),
            Platform::IosSimulator { triple } => format!("iOS simulator, {triple}; needs Xcode"),
        };
        let _ = writeln!(help, "  {:<22}{about}", target.name);
    }
    help.push_str(
        "\nExit status: 0 everything asked for is there, 1 something is not (each says what to install).",
    );
    help
}
