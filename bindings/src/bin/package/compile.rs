//! One build of the library: the mobile profile, nothing in it that an app does not need.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Outcome;
use crate::targets::{ANDROID_API, IOS_VERSION, Platform, Target};
use crate::toolchain;

/// A library as the compiler left it, with its symbols.
pub(crate) struct Built {
    pub(crate) target: &'static Target,
    /// What Android and a desk load, and what bindings are generated from.
    pub(crate) dynamic: PathBuf,
    /// What iOS links.
    pub(crate) archive: PathBuf,
}

/// Compiles for a target whose toolchain is there.
pub(crate) fn compile(target: &'static Target) -> Outcome<Built> {
    let triple = target.triple();
    // `-p authpush` alone and without its default features: what other members of the workspace ask for, and the
    // packager itself, would otherwise get into the library.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["build", "--locked", "-p", "authpush", "--lib", "--no-default-features"]);
    cargo.args(["--profile", "mobile", "--target", &triple]);
    cargo.args(["--message-format", "json-render-diagnostics"]).stdout(Stdio::piped());
    configure(&mut cargo, target, &triple)?;
    let files = library_files(&toolchain::run(&mut cargo)?)?;
    let file = |endings: &[&str]| {
        let wanted =
            |file: &&PathBuf| file.extension().is_some_and(|ending| endings.iter().any(|e| ending == *e));
        files
            .iter()
            .find(wanted)
            .cloned()
            .ok_or_else(|| format!("cargo made no {} for {triple}", endings.join("/")))
    };
    Ok(Built { target, dynamic: file(&["so", "dylib", "dll"])?, archive: file(&["a", "lib"])? })
}

/// The C compiler and linker of a target, for ring's and SQLite's C and for the library.
fn configure(cargo: &mut Command, target: &Target, triple: &str) -> Outcome<()> {
    match target.platform {
        Platform::Host => {}
        Platform::Ios { .. } | Platform::IosSimulator { .. } => {
            cargo.env("IPHONEOS_DEPLOYMENT_TARGET", IOS_VERSION);
        }
        Platform::Android { clang, .. } => {
            let ndk = toolchain::android_ndk()?;
            let script = if cfg!(windows) { ".cmd" } else { "" };
            let clang = ndk.bin.join(format!("{clang}{ANDROID_API}-clang{script}"));
            let variable = triple.replace('-', "_");
            cargo.env(format!("CARGO_TARGET_{}_LINKER", variable.to_uppercase()), &clang);
            cargo.env(format!("CC_{variable}"), &clang);
            cargo.env(
                format!("AR_{variable}"),
                ndk.bin.join(format!("llvm-ar{}", std::env::consts::EXE_SUFFIX)),
            );
        }
    }
    Ok(())
}

/// The files of the library, from what cargo says it made.
fn library_files(messages: &str) -> Outcome<Vec<PathBuf>> {
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line)?;
        let is = |pointer: &str, text: &str| message.pointer(pointer).and_then(Value::as_str) == Some(text);
        let is_library = is("/reason", "compiler-artifact") && is("/target/name", "authpush");
        if let (true, Some(files)) = (is_library, message.pointer("/filenames").and_then(Value::as_array)) {
            return Ok(files.iter().filter_map(Value::as_str).map(PathBuf::from).collect());
        }
    }
    Err("cargo made no library".into())
}
