//! Where everything goes below the output folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::compile::Built;
use crate::toolchain;

/// The output folder.
pub(crate) struct Layout {
    root: PathBuf,
}

/// Generated sources.
pub(crate) struct Generated {
    pub(crate) kotlin: PathBuf,
    pub(crate) swift: PathBuf,
    pub(crate) header: PathBuf,
}

/// The name of the library when it is loaded.
pub(crate) const LIBRARY: &str = "authpush";

impl Layout {
    pub(crate) fn new(root: &Path) -> Outcome<Self> {
        fs::create_dir_all(root)?;
        Ok(Self { root: root.canonicalize()? })
    }

    /// A folder of this package that nothing older is left in.
    pub(crate) fn fresh(&self, name: &str) -> Outcome<PathBuf> {
        let folder = self.root.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Generates Kotlin and Swift from a library that still has its symbols.
    pub(crate) fn generate(&self, library: &Path) -> Outcome<Generated> {
        let out = self.fresh("generated")?;
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo.args(["run", "--quiet", "--locked", "-p", "authpush", "--no-default-features"]);
        cargo.args(["--features", "bindgen", "--bin", "bindgen", "--"]).arg(library).arg(&out);
        toolchain::run(&mut cargo)?;
        Ok(Generated {
            kotlin: out.join("io/authpush/authpush.kt"),
            swift: out.join("AuthPush.swift"),
            header: out.join("AuthPushFFI.h"),
        })
    }

    /// Keeps a library with its symbols, for reading the crash reports of the stripped one.
    pub(crate) fn keep_symbols(&self, built: &Built) -> Outcome<()> {
        let folder = self.fresh(&format!("symbols/{}", built.target.name))?;
        copy(&built.dynamic, &folder.join(file_name(&built.dynamic)))
    }
}

/// Copies a file, making its folder.
pub(crate) fn copy(from: &Path, to: &Path) -> Outcome<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).map_err(|error| format!("{} cannot be copied: {error}", from.display()))?;
    Ok(())
}

/// Writes a text, making its folder.
pub(crate) fn write(to: &Path, text: &str) -> Outcome<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(to, text)?)
}

pub(crate) fn file_name(path: &Path) -> &std::ffi::OsStr {
    path.file_name().unwrap_or_default()
}
