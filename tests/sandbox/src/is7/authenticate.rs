//! `POST {root}/push-auth/authenticate`: stores the phone's answer.
//!
//! 200 means stored, and no more: challenge, number and response are judged when the browser comes back. Errors are
//! JSON without a content type, but for those that nobody catches, which are the container's pages.

use serde_json::{Value, json};

use super::{root::Root, settings::DeviceLine, token};
use crate::{
    event::Event,
    http::{Incoming, Reply},
    jwt::{Jwt, Rejection},
    state::State,
};

/// Takes the phone's answer.
pub(crate) fn authenticate(state: &mut State, root: &Root, request: &Incoming) -> Result<Reply, Reply> {
    let text = auth_response(state, request)?;
    if text.trim().is_empty() {
        return Err(NO_RESPONSE.reply(state, "authResponse is empty"));
    }
    let Some(jwt) = Jwt::parse(&text) else {
        return Err(NO_DEVICE_ID.reply(state, "authResponse is no JWT"));
    };
    let device_id = jwt.header_text("deviceId");
    if device_id.trim().is_empty() {
        // The servlet turns back without a word, and the container's word is 200.
        let why = "the header's deviceId is empty: nothing is stored";
        let reply = if state.mended() { NO_DEVICE_ID.reply(state, why) } else { Reply::empty(200).why(why) };
        return Err(reply);
    }
    check_token(state, &jwt, &device_id)?;
    let push_auth_id = match jwt.text_claim("pushAuthId") {
        Ok(id) => id.unwrap_or_default().to_owned(),
        Err(()) => return Err(UNREADABLE.reply(state, "pushAuthId is not text")),
    };
    if push_auth_id.trim().is_empty() {
        return Err(NO_PUSH_AUTH_ID.reply(state, "pushAuthId is missing or empty"));
    }
    store(state, root, &push_auth_id, &text, &device_id)?;
    let decision = jwt.text_claim("response").ok().flatten().map(str::to_owned);
    state.emit(Event::Answered { session_data_key: push_auth_id, device_id, decision });
    Ok(Reply::empty(200).why("stored; challenge, number and response are judged when the browser comes back"))
}

/// `authResponse` of the body, which may have any number of lines. Anything else is an exception that nobody catches.
fn auth_response(state: &State, request: &Incoming) -> Result<String, Reply> {
    let body = serde_json::from_slice::<Value>(&request.body).ok();
    match body.as_ref().and_then(|body| body.get("authResponse")) {
        Some(Value::String(text)) => Ok(text.clone()),
        _ => Err(uncaught(state, &NO_RESPONSE, "the body is no JSON object with a text authResponse")),
    }
}

/// The token's device, known and vouched for by its signature.
fn check_token(state: &State, jwt: &Jwt, device_id: &str) -> Result<(), Reply> {
    let Some(device) = state.device(device_id) else {
        // A header without deviceId is looked up as the text `null`.
        let why = format!("the header's deviceId {device_id:?} is no registered device");
        return Err(NO_PUBLIC_KEY.reply(state, &why));
    };
    match token::validate(jwt, device, state.clock.millis()) {
        Ok(()) => Ok(()),
        Err(Rejection::Invalid(why)) => Err(INVALID_TOKEN.reply(state, &why)),
        Err(Rejection::Crash(why)) => Err(uncaught(state, &INVALID_TOKEN, &why)),
    }
}

/// Puts the token into the context of its push. The newer line takes the first answer, the older one the last.
fn store(state: &mut State, root: &Root, id: &str, text: &str, device_id: &str) -> Result<(), Reply> {
    let first_counts = state.is7.settings.device_line == DeviceLine::Many;
    let why = match state.is7_login(id) {
        None => "no push has this pushAuthId",
        Some(login) if login.push_auth_id != id => "a resend has dropped this push",
        Some(login) if !root.holds(state, &login.username) => "the login is of a user of another root",
        Some(login) if login.cleared && login.completed && first_counts => {
            // Only until a poll has made the server forget it.
            return Err(HANDLED.reply(state, "the login is finished"));
        }
        Some(login) if login.cleared => "the login is finished, or never had a push",
        Some(login) if login.is_over(state.clock.seconds()) => "the context of this push is over",
        Some(login) if login.token.is_some() && first_counts => {
            return Err(HANDLED.reply(state, "a device has answered before"));
        }
        Some(_) => {
            if let Some(login) = state.is7_context(id) {
                login.token = Some((text.to_owned(), device_id.to_owned()));
                login.completed = true;
            }
            return Ok(());
        }
    };
    Err(NO_CONTEXT.reply(state, why))
}

/// The container's page for an exception that nobody caught; a mended server would have caught it.
fn uncaught(state: &State, meant: &ServletError, why: &str) -> Reply {
    if state.mended() { meant.reply(state, why) } else { Reply::page(500, "").why(why) }
}

/// An error of the two servlets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServletError {
    code: &'static str,
    status: u16,
    /// What a mended server would say instead of `status`.
    mended: u16,
    message: &'static str,
}

impl ServletError {
    const fn new(code: &'static str, status: u16, message: &'static str) -> Self {
        Self { code, status, mended: status, message }
    }

    /// Its answer. The real server forgets to say that it is JSON.
    pub(crate) fn reply(&self, state: &State, why: &str) -> Reply {
        let body = json!({ "code": self.code, "message": self.message });
        if state.mended() {
            return Reply::json(self.mended, &body).why(why);
        }
        Reply { body: body.to_string().into_bytes(), ..Reply::empty(self.status) }.why(why)
    }
}

pub(crate) const NO_STATUS_ID: ServletError =
    ServletError::new("PBA-15001", 404, "pushAuthId not found in the status request.");
const NO_DEVICE_ID: ServletError =
    ServletError::new("PBA-15002", 400, "deviceId not found in the auth response token.");
const NO_PUBLIC_KEY: ServletError = ServletError {
    code: "PBA-15003",
    status: 500,
    mended: 404,
    message: "Failed to get the public key for the respective device.",
};
const INVALID_TOKEN: ServletError = ServletError::new("PBA-15004", 400, "Push auth token validation failed.");
const UNREADABLE: ServletError =
    ServletError::new("PBA-15005", 400, "Error while processing the auth response token.");
const NO_RESPONSE: ServletError =
    ServletError::new("PBA-15006", 400, "Authentication response token not found in the request.");
const NO_PUSH_AUTH_ID: ServletError =
    ServletError::new("PBA-15007", 400, "PushAuthId not found in the push auth response token.");
const NO_CONTEXT: ServletError =
    ServletError::new("PBA-15010", 400, "Push Authentication context not found for the relevant pushAuthId.");
const HANDLED: ServletError =
    ServletError::new("PBA-15011", 410, "Authentication request has already been completed or has expired.");
