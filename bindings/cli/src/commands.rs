//! The commands, one function each.

mod account;
mod decide;
mod demo;
mod listen;
mod qr;
mod request;
mod sandbox;

use crate::app::{App, Status};
use crate::args::Command;
use crate::failure::{CANCELLED, Failure};
use crate::interrupt::StopSignals;
use crate::terminal::{Person, show_cursor};

/// Runs a command to its end.
pub(crate) async fn run(app: &App, command: Command) -> Result<Status, Failure> {
    match command {
        Command::AddAccount(arguments) => or_broken_off(app, account::add(app, arguments)).await,
        Command::Accounts => account::list(app).await,
        Command::SetPushId { device_id, token, bearer } => {
            or_broken_off(app, account::set_push_id(app, device_id, &token, bearer)).await
        }
        Command::SetDeviceName { device_id, name, bearer } => {
            or_broken_off(app, account::set_device_name(app, device_id, name, bearer)).await
        }
        Command::RemoveAccount { device_id, abandon } => {
            or_broken_off(app, account::remove(app, device_id, abandon)).await
        }
        // That `--yes` is there was checked when the line was read.
        Command::ForgetAccount { device_id, yes: _ } => account::forget(app, device_id).await,
        Command::Receive { push } => request::receive(app, &push).await,
        Command::Requests { state } => request::list(app, state).await,
        Command::History { device, limit } => request::history(app, device, limit).await,
        Command::Approve(arguments) => or_broken_off(app, decide::approve(app, arguments)).await,
        Command::Deny { request_id } => or_broken_off(app, decide::deny(app, request_id)).await,
        Command::Retry => or_broken_off(app, decide::retry(app)).await,
        Command::Qr(command) => qr::run(app, command),
        Command::Listen { device } => listen::run(app, device).await,
        Command::Sandbox(arguments) => sandbox::run(app, arguments).await,
        Command::Demo(arguments) => demo::run(app, arguments).await,
    }
}

/// A person may break off what asks or waits; the terminal is put in order then. In scripts the signal does what it does.
async fn or_broken_off(
    app: &App,
    work: impl Future<Output = Result<Status, Failure>>,
) -> Result<Status, Failure> {
    if app.person == Person::Absent {
        return work.await;
    }
    let stop = StopSignals::catch();
    tokio::select! {
        ended = work => ended,
        () = stop.told() => {
            show_cursor();
            Err(Failure::new(CANCELLED, "it was broken off; what was decided or sent before that is kept"))
        }
    }
}
