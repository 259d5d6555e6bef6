//! Packages the library for apps: compiles it per target, generates Kotlin and Swift, strips, and lays out what an Android
//! or iOS project takes in. `package size` says what the bytes are.

mod compile;
mod kotlin;
mod layout;
mod report;
mod size;
mod strip;
mod swift;
mod targets;
mod toolchain;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use compile::{Built, compile};
use layout::Layout;
use report::Report;
use targets::{TARGETS, Target};

/// Anything that ends a run, told to a person.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Packages authpush for Kotlin and Swift.
#[derive(Parser)]
#[command(name = "package", version, about, after_help = targets::help())]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The Kotlin sources, the libraries for Android, and the host's for tests on the JVM
    Kotlin(Packaging),
    /// A Swift package: an `XCFramework` on macOS, the host's library on Linux
    Swift(Packaging),
    /// Both
    All(Packaging),
    /// What the host's library consists of, by section and by crate
    Size(Sizing),
}

#[derive(Args)]
struct Packaging {
    /// Only this target, repeatable; every one of the language unless given
    #[arg(long = "target", value_name = "NAME", value_parser = targets::parser())]
    targets: Vec<String>,
    /// Where to put it
    #[arg(long, value_name = "DIR", default_value = "target/package")]
    out: PathBuf,
}

#[derive(Args)]
struct Sizing {
    /// Fail when the stripped library has more bytes than this
    #[arg(long, value_name = "BYTES")]
    limit: Option<u64>,
}

/// What is packaged for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Kotlin,
    Swift,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Kotlin(packaging) => package(&[Language::Kotlin], &packaging),
        Command::Swift(packaging) => package(&[Language::Swift], &packaging),
        Command::All(packaging) => package(&[Language::Kotlin, Language::Swift], &packaging),
        Command::Size(sizing) => size::report(sizing.limit),
    };
    done.unwrap_or_else(|error| {
        eprintln!("package: {error}");
        ExitCode::FAILURE
    })
}

/// Builds what can be built here, and says of everything else what it takes. Complete, or exit status 1.
fn package(languages: &[Language], packaging: &Packaging) -> Outcome<ExitCode> {
    let chosen = chosen(languages, &packaging.targets);
    if chosen.is_empty() {
        return Err("none of these targets is for this language; see --help".into());
    }
    let layout = Layout::new(&packaging.out)?;
    let mut report = Report::default();
    let mut built: Vec<Built> = Vec::new();
    for target in chosen {
        let missing = target.missing();
        if missing.is_empty() {
            eprintln!("== {} ({})", target.name, target.triple());
            built.push(compile(target)?);
        } else {
            report.missing(target, missing);
        }
    }
    if let Some(first) = built.first() {
        let generated = layout.generate(&first.dynamic)?;
        for library in &built {
            layout.keep_symbols(library)?;
        }
        if languages.contains(&Language::Kotlin) {
            kotlin::lay_out(&layout, &generated, &built, &mut report)?;
        }
        if languages.contains(&Language::Swift) {
            swift::lay_out(&layout, &generated, &built, &mut report)?;
        }
    }
    Ok(report.print())
}

fn chosen(languages: &[Language], names: &[String]) -> Vec<&'static Target> {
    let wanted = |target: &&Target| {
        (names.is_empty() || names.iter().any(|name| name == target.name))
            && languages.iter().any(|language| target.serves(*language))
    };
    TARGETS.iter().filter(wanted).collect()
}
