//! `POST /push-auth/authenticate`: the plain servlet of `docs/protocol.md` section 11.6.
//!
//! It stores what it is given: a wrong challenge or an unknown word in `res` is still a 202, and a second answer before
//! the browser comes back takes the place of the first. [`super::browser`] judges.

use serde_json::Value;

use super::devices::device_key;
use crate::{
    event::Event,
    http::{Incoming, Reply},
    jwt::{Jwt, Rejection},
    state::State,
};

/// Takes the phone's answer.
pub(crate) fn authenticate(state: &mut State, request: &Incoming) -> Result<Reply, Reply> {
    let token = auth_response(request, state.mended())?;
    if token.is_empty() {
        return Err(Reply::page(400, NO_TOKEN).why("authResponse is empty"));
    }
    let (jwt, did) = validated(state, &token)?;
    let sid = match jwt.text_claim("sid") {
        Ok(sid) => sid.unwrap_or_default().to_owned(),
        Err(()) => {
            return Err(Reply::page(
                500,
                "PBA-15006 - Error occurred when parsing auth response token to JWT.",
            )
            .why("sid is not text"));
        }
    };
    if sid.is_empty() {
        let text = format!(
            "PBA-15002 - Authentication response token received from device: {did} does not contain a session data \
             key."
        );
        return Err(Reply::page(400, &text).why("sid is missing or empty"));
    }
    store(state, &sid, &token)?;
    let decision = jwt.text_claim("res").ok().flatten().map(str::to_owned);
    if let Some(session) = state.session_mut(&sid) {
        session.poll_status = Some("COMPLETED");
    }
    state.emit(Event::Answered { session_data_key: sid, device_id: did, decision });
    Ok(Reply::empty(202).why("stored; challenge and res are judged when the browser comes back"))
}

/// Puts the token into the authentication context; without a context that is a null pointer.
fn store(state: &mut State, sid: &str, token: &str) -> Result<(), Reply> {
    let mended = state.mended();
    match state.session_mut(sid) {
        Some(session) if !session.cleared => {
            session.token = Some(token.to_owned());
            Ok(())
        }
        Some(_) if mended => Err(Reply::page(410, "This session is finished.").why("finished session")),
        None if mended => Err(Reply::page(404, "No such session.").why("unknown session")),
        _ => Err(Reply::page(500, "").why("unknown or finished session: null pointer")),
    }
}

/// Only the first line of the body is read. A blank line, other JSON, a missing key: uncaught, hence 500.
fn auth_response(request: &Incoming, mended: bool) -> Result<String, Reply> {
    let text = request.text();
    let first_line = text.split(['\n', '\r']).next().unwrap_or_default();
    let read = if mended { text.as_str() } else { first_line };
    match serde_json::from_str::<Value>(read).ok().as_ref().and_then(|body| body.get("authResponse")) {
        Some(Value::String(token)) => Ok(token.clone()),
        Some(scalar @ (Value::Number(_) | Value::Bool(_))) => Ok(scalar.to_string()),
        _ if serde_json::from_str::<Value>(&text).is_ok_and(|body| body.get("authResponse").is_some()) => {
            Err(Reply::page(500, "").why("the JSON spans several lines, and only the first one is read"))
        }
        _ => Err(Reply::page(500, "").why("the first line is no JSON object with authResponse")),
    }
}

/// The token's device, known and vouched for by its signature: PBA-15003 to PBA-15005.
fn validated(state: &State, token: &str) -> Result<(Jwt, String), Reply> {
    let Some(jwt) = Jwt::parse(token) else {
        return Err(Reply::page(500, "PBA-15003 - Error occurred when extracting the auth response token.")
            .why("authResponse is no JWT"));
    };
    let did = jwt.header_text("did");
    let Some(device) = state.device(&did) else {
        let text =
            format!("PBA-15004 - Error occurred when trying to get the public key from device: {did}.");
        return Err(Reply::page(500, &text).why("the header's did is no registered device"));
    };
    match jwt.validate(device_key(device).as_ref(), state.clock.millis()) {
        Ok(()) => Ok((jwt, did)),
        Err(Rejection::Crash(why)) => Err(Reply::page(500, "").why(why)),
        Err(Rejection::Invalid(why)) => {
            let text =
                format!("PBA-15005 - Error occurred when validating auth response token from device: {did}.");
            Err(Reply::page(500, &text).why(why))
        }
    }
}

const NO_TOKEN: &str = "PBA-15001 - The request did not contain an authentication response token";
