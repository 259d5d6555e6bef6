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
use crate::failure::Failure;

/// Runs a command to its end.
pub(crate) async fn run(app: &App, command: Command) -> Result<Status, Failure> {
    match command {
        Command::AddAccount(arguments) => account::add(app, arguments).await,
        Command::Accounts => account::list(app).await,
        Command::SetPushId { device_id, token, bearer } => {
            account::set_push_id(app, device_id, &token, bearer).await
        }
        Command::SetDeviceName { device_id, name, bearer } => {
            account::set_device_name(app, device_id, name, bearer).await
        }
        Command::RemoveAccount { device_id, abandon } => account::remove(app, device_id, abandon).await,
        // That `--yes` is there was checked when the line was read.
        Command::ForgetAccount { device_id, yes: _ } => account::forget(app, device_id).await,
        Command::Receive { push } => request::receive(app, &push).await,
        Command::Requests { state } => request::list(app, state).await,
        Command::History { device, limit } => request::history(app, device, limit).await,
        Command::Approve(arguments) => decide::approve(app, arguments).await,
        Command::Deny { request_id } => decide::deny(app, request_id).await,
        Command::Retry => decide::retry(app).await,
        Command::Qr(command) => qr::run(app, command),
        Command::Listen { device } => listen::run(app, device).await,
        Command::Sandbox(arguments) => sandbox::run(app, arguments).await,
        Command::Demo(arguments) => demo::run(app, arguments).await,
    }
}
