//! The browser that waits: its poll, and the verdict when it comes back.

use serde_json::json;

use super::{authenticate::NO_STATUS_ID, login::Login, settings::DeviceLine, token};
use crate::{
    event::Event,
    http::{Incoming, Reply},
    jwt::{Jwt, Rejection},
    model::LoginStatus,
    state::State,
};

/// `GET {root}/push-auth/check-status?pushAuthId=`: says COMPLETED once, and PENDING for every id that it never saw.
pub(crate) fn check_status(state: &mut State, request: &Incoming) -> Reply {
    let Some(id) = request.query_parameter("pushAuthId") else {
        return NO_STATUS_ID.reply(state, "pushAuthId is missing");
    };
    let completed = state.is7_context(&id).is_some_and(|login| std::mem::take(&mut login.completed));
    Reply::json(200, &json!({ "status": if completed { "COMPLETED" } else { "PENDING" } }))
}

/// `/commonauth?sessionDataKey=`: the browser after the wait page, named by the id of its push. Where it is sent tells
/// the verdict.
pub(crate) fn commonauth(state: &mut State, request: &Incoming) -> Reply {
    let id = request
        .query_parameter("sessionDataKey")
        .or_else(|| request.form().remove("sessionDataKey"))
        .unwrap_or_default();
    let Some(login) = state.is7_login(&id).cloned() else {
        return Reply::page(500, "").why("no such login: null pointer");
    };
    let url = &state.config.url;
    let done = Reply::empty(302).header("location", &format!("{url}/sandbox/logins/{id}"));
    let error = format!("{url}/authenticationendpoint/pushAuthError.jsp?authFailure=true&authFailureMsg=");
    let failed = |message: &str, why: &str| {
        Reply::empty(302).header("location", &format!("{error}{message}")).why(why)
    };
    match resume(state, &login) {
        LoginStatus::Authenticated => done.why("authenticated"),
        LoginStatus::Denied => failed("error.push.user.denied.consent", "denied"),
        LoginStatus::Failed(why) => failed(why.split(':').next().unwrap_or_default(), &why),
        // The login itself goes on: a browser may look too early.
        LoginStatus::Pending => failed(INTERNAL, "no answer yet"),
    }
}

/// Does what a browser does: polls, which makes the server forget that it was answered, and comes back once there is an
/// answer. Says where the login stands.
pub(crate) fn come_back(state: &mut State, id: &str) -> LoginStatus {
    let Some(login) = state.is7_login(id).cloned() else {
        return LoginStatus::Failed("no such login".to_owned());
    };
    if let Some(kept) = state.is7_context(&login.push_auth_id) {
        kept.completed = false;
    }
    resume(state, &login)
}

/// The login goes on with the answer, if there is one.
fn resume(state: &mut State, login: &Login) -> LoginStatus {
    if login.status != LoginStatus::Pending {
        return login.status.clone();
    }
    let verdict = match &login.token {
        Some((text, device_id)) => judge(state, login, text, device_id),
        None if login.is_over(state.clock.seconds()) => {
            LoginStatus::Failed(format!("{INTERNAL}: nobody has answered for 15 minutes"))
        }
        None => return LoginStatus::Pending,
    };
    if let Some(kept) = state.is7_context(&login.push_auth_id) {
        kept.status = verdict.clone();
        // A failure leaves the context where it is, and with it the answer that spoils every later one.
        kept.cleared = !matches!(verdict, LoginStatus::Failed(_));
    }
    let status = match verdict {
        LoginStatus::Authenticated => "authenticated",
        LoginStatus::Denied => "denied",
        _ => "failed",
    };
    let session_data_key = login.push_auth_id.clone();
    state.emit(Event::LoginDecided { session_data_key, status: status.to_owned() });
    verdict
}

/// The token is checked a second time, with the clock of this moment; then challenge, response, and number.
fn judge(state: &State, login: &Login, text: &str, answered_by: &str) -> LoginStatus {
    let failed = |kind: &str, why: &str| LoginStatus::Failed(format!("{kind}: {why}"));
    // The older line takes the key of the device that was asked, whichever has answered.
    let asked = login.notified.first().map(String::as_str).unwrap_or_default();
    let device_id = match state.is7.settings.device_line {
        DeviceLine::One => asked,
        DeviceLine::Many => answered_by,
    };
    if !login.notified.iter().any(|notified| notified == device_id) {
        return failed(INTERNAL, "the device that answered was not asked");
    }
    let Some(device) = state.device(device_id) else {
        return failed(INTERNAL, "the device was removed before the browser came back");
    };
    let Some(jwt) = Jwt::parse(text) else { return failed(TOKEN, "the stored answer is no JWT") };
    match token::validate(&jwt, device, state.clock.millis()) {
        Ok(()) => {}
        Err(Rejection::Invalid(why) | Rejection::Crash(why)) => {
            return failed(TOKEN, &format!("second check of the token: {why}"));
        }
    }
    if jwt.text_claim("challenge") != Ok(Some(&login.challenge)) {
        return failed("error.push.authentication.failed", "challenge is not that of this push");
    }
    match jwt.text_claim("response") {
        Ok(Some("APPROVED")) => {}
        Ok(Some("DENIED")) => return LoginStatus::Denied,
        Ok(Some(word)) if word.eq_ignore_ascii_case("APPROVED") || word.eq_ignore_ascii_case("DENIED") => {
            return failed(TOKEN, "response is written in mixed case, which is neither approval nor denial");
        }
        Ok(_) | Err(()) => return failed(TOKEN, "response is neither APPROVED nor DENIED"),
    }
    match &login.number {
        Some(number) if jwt.text_claim("numberChallenge") != Ok(Some(number)) => failed(
            "error.push.number.challenge.failed",
            "numberChallenge is not the number on the login page",
        ),
        Some(_) | None => LoginStatus::Authenticated,
    }
}

const INTERNAL: &str = "error.push.internal.error";
const TOKEN: &str = "error.push.token.response.failure";
