//! Writes the Kotlin and Swift of a built library: `bindgen LIBRARY OUT`. The packager calls it.
//!
//! The library must not be stripped: what is generated is read from it. It is a program of its own, behind a feature, because
//! a generator that is built together with the library ends up in it.

use std::collections::HashSet;
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
    polish(
        &Path::new(out).join("io/authpush/authpush.kt"),
        &[|text| plain_names(text, "null"), readable_message, caught_errors, living_arguments],
    )?;
    polish(&Path::new(out).join("AuthPush.swift"), &[|text| plain_names(text, "nil")])?;
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

/// Documentation as the other language says it: no links of Rust's, and names as they are there.
fn plain_names(text: &str, nothing: &str) -> Result<String, regex::Error> {
    let comment = Regex::new(r"(?m)^\s*(\*|///) .*$")?;
    let link = Regex::new(r"\[(`[^`\]]+`)\](\([\w:]+\))?")?;
    let name = Regex::new(r"`([A-Za-z]\w*(?:::\w+)*)`")?;
    let known: HashSet<&str> = Regex::new(r"\w+")?.find_iter(text).map(|word| word.as_str()).collect();
    let spoken = |name: &str| {
        // Kotlin throws exceptions where Rust has errors.
        let exception = name.strip_suffix("Error").map(|kind| format!("{kind}Exception"));
        let candidates = exception.into_iter().chain([camel_case(name)]);
        match candidates.into_iter().find(|candidate| known.contains(candidate.as_str())) {
            _ if name == "None" => nothing.to_owned(),
            Some(known) => known,
            // A code or a value: it is the same in every language.
            None => name.to_owned(),
        }
    };
    let polished = comment.replace_all(text, |line: &Captures<'_>| {
        let text = link.replace_all(&line[0], "$1");
        let spoken = |name: &Captures<'_>| {
            format!("`{}`", name[1].split("::").map(spoken).collect::<Vec<_>>().join("."))
        };
        name.replace_all(&text, spoken).into_owned()
    });
    Ok(polished.into_owned())
}

fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// Kotlin's `message` is what crash reporters, logs and screens print. Generated, it lists an error's fields; here it is the
/// text that a person can read.
fn readable_message(text: &str) -> Result<String, regex::Error> {
    let message = Regex::new(r#"override val message\n(\s+)get\(\) = "[^\n]*""#)?;
    Ok(message.replace_all(text, "override val message: kotlin.String\n${1}get() = toString()").into_owned())
}

/// What a port throws must come back as its failure, whatever it is. Generated, Kotlin's errors that are no exceptions (a
/// failed assertion, a stack that is full) fly past, and the call looks as if it had succeeded.
fn caught_errors(text: &str) -> Result<String, regex::Error> {
    let caught = Regex::new(r"(writeReturn\(makeCall\(\)\)\n\s*\} catch\(e: kotlin\.)Exception\)")?;
    Ok(caught.replace_all(text, "${1}Throwable)").into_owned())
}

/// An object that was closed says so when a method of it is called. Generated, it does not when it is given to another's
/// method: what is passed on then is memory that was freed.
fn living_arguments(text: &str) -> Result<String, regex::Error> {
    let lowered = Regex::new(r"return value\.uniffiCloneHandle\(\)")?;
    Ok(lowered.replace_all(text, "return value.callWithHandle { it }").into_owned())
}
