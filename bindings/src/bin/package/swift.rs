//! A Swift package.
//!
//! ```text
//! swift/AuthPush/Package.swift
//! swift/AuthPush/Sources/AuthPush/            the generated source, and what is written by hand beside it
//! swift/AuthPush/AuthPushFFI.xcframework      on macOS: the libraries for iOS, the simulators and macOS
//! swift/AuthPush/Linux/AuthPushFFI/           on Linux: the header, and how Swift sees it
//! swift/AuthPush/Linux/lib/libauthpush.so     on Linux: the library
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::compile::Built;
use crate::layout::{Generated, LIBRARY, Layout, copy, file_name, write};
use crate::report::Report;
use crate::strip::strip;
use crate::targets::Platform;
use crate::toolchain;

pub(crate) fn lay_out(
    layout: &Layout,
    generated: &Generated,
    built: &[Built],
    report: &mut Report,
) -> Outcome<()> {
    let root = layout.fresh("swift")?.join("AuthPush");
    write(&root.join("Package.swift"), MANIFEST)?;
    write(&root.join("Sources/AuthPush/AuthPushError.swift"), ERROR)?;
    copy(&generated.swift, &root.join("Sources/AuthPush/AuthPush.swift"))?;
    if cfg!(target_os = "macos") {
        framework(layout, &root, generated, built, report)
    } else if cfg!(target_os = "linux") {
        linux(&root, generated, built, report)
    } else {
        report.lacks("swift", "a Mac or Linux: there is no Swift package for this system");
        Ok(())
    }
}

fn linux(root: &Path, generated: &Generated, built: &[Built], report: &mut Report) -> Outcome<()> {
    headers(&root.join("Linux/AuthPushFFI"), generated)?;
    for library in built.iter().filter(|library| library.target.platform == Platform::Host) {
        let place = root.join("Linux/lib").join(file_name(&library.dynamic));
        copy(&library.dynamic, &place)?;
        strip(&place, library.target)?;
        report.made(library.target, &place)?;
    }
    Ok(())
}

fn framework(
    layout: &Layout,
    root: &Path,
    generated: &Generated,
    built: &[Built],
    report: &mut Report,
) -> Outcome<()> {
    let parts = layout.fresh("parts")?;
    let include = parts.join("include");
    headers(&include, generated)?;
    let (mut slices, mut simulators) = (Vec::new(), Vec::new());
    for library in built {
        let place = parts.join(library.target.name).join(format!("lib{LIBRARY}.a"));
        match library.target.platform {
            Platform::Android { .. } => continue,
            Platform::IosSimulator { .. } => simulators.push(place.clone()),
            Platform::Ios { .. } | Platform::Host => slices.push(place.clone()),
        }
        copy(&library.archive, &place)?;
        strip(&place, library.target)?;
        report.made(library.target, &place)?;
    }
    // An XCFramework has one slice for all simulators: both processors' code in one file.
    if !simulators.is_empty() {
        let both = parts.join(format!("simulators/lib{LIBRARY}.a"));
        fs::create_dir_all(parts.join("simulators"))?;
        toolchain::run(
            Command::new("xcrun").args(["lipo", "-create"]).args(&simulators).arg("-output").arg(&both),
        )?;
        slices.push(both);
    }
    let out: PathBuf = root.join("AuthPushFFI.xcframework");
    let mut make = Command::new("xcodebuild");
    make.arg("-create-xcframework");
    for slice in &slices {
        make.arg("-library").arg(slice).arg("-headers").arg(&include);
    }
    toolchain::run(make.arg("-output").arg(&out))?;
    report.made_of("XCFramework", &out);
    Ok(())
}

/// The C header and how Swift sees it. The generated module map names a library of Apple's that Linux does not have.
fn headers(folder: &Path, generated: &Generated) -> Outcome<()> {
    copy(&generated.header, &folder.join("AuthPushFFI.h"))?;
    write(&folder.join("module.modulemap"), MODULE)
}

const MANIFEST: &str = include_str!("../../../swift/Package.swift");
const ERROR: &str = include_str!("../../../swift/AuthPushError.swift");
const MODULE: &str = include_str!("../../../swift/module.modulemap");
