//! Running the sandbox.

use std::io;
use std::path::{Path, PathBuf};

use authpush_core::display_safe;
use authpush_sandbox::{Event, Options, Quirks, Sandbox, SandboxError};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::app::{App, Status};
use crate::args::SandboxArgs;
use crate::failure::{ADDRESS_IN_USE, Failure, SANDBOX_FAILED};
use crate::interrupt::StopSignals;
use crate::output::{self, Output, Reader};

pub(crate) async fn run(app: &App, arguments: SandboxArgs) -> Result<Status, Failure> {
    let listen = arguments.listen;
    let options = Options {
        listen,
        profile: arguments.profile.into(),
        data: arguments.data,
        tenant: arguments.tenant,
        user: arguments.user,
        quirks: if arguments.no_quirks { Quirks::Mended } else { Quirks::AsServer },
    };
    let user = display_safe(&options.user, 255);
    let stop = StopSignals::catch();
    let sandbox = start(options).await?;
    let mut events = sandbox.events();
    let certificate = Certificate::of(&sandbox)?;
    let (url, file) = (sandbox.url(), certificate.path.display().to_string());
    let first = json!({ "sandbox": { "url": url, "ca_cert": file, "portal": format!("{url}/") } });
    let mut reader = output::document(&first)?;
    if output::on_terminal() {
        app.output.note(&format!(
            "A QR code's content:  curl -s --cacert {file} {url}/sandbox/users/{user}/enrolment\n\
             A device:             authpush --ca-cert {file} add-account @qr.json --push-id my-token\n\
             Ctrl-C stops the sandbox."
        ));
    }
    if !listen.ip().is_loopback() {
        app.output.note("Whoever reaches this address controls the sandbox: it asks nobody who they are.");
    }
    let form = if output::on_terminal() { app.output } else { Output::Json };
    tokio::select! {
        () = stop.told() => {}
        told = async {
            while reader == Reader::Listens {
                let Some(line) = next(&mut events, form).await else { break };
                reader = output::show(&line)?;
            }
            Ok::<(), Failure>(())
        } => told?,
    }
    sandbox.stop().await;
    Ok(Status::Done)
}

/// Starts one, with its failures in our words.
pub(super) async fn start(options: Options) -> Result<Sandbox, Failure> {
    let listen = options.listen;
    Sandbox::start(options).await.map_err(|error| match error {
        SandboxError::Io(cause) if cause.kind() == io::ErrorKind::AddrInUse => {
            Failure::new(ADDRESS_IN_USE, &format!("something else listens on {listen}"))
        }
        other => Failure::new(SANDBOX_FAILED, &other.to_string()),
    })
}

/// The sandbox's certificate as a file, for those who shall trust it.
struct Certificate {
    path: PathBuf,
    // Without a data directory: gone when the sandbox is.
    _folder: Option<TempDir>,
}

impl Certificate {
    fn of(sandbox: &Sandbox) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::new(SANDBOX_FAILED, &format!("the certificate cannot be written: {error}"))
        };
        if let Some(path) = sandbox.ca_certificate_path() {
            return Ok(Self { path: absolute(path).map_err(failed)?, _folder: None });
        }
        let folder = TempDir::with_prefix("authpush-sandbox-").map_err(failed)?;
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, sandbox.ca_certificate_pem()).map_err(failed)?;
        Ok(Self { path, _folder: Some(folder) })
    }
}

fn absolute(path: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(path)
}

/// The next event as a line; `None` when there will be none.
async fn next(events: &mut Receiver<Event>, form: Output) -> Option<String> {
    let event = match events.recv().await {
        Ok(event) => serde_json::to_value(event).ok()?,
        Err(RecvError::Lagged(missed)) => json!({ "event": "missed", "count": missed }),
        Err(RecvError::Closed) => return None,
    };
    Some(match form {
        Output::Json => event.to_string(),
        Output::Text => readable(&event),
    })
}

/// `push_sent  id=1 push_id=demo`
fn readable(event: &serde_json::Value) -> String {
    let fields =
        event.as_object().into_iter().flatten().filter(|(key, value)| *key != "event" && !value.is_null());
    let told = fields.map(|(key, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{key}={}", display_safe(&value, 255))
    });
    let name = event.get("event").and_then(serde_json::Value::as_str).unwrap_or_default();
    format!("{name:<16}{}", told.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_for_people_is_one_safe_line() {
        let event =
            json!({ "event": "push_sent", "id": 1, "push_id": "a\n\u{1b}[2J", "session_data_key": null });
        assert_eq!(readable(&event), "push_sent       id=1 push_id=a \u{fffd}[2J");
    }
}
