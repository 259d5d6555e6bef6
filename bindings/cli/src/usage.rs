//! A wrong command line, in the form of every other failure.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::args::{Globals, REPEATABLE};
use crate::failure::Failure;
use crate::output::Output;

/// Help and version are no failures: prints them, and gives the exit status.
pub(crate) fn told(error: &clap::Error, output: Output) -> Option<ExitCode> {
    let help = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => output == Output::Text,
        _ => false,
    };
    help.then(|| {
        // If nobody reads it, nobody needed it.
        let _ = error.print();
        if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
    })
}

/// What is wrong, in one line, and what to do.
pub(crate) fn failure(error: &clap::Error) -> Failure {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage("a command is missing");
    }
    let text = error.render().to_string();
    let paragraph = |wanted: &str| {
        let found = text.split("\n\n").map(str::trim).find(|paragraph| paragraph.starts_with(wanted))?;
        Some(found.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let message = paragraph("error: ").unwrap_or_default();
    let failure = Failure::usage(message.strip_prefix("error: ").unwrap_or(&message));
    match paragraph("tip: ").or_else(|| paragraph("Usage: ")) {
        Some(advice) => failure.with_hint(&advice),
        None => failure,
    }
}

/// The parser keeps the repeatable options of one side of the command only. A pin or an allowed host that is silently
/// forgotten would be worse than an error.
pub(crate) fn check_repeated(arguments: &[OsString], globals: &Globals) -> Result<(), Failure> {
    let kept = [globals.ca_cert.len(), globals.pin.len(), globals.allow_host.len()];
    for (option, kept) in REPEATABLE.into_iter().zip(kept) {
        if given(arguments, option) > kept {
            return Err(Failure::usage(&format!("give every {option} on the same side of the command")));
        }
    }
    Ok(())
}

fn given(arguments: &[OsString], option: &str) -> usize {
    let options = arguments.iter().take_while(|argument| *argument != "--");
    let is_given = |argument: &&OsString| {
        let text = argument.to_string_lossy();
        text.strip_prefix(option).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    options.filter(is_given).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::Parser as _;

    fn wrong(line: &[&str]) -> Failure {
        failure(&Cli::try_parse_from(line).err().unwrap())
    }

    #[test]
    fn a_wrong_line_is_told_in_one_line_with_advice() {
        let lines = wrong(&["authpush", "accounts", "--jsn"]).lines();
        assert_eq!(lines[0], "error[usage]: unexpected argument '--jsn' found");
        assert!(lines[1].contains("'--json'"), "{lines:?}");
        let missing = wrong(&["authpush", "add-account", "{}"]).lines();
        assert!(missing[0].contains("--push-id <TOKEN>"), "{missing:?}");
        assert!(missing[1].starts_with("hint: Usage: authpush add-account"), "{missing:?}");
    }

    #[test]
    fn what_was_typed_cannot_draw_on_the_terminal() {
        let lines = wrong(&["authpush", "\u{1b}[2J"]).lines();
        assert!(!lines.join("\n").contains('\u{1b}'), "{lines:?}");
    }

    #[test]
    fn pins_on_both_sides_of_the_command_are_refused_and_not_forgotten() {
        let checked = |line: &[&str]| {
            let arguments: Vec<OsString> = line.iter().map(OsString::from).collect();
            check_repeated(&arguments, &Cli::try_parse_from(line).ok().unwrap().globals)
        };
        assert!(checked(&["authpush", "--pin", "a", "--pin=b", "accounts"]).is_ok());
        assert!(checked(&["authpush", "accounts", "--pin", "a", "--pin=b"]).is_ok());
        assert!(checked(&["authpush", "--pin", "a", "accounts", "--pin", "b"]).is_err());
        assert!(checked(&["authpush", "receive", "--", "--pin"]).is_ok());
    }
}
