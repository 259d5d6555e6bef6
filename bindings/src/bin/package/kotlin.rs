//! What an Android project or a JVM takes in.
//!
//! ```text
//! kotlin/src/io/authpush/authpush.kt    the generated source
//! kotlin/jniLibs/ABI/libauthpush.so     Android's libraries
//! kotlin/jvm/OS-ARCH/libauthpush.so     this machine's, where JNA looks for it on a class path
//! kotlin/consumer-rules.pro             what R8 must keep
//! ```

use std::env::consts::{ARCH, OS};

use crate::Outcome;
use crate::compile::Built;
use crate::layout::{Generated, LIBRARY, Layout, copy, file_name, write};
use crate::report::Report;
use crate::strip::{check_pages, strip};
use crate::targets::Platform;

pub(crate) fn lay_out(
    layout: &Layout,
    generated: &Generated,
    built: &[Built],
    report: &mut Report,
) -> Outcome<()> {
    let root = layout.fresh("kotlin")?;
    copy(&generated.kotlin, &root.join("src/io/authpush/authpush.kt"))?;
    write(&root.join("consumer-rules.pro"), RULES)?;
    for library in built {
        let place = match library.target.platform {
            Platform::Host => root.join("jvm").join(jna_folder()).join(file_name(&library.dynamic)),
            Platform::Android { abi, .. } => root.join(format!("jniLibs/{abi}/lib{LIBRARY}.so")),
            Platform::Ios { .. } | Platform::IosSimulator { .. } => continue,
        };
        copy(&library.dynamic, &place)?;
        strip(&place, library.target)?;
        if matches!(library.target.platform, Platform::Android { .. }) {
            check_pages(&place)?;
        }
        report.made(library.target, &place)?;
    }
    Ok(())
}

/// The folder of this machine's libraries on a class path, in the words of JNA's `Platform.RESOURCE_PREFIX`.
fn jna_folder() -> String {
    let system = match OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let processor = match ARCH {
        "x86_64" => "x86-64",
        other => other,
    };
    format!("{system}-{processor}")
}

const RULES: &str = include_str!("../../../kotlin/consumer-rules.pro");
