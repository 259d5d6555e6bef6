//! What is installed on this machine, found where its makers put it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// Android's native development kit.
pub(crate) struct Ndk {
    /// Its compilers and tools.
    pub(crate) bin: PathBuf,
}

/// Finds the NDK, or says what to install.
pub(crate) fn android_ndk() -> Result<Ndk, String> {
    let named =
        ["ANDROID_NDK_HOME", "ANDROID_NDK_ROOT"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    let sdks = ["ANDROID_HOME", "ANDROID_SDK_ROOT"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    let found = named.chain(sdks.filter_map(|sdk| newest(&sdk.join("ndk"))));
    let mut bins = found.filter_map(|ndk| prebuilt(&ndk));
    let missing = "Android's NDK, r27 or newer: install it with Android Studio's SDK manager (or sdkmanager \
                   'ndk;27.2.12479018') and set ANDROID_NDK_HOME to its folder";
    bins.next().map(|bin| Ndk { bin }).ok_or_else(|| missing.to_owned())
}

fn newest(folder: &Path) -> Option<PathBuf> {
    let version = |path: &PathBuf| -> Vec<u32> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split('.').filter_map(|part| part.parse().ok()).collect()
    };
    let versions = folder.read_dir().ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    versions.max_by_key(version)
}

fn prebuilt(ndk: &Path) -> Option<PathBuf> {
    let hosts = ndk.join("toolchains/llvm/prebuilt").read_dir().ok()?;
    let mut bins = hosts.filter_map(|host| Some(host.ok()?.path().join("bin")));
    bins.find(|bin| bin.join(executable("llvm-strip")).exists())
}

fn executable(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}

/// Whether Xcode with the iOS SDKs is there, or what to install.
pub(crate) fn xcode() -> Result<(), String> {
    let sdk = |name: &str| run(Command::new("xcrun").args(["--sdk", name, "--show-sdk-path"])).is_ok();
    if cfg!(target_os = "macos") && sdk("iphoneos") && sdk("iphonesimulator") {
        Ok(())
    } else if cfg!(target_os = "macos") {
        Err("Xcode with the iOS platform: install it from the App Store, then xcode-select -s".to_owned())
    } else {
        Err("a Mac with Xcode: libraries for iOS can only be built there".to_owned())
    }
}

/// Whether the pinned compiler can build for a target.
pub(crate) fn has_standard_library(triple: &str) -> bool {
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", triple]).output();
    let folder = asked
        .ok()
        .filter(|asked| asked.status.success())
        .and_then(|asked| String::from_utf8(asked.stdout).ok());
    folder.is_some_and(|folder| Path::new(folder.trim()).exists())
}

/// The compiler's name for this machine.
pub(crate) fn host_triple() -> String {
    let told = Command::new("rustc").arg("--print").arg("host-tuple").output();
    told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned()).unwrap_or_default()
}

/// Runs a program to its end; what it prints on standard output is returned, the rest is shown.
pub(crate) fn run(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} failed: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
