//! Writes the Kotlin and Swift of a built library: `bindgen LIBRARY OUT`. The packager calls it.
//!
//! The library must not be stripped: what is generated is read from it. It is a program of its own, behind a feature, because
//! a generator that is built together with the library ends up in it.

use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use regex::{Captures, Regex};
use uniffi::{GenerateOptions, TargetLanguage};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, out] = arguments.as_slice() else {
        eprintln!("usage: bindgen LIBRARY OUT");
        return ExitCode::from(2);
    };
    match write(library, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bindgen: {why}");
            ExitCode::FAILURE
        }
    }
}

fn write(library: &str, out: &str) -> Result<(), Box<dyn std::error::Error>> {
    uniffi::generate(GenerateOptions {
        languages: vec![TargetLanguage::Kotlin, TargetLanguage::Swift],
        source: library.into(),
        out_dir: out.into(),
        // Said here, so that nobody can forget it: by itself the generator looks for the names in core.
        config_override: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/uniffi.toml").into()),
        ..GenerateOptions::default()
    })?;
    polish(&Path::new(out).join("io/authpush/authpush.kt"), &[plain_links, readable_message])?;
    polish(&Path::new(out).join("AuthPush.swift"), &[plain_links])?;
    Ok(())
}

type Polish = fn(&str) -> Result<String, regex::Error>;

fn polish(file: &Path, steps: &[Polish]) -> Result<(), Box<dyn std::error::Error>> {
    let mut text = fs::read_to_string(file)?;
    for step in steps {
        let polished = step(&text)?;
        if polished == text {
            // The generator writes something else than it did: what is shipped would silently be worse.
            return Err(io::Error::other(format!("nothing to polish in {}", file.display())).into());
        }
        text = polished;
    }
    Ok(fs::write(file, text)?)
}

/// Rust's documentation links are noise in other languages: the name stays.
fn plain_links(text: &str) -> Result<String, regex::Error> {
    let comment = Regex::new(r"(?m)^\s*(\*|///) .*$")?;
    let link = Regex::new(r"\[(`[^`\]]+`)\](\([\w:]+\))?")?;
    Ok(comment
        .replace_all(text, |line: &Captures<'_>| link.replace_all(&line[0], "$1").into_owned())
        .into_owned())
}

/// Kotlin's `message` is what crash reporters, logs and screens print. Generated, it lists an error's fields; here it is the
/// text that a person can read.
fn readable_message(text: &str) -> Result<String, regex::Error> {
    let message = Regex::new(r#"override val message\n(\s+)get\(\) = "[^\n]*""#)?;
    Ok(message.replace_all(text, "override val message: kotlin.String\n${1}get() = toString()").into_owned())
}
