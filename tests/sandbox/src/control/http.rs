//! `/sandbox/*`: the control API as JSON over HTTP. The paths and bodies are listed in the crate's documentation.

use std::sync::Arc;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Control, ControlError};
use crate::{
    http::{Incoming, Reply},
    model::Consent,
    routes::segments,
    state::Shared,
};

/// Answers a request under `/sandbox`.
pub(crate) fn answer(shared: &Arc<Shared>, request: &Incoming) -> Reply {
    let control = Control::new(Arc::clone(shared));
    let path = segments(&request.path).unwrap_or_default();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    route(&control, request, &path).unwrap_or_else(|failure| match failure {
        Failure::NotFound => Reply::json(404, &json!({ "error": "no such control path or method" })),
        Failure::Body(why) => Reply::json(400, &json!({ "error": why })),
        Failure::Control(error) => Reply::json(error.status(), &json!({ "error": error.to_string() })),
    })
}

enum Failure {
    NotFound,
    Body(String),
    Control(ControlError),
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        Self::Control(error)
    }
}

fn route(control: &Control, request: &Incoming, path: &[&str]) -> Result<Reply, Failure> {
    let ["sandbox", rest @ ..] = path else { return Err(Failure::NotFound) };
    match (request.method.as_str(), rest) {
        ("GET", []) => ok(&control.overview()),
        ("GET", ["quirks"]) => ok(&control.quirks()),
        ("POST", ["users"]) => created(&control.create_user(body(request)?)?),
        ("GET", ["users"]) => ok(&control.users()),
        ("GET", ["users", username, "enrolment"]) => ok(&control.enrolment(username)?),
        ("GET", ["users", username, "registration-code"]) => ok(&control.registration_code(username)?),
        ("GET", ["devices"]) => ok(&control.devices()),
        ("POST", ["clients"]) => created(&control.create_client(body(request)?)?),
        ("POST", ["consents"]) => created(&report(control.create_consent(body(request)?)?)),
        ("GET", ["consents"]) => ok(&control.consents().into_iter().map(report).collect::<Vec<_>>()),
        ("GET", ["consents", id]) => ok(&report(control.consent(id)?)),
        ("POST", ["logins"]) => created(&control.login(body(request)?)?),
        ("GET", ["logins", sid]) => ok(&control.login_status(sid)?),
        ("POST", ["logins", id, "resend"]) => created(&control.resend(id)?),
        ("POST", ["informational"]) => created(&control.informational(body(request)?)?),
        ("GET", ["is7"]) => ok(&control.is7_settings()),
        ("POST", ["is7"]) => {
            control.set_is7_settings(body(request)?);
            ok(&control.is7_settings())
        }
        ("POST", ["ciba"]) => {
            let answer = control.ciba(body(request)?)?;
            Ok(Reply::json(answer.status, &answer.body))
        }
        ("GET", ["ciba", id]) => ok(&control.ciba_report(id)?),
        ("POST", ["ciba", id, "token"]) => ok(&control.poll(id)),
        ("POST", ["push"]) => created(&control.push(body(request)?)?),
        ("GET", ["pushes"]) => ok(&last(request, control.pushes())?),
        ("POST", ["faults"]) => {
            control.fault(body(request)?);
            created(&control.faults())
        }
        ("GET", ["faults"]) => ok(&control.faults()),
        ("DELETE", ["faults"]) => {
            control.clear_faults();
            Ok(Reply::empty(204))
        }
        ("POST", ["clock"]) => {
            let ClockOffset { offset_seconds } = body(request)?;
            control.set_clock_offset(offset_seconds);
            ok(&control.overview())
        }
        ("GET", ["audit"]) => {
            let wanted = request.query_parameter("path").unwrap_or_default();
            let entries = control.audit().into_iter().filter(|entry| entry.path.contains(&wanted));
            ok(&last(request, entries.collect())?)
        }
        ("DELETE", ["audit"]) => {
            control.clear_audit();
            Ok(Reply::empty(204))
        }
        _ => Err(Failure::NotFound),
    }
}

/// As many of the newest as `?last=` asks for; all without it.
fn last<T>(request: &Incoming, mut all: Vec<T>) -> Result<Vec<T>, Failure> {
    let Some(wanted) = request.query_parameter("last") else { return Ok(all) };
    let wanted: usize =
        wanted.parse().map_err(|_| Failure::Body("last is no number of entries".to_owned()))?;
    Ok(all.split_off(all.len().saturating_sub(wanted)))
}

#[derive(Deserialize)]
struct ClockOffset {
    offset_seconds: i64,
}

/// A consent, and the accounts bound to it beside its history.
#[derive(Serialize)]
struct ConsentReport {
    authorised_account_ids: Vec<String>,
    #[serde(flatten)]
    consent: Consent,
}

fn report(consent: Consent) -> ConsentReport {
    ConsentReport { authorised_account_ids: consent.authorised_account_ids().to_vec(), consent }
}

fn body<T: DeserializeOwned>(request: &Incoming) -> Result<T, Failure> {
    serde_json::from_slice(&request.body).map_err(|error| Failure::Body(error.to_string()))
}

fn ok<T: Serialize>(value: &T) -> Result<Reply, Failure> {
    serde_json::to_value(value)
        .map(|value: Value| Reply::json(200, &value))
        .map_err(|error| Failure::Body(error.to_string()))
}

fn created<T: Serialize>(value: &T) -> Result<Reply, Failure> {
    ok(value).map(|reply| Reply { status: 201, ..reply })
}
