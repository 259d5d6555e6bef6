//! `POST /api/openbanking/ciba/push-auth/authenticate`: `docs/protocol.md` section 11.8.
//!
//! Unlike the plain servlet this endpoint judges at once. What it throws and does not catch ends as a 500 whose body is
//! the container's HTML, also for a denial that did its work.

use serde_json::Value;

use super::persist::{Selection, persist};
use crate::{
    classic::devices::device_key,
    event::Event,
    http::{Incoming, Reply},
    jwt::{Jwt, Rejection},
    state::State,
};

/// Takes the phone's decision.
pub(crate) fn authenticate(state: &mut State, request: &Incoming) -> Result<Reply, Reply> {
    let token = auth_response(request)?;
    let (jwt, did) = validated(state, &token)?;
    let sid = match jwt.text_claim("sid") {
        Ok(Some(sid)) if !sid.is_empty() => sid.to_owned(),
        Ok(_) => {
            let text = format!(
                "Authentication response token received from device: {did} does not contain a session data key."
            );
            return Err(coded(400, "PBA-15002", &text, "sid is missing or empty"));
        }
        Err(()) => {
            let text = "Error occurred when parsing auth response token to JWT.";
            return Err(coded(500, "PBA-15006", text, "sid is not text"));
        }
    };
    let mended = state.mended();
    let session = match state.session_mut(&sid) {
        Some(session) if !session.cleared => session,
        Some(_) if mended => return Err(Reply::oauth_error(410, "Gone", "This session is finished")),
        None if mended => return Err(Reply::oauth_error(404, "Not Found", "No such session")),
        _ => {
            return Err(uncaught(
                "unknown or finished session (a second answer after success?): null pointer",
            ));
        }
    };
    session.token = Some(token);
    let (challenge, consent) = (session.challenge.clone(), session.consent.clone());

    let chg = jwt.text_claim("chg");
    if chg == Ok(None) {
        return Err(uncaught("chg is missing: null pointer"));
    }
    if chg.ok().flatten() != challenge.as_deref() {
        return Err(failed("chg is not the challenge of this session"));
    }
    let approved = match jwt.text_claim("res") {
        Ok(Some("SUCCESSFUL")) => true,
        Ok(Some("DENIED")) => false,
        Ok(None) => return Err(uncaught("res is missing: null pointer")),
        Ok(Some(_)) | Err(()) => return Err(failed("res is neither SUCCESSFUL nor DENIED")),
    };
    let mta = match jwt.text_claim("mta") {
        Ok(Some(mta)) => mta,
        Ok(None) => return Err(uncaught("mta is missing: null pointer in the JSON parser")),
        Err(()) => return Err(failed("mta is not a text that holds JSON")),
    };
    let Ok(Value::Object(mta)) = serde_json::from_str(mta) else {
        return Err(uncaught("mta is no JSON object"));
    };
    let Some(consent) = consent else {
        return Err(uncaught(
            "this session is a login without a consent: the persist steps find no consent data",
        ));
    };
    let decision = jwt.text_claim("res").ok().flatten().map(str::to_owned);
    let selection = Selection::read(mta.get("approvedAccountIds"));
    state.emit(Event::Answered { session_data_key: sid.clone(), device_id: did, decision });
    persist(state, &sid, &consent, approved, selection)
}

/// The exception that nobody caught.
pub(crate) fn uncaught(why: &str) -> Reply {
    Reply::page(500, "").why(why)
}

fn failed(why: &str) -> Reply {
    Reply::oauth_error(400, "Bad Request", "Authentication Failed").why(why)
}

fn coded(status: u16, code: &str, text: &str, why: &str) -> Reply {
    Reply::oauth_error(status, code, &format!("{code} - {text}")).why(why)
}

/// The whole body is read here, however many lines it has.
fn auth_response(request: &Incoming) -> Result<String, Reply> {
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| {
        Reply::oauth_error(500, "internal server error", "Unable to parse the response")
            .why(format!("the body is not JSON: {error}"))
    })?;
    let Value::Object(body) = body else {
        return Err(Reply::oauth_error(400, "Bad Request", "response is not a JSON object"));
    };
    match body.get("authResponse").and_then(Value::as_str) {
        Some(token) if !token.is_empty() => Ok(token.to_owned()),
        _ => {
            let text = "The request did not contain an authentication response token";
            Err(coded(400, "PBA-15001", text, "authResponse is missing or empty"))
        }
    }
}

fn validated(state: &State, token: &str) -> Result<(Jwt, String), Reply> {
    let Some(jwt) = Jwt::parse(token) else {
        let text = "Error occurred when extracting the auth response token.";
        return Err(coded(500, "PBA-15003", text, "authResponse is no JWT"));
    };
    let did = jwt.header_text("did");
    let Some(device) = state.device(&did) else {
        let text = format!("Error occurred when trying to get the public key from device: {did}.");
        return Err(coded(500, "PBA-15004", &text, "the header's did is no registered device"));
    };
    match jwt.validate(device_key(device).as_ref(), state.clock.millis()) {
        Ok(()) => Ok((jwt, did)),
        Err(Rejection::Crash(why)) => Err(uncaught(&why)),
        Err(Rejection::Invalid(why)) => {
            let text = format!("Error occurred when validating auth response token from device: {did}.");
            Err(coded(500, "PBA-15005", &text, &why))
        }
    }
}
