//! What the bytes of the library are: by section, and by the crate whose code it is.
//!
//! Code that was inlined counts for the crate that it was inlined into, and generic code for the crate that it was written in.
//! What has no symbol (tables, texts, unwinding) is in the sections alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionKind, SymbolKind};

use crate::Outcome;
use crate::compile::compile;
use crate::layout::{Layout, copy, file_name};
use crate::strip::strip;
use crate::targets::{Platform, TARGETS};

/// Builds the host's library and reports on it.
pub(crate) fn report(limit: Option<u64>) -> Outcome<ExitCode> {
    let host =
        TARGETS.iter().find(|target| target.platform == Platform::Host).ok_or("there is no host target")?;
    let built = compile(host)?;
    let folder = Layout::new(Path::new("target/package"))?.fresh("size")?;
    let stripped = folder.join(file_name(&built.dynamic));
    copy(&built.dynamic, &stripped)?;
    strip(&stripped, host)?;
    let bytes = fs::metadata(&stripped)?.len();

    let data = fs::read(&built.dynamic)?;
    let library = object::File::parse(&*data)?;
    let mut out = io::stdout().lock();
    table(&mut out, "section", sections(&library))?;
    table(&mut out, "crate", crates(&library))?;
    writeln!(out, "{bytes:>9}  stripped, {}", stripped.display())?;
    match limit {
        Some(limit) if bytes > limit => {
            eprintln!("package: the stripped library has {bytes} bytes, the limit is {limit}");
            Ok(ExitCode::FAILURE)
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn table(out: &mut impl Write, what: &str, sizes: BTreeMap<String, u64>) -> io::Result<()> {
    let mut rows: Vec<_> = sizes.into_iter().filter(|(_, bytes)| *bytes > 0).collect();
    rows.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    writeln!(out, "    bytes  {what}")?;
    for (name, bytes) in rows {
        writeln!(out, "{bytes:>9}  {name}")?;
    }
    writeln!(out)
}

/// The sections that are loaded.
fn sections(library: &object::File<'_>) -> BTreeMap<String, u64> {
    let named = library.sections().map(|section| (section.name().unwrap_or("?").to_owned(), section));
    let loaded = named.filter(|(name, section)| !is_for_debuggers(name, section.kind()));
    loaded.map(|(name, section)| (name, section.size())).collect()
}

fn is_for_debuggers(name: &str, kind: SectionKind) -> bool {
    name.starts_with(".debug")
        || matches!(kind, SectionKind::Debug | SectionKind::DebugString)
        || matches!(kind, SectionKind::Metadata | SectionKind::OtherString)
}

/// Functions and data that have a symbol, by whose they are.
fn crates(library: &object::File<'_>) -> BTreeMap<String, u64> {
    let mut sizes = BTreeMap::new();
    for symbol in library.symbols() {
        if matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data) {
            let bytes: &mut u64 = sizes.entry(owner(symbol.name().unwrap_or("?"))).or_default();
            *bytes = bytes.saturating_add(symbol.size());
        }
    }
    sizes
}

/// Whose a symbol is: the first crate that its name tells of, or the C library that has such names.
fn owner(symbol: &str) -> String {
    if let Ok(name) = rustc_demangle::try_demangle(symbol) {
        let name = format!("{name:#}");
        let path = name.trim_start_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
        let path = path.strip_prefix("dyn ").unwrap_or(path);
        let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(path.len());
        return path.get(..end).unwrap_or("?").to_owned();
    }
    let known =
        [("ring_core", "ring (C and assembly)"), ("uniffi_", "authpush_core (entries for other languages)")];
    let known = known.iter().find(|(prefix, _)| symbol.starts_with(prefix));
    known.map_or("SQLite and the C runtime", |(_, owner)| owner).to_owned()
}

#[cfg(test)]
mod tests {
    use super::owner;

    #[test]
    fn a_symbol_belongs_to_the_first_crate_that_it_names() {
        assert_eq!(owner("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE"), "core");
        assert_eq!(
            owner(
                "_ZN65_$LT$rustls..webpki..Verifier$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE"
            ),
            "rustls"
        );
        assert_eq!(owner("ring_core_0_17_14__x25519_fe_mul"), "ring (C and assembly)");
        assert_eq!(owner("sqlite3VdbeExec"), "SQLite and the C runtime");
    }
}
