//! The browser that waits: its poll, and what happens when it comes back to `commonauth` (`docs/protocol.md` section 11.6).

use serde_json::json;

use super::devices::device_key;
use crate::{
    event::Event,
    http::{Incoming, Reply},
    jwt::{Jwt, Rejection},
    model::{LoginStatus, Session},
    state::State,
};

/// `GET /push-auth/check-status?sessionDataKey=`
pub(crate) fn check_status(state: &State, request: &Incoming) -> Reply {
    match request.query_parameter("sessionDataKey") {
        None => Reply::page(404, CHECK_FAILED).why("sessionDataKey is missing"),
        Some(sid) => {
            let status = state.session(&sid).and_then(|session| session.poll_status);
            Reply::json(200, &json!({ "status": status }))
        }
    }
}

/// `/commonauth?sessionDataKey=`: the browser after the wait page. Where it is sent tells the verdict.
pub(crate) fn commonauth(state: &mut State, request: &Incoming) -> Reply {
    let sid = request
        .query_parameter("sessionDataKey")
        .or_else(|| request.form().remove("sessionDataKey"))
        .unwrap_or_default();
    if state.session(&sid).is_none_or(|session| session.consent.is_some()) {
        return Reply::page(500, "").why("no such login: null pointer");
    }
    let retry = |status: &str, message: &str| {
        let url = format!(
            "{}/authenticationendpoint/retry.do?status={status}&statusMsg={message}",
            state.config.url
        );
        Reply::empty(302).header("location", &url)
    };
    let (denied, failed) = (
        retry("authorization.denied", "authorization.denied.message"),
        retry("authentication.attempt.failed", "authorization.failed"),
    );
    let done = Reply::empty(302).header("location", &format!("{}/sandbox/logins/{sid}", state.config.url));
    match come_back(state, &sid) {
        LoginStatus::Authenticated => done.why("authenticated"),
        LoginStatus::Denied => denied.why("denied"),
        LoginStatus::Failed(why) => failed.why(why),
        LoginStatus::Pending => failed.why("no answer yet: null pointer"),
    }
}

/// Does what a browser does: looks at the poll, and comes back once it says COMPLETED. Says where the login stands.
pub(crate) fn come_back(state: &mut State, sid: &str) -> LoginStatus {
    let Some(session) = state.session(sid).cloned() else {
        return LoginStatus::Failed("no such session".to_owned());
    };
    if session.login != LoginStatus::Pending {
        return session.login;
    }
    if session.poll_status != Some("COMPLETED") {
        let waited = state.clock.seconds().saturating_sub(session.begun);
        return if waited > WAIT_PAGE { give_up(state, sid) } else { LoginStatus::Pending };
    }
    let verdict = judge(state, &session);
    if let Some(session) = state.session_mut(sid) {
        session.login = verdict.clone();
        session.poll_status = None;
        // A failure is an exception, which leaves the context where it is.
        session.cleared = !matches!(verdict, LoginStatus::Failed(_));
    }
    let status = match verdict {
        LoginStatus::Authenticated => "authenticated",
        LoginStatus::Denied => "denied",
        _ => "failed",
    };
    state.emit(Event::LoginDecided { session_data_key: sid.to_owned(), status: status.to_owned() });
    verdict
}

/// The wait page stops polling. The server keeps the session, and takes an answer that nobody will look at.
fn give_up(state: &mut State, sid: &str) -> LoginStatus {
    let verdict = LoginStatus::Failed("the wait page gave up after 15 minutes".to_owned());
    if let Some(session) = state.session_mut(sid) {
        session.login = verdict.clone();
    }
    state.emit(Event::LoginDecided { session_data_key: sid.to_owned(), status: "failed".to_owned() });
    verdict
}

/// The stored token is checked a second time, with the clock of this moment; then `chg`, then `res`.
fn judge(state: &State, session: &Session) -> LoginStatus {
    let failed = |why: &str| LoginStatus::Failed(why.to_owned());
    let Some(jwt) = session.token.as_deref().and_then(Jwt::parse) else {
        return failed("no token is stored");
    };
    let Some(device) = state.device(&jwt.header_text("did")) else {
        return failed("the device was removed before the browser came back");
    };
    match jwt.validate(device_key(device).as_ref(), state.clock.millis()) {
        Ok(()) => {}
        Err(Rejection::Invalid(why) | Rejection::Crash(why)) => {
            return LoginStatus::Failed(format!("second check of the token: {why}"));
        }
    }
    match jwt.text_claim("chg") {
        Ok(None) => return failed("chg is missing: null pointer"),
        Ok(Some(challenge)) if Some(challenge) == session.challenge.as_deref() => {}
        Ok(Some(_)) | Err(()) => return failed("chg is not the challenge of this login"),
    }
    match jwt.text_claim("res") {
        Ok(Some("SUCCESSFUL")) => LoginStatus::Authenticated,
        Ok(Some("DENIED")) => LoginStatus::Denied,
        Ok(None) => failed("res is missing: null pointer"),
        Ok(Some(_)) | Err(()) => failed("res is neither SUCCESSFUL nor DENIED"),
    }
}

/// Seconds that the wait page polls.
const WAIT_PAGE: i64 = 900;
const CHECK_FAILED: &str = "PBA-15007 - Error occurred when checking authentication status. The session data key was \
                            null or the HTTP request was not supported.";
