//! Takes out what only a debugger reads, and checks what a phone's loader insists on.

use std::fs;
use std::path::Path;
use std::process::Command;

use object::Endianness;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};

use crate::Outcome;
use crate::targets::{Platform, Target};
use crate::toolchain;

/// Strips a library in its place.
pub(crate) fn strip(library: &Path, target: &Target) -> Outcome<()> {
    let mut command = match target.platform {
        Platform::Android { .. } => {
            let ndk = toolchain::android_ndk()?;
            Command::new(ndk.bin.join(format!("llvm-strip{}", std::env::consts::EXE_SUFFIX)))
        }
        Platform::Ios { .. } | Platform::IosSimulator { .. } => xcode_strip(),
        // The compiler for this machine writes a debugger's information into a file of its own there.
        Platform::Host if cfg!(windows) => return Ok(()),
        Platform::Host if cfg!(target_os = "macos") => xcode_strip(),
        Platform::Host => Command::new("strip"),
    };
    toolchain::run(command.arg(library)).map(drop)
}

/// Local symbols go; those by which Swift calls stay.
fn xcode_strip() -> Command {
    let mut command = Command::new("xcrun");
    command.args(["strip", "-S", "-x"]);
    command
}

/// Every loadable part of an Android library must begin on a page of 16 KiB, or devices with such pages refuse it.
pub(crate) fn check_pages(library: &Path) -> Outcome<()> {
    let data = fs::read(library)?;
    let smallest = match object::FileKind::parse(&*data)? {
        object::FileKind::Elf32 => smallest_alignment::<FileHeader32<Endianness>>(&data)?,
        object::FileKind::Elf64 => smallest_alignment::<FileHeader64<Endianness>>(&data)?,
        _ => return Err(format!("{} is no library for Android", library.display()).into()),
    };
    if smallest < PAGE {
        return Err(format!("{} is aligned to {smallest} bytes, not to {PAGE}", library.display()).into());
    }
    Ok(())
}

fn smallest_alignment<H: FileHeader<Endian = Endianness>>(data: &[u8]) -> Outcome<u64> {
    let header = H::parse(data)?;
    let endian = header.endian()?;
    let parts = header.program_headers(endian, data)?;
    let loadable = parts.iter().filter(|part| part.p_type(endian) == elf::PT_LOAD);
    Ok(loadable.map(|part| part.p_align(endian).into()).min().unwrap_or_default())
}

const PAGE: u64 = 16 * 1024;

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::targets::TARGETS;

    /// A library with one symbol for debuggers, made by the C compiler.
    fn library(folder: &tempfile::TempDir, page: u64) -> PathBuf {
        let (source, library) = (folder.path().join("a.c"), folder.path().join("liba.so"));
        fs::write(&source, "static int hidden(void) { return 1; } int shown(void) { return hidden(); }")
            .unwrap();
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-g", "-O0", "-nostdlib", "-fPIC"]).arg(format!("-Wl,-z,max-page-size={page}"));
        toolchain::run(cc.arg(&source).arg("-o").arg(&library)).unwrap();
        library
    }

    #[test]
    fn a_library_for_small_pages_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        check_pages(&library(&folder, PAGE)).unwrap();
        let told = check_pages(&library(&folder, 4096)).unwrap_err().to_string();
        assert!(told.ends_with("is aligned to 4096 bytes, not to 16384"), "{told}");
    }

    #[test]
    fn stripping_leaves_what_is_called_from_outside() {
        let folder = tempfile::tempdir().unwrap();
        let library = library(&folder, PAGE);
        let before = fs::read(&library).unwrap();
        strip(&library, TARGETS.first().unwrap()).unwrap();
        let after = fs::read(&library).unwrap();
        let holds = |data: &[u8], name: &[u8]| data.windows(name.len()).any(|part| part == name);
        assert!(holds(&before, b"hidden") && !holds(&after, b"hidden"));
        assert!(holds(&after, b"shown"));
    }
}
