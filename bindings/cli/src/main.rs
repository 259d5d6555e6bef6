//! `authpush`: a virtual authentication device on the command line, and the sandbox it can talk to.
//!
//! A shell like those of Android and iOS: it uses the core through its public API alone. Commands return what happened;
//! here it becomes an exit status, and every failure one line (or one JSON object) on standard error.

mod app;
mod args;
mod card;
mod commands;
mod events;
mod failure;
mod gateway;
mod help;
mod hints;
mod home;
mod input;
mod interrupt;
mod json;
mod listing;
mod moment;
mod output;
mod permissions;
#[cfg(test)]
mod samples;
mod terminal;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use app::{App, Status};
use args::Cli;
use failure::Failure;
use output::Output;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // A script that asked for JSON gets it even if the rest of its line is wrong.
    let json = arguments.iter().any(|argument| argument == "--json");
    let output = if json { Output::Json } else { Output::Text };
    let ended = match Cli::try_parse_from(&arguments) {
        Ok(cli) => usage::check_repeated(&arguments, &cli.globals).and_then(|()| run(cli)),
        Err(error) => match usage::told(&error, output) {
            Some(status) => return status,
            None => Err(usage::failure(&error)),
        },
    };
    match ended {
        Ok(status) => ExitCode::from(status.code()),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_status())
        }
    }
}

fn run(cli: Cli) -> Result<Status, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|_| authpush_core::AuthenticatorError::Internal)?;
    let app = App::new(cli.globals);
    let ended = runtime.block_on(commands::run(&app, cli.command));
    // A question that nobody answers any more holds a thread; it must not hold the process.
    runtime.shutdown_background();
    ended
}
