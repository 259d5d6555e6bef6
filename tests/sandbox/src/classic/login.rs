//! The step of a login that asks the phone: `docs/protocol.md` section 11.5.
//!
//! Exactly one device per user, counted when the push is to be sent; with none or several nothing is sent.

use crate::{
    model::{ConsentSession, LoginStatus, Session},
    push::{Request, message},
    state::{State, new_id},
};

/// A login or a consent to be asked for.
pub(crate) struct Ask {
    pub(crate) username: String,
    pub(crate) application: String,
    pub(crate) ip_address: String,
    pub(crate) browser: Option<String>,
    pub(crate) os: Option<String>,
    pub(crate) metadata: Option<String>,
    pub(crate) consent: Option<ConsentSession>,
}

/// Opens a session and sends its push. The session exists even when no push could be sent.
pub(crate) fn ask(state: &mut State, ask: Ask) -> Session {
    let mut session = Session {
        key: new_id(),
        username: ask.username,
        begun: state.clock.seconds(),
        challenge: None,
        consent: ask.consent,
        token: None,
        poll_status: None,
        login: LoginStatus::Pending,
        cleared: false,
    };
    let devices: Vec<_> = state.devices.iter().filter(|device| device.username == session.username).collect();
    let failure = match devices.as_slice() {
        [] => Some("registered.device.unavailable"),
        [_] => None,
        _ => Some("devices.over.limit"),
    };
    let only = devices.first().map(|device| (*device).clone());
    let user = state.user(&session.username).cloned();
    match (failure, only, user) {
        (None, Some(device), Some(user)) => {
            let challenge = new_id();
            let request = Request {
                session_data_key: &session.key,
                challenge: &challenge,
                application: &ask.application,
                ip_address: &ask.ip_address,
                browser: ask.browser.as_deref(),
                os: ask.os.as_deref(),
                metadata: ask.metadata.as_deref(),
            };
            let message = message(&device, &user, &state.config.tenant, &request);
            session.challenge = Some(challenge);
            session.poll_status = Some("PENDING");
            state.send_push(&device.push_id, message);
        }
        (failure, _, _) => {
            session.login = LoginStatus::Failed(failure.unwrap_or("unknown user").to_owned());
        }
    }
    state.sessions.push(session.clone());
    session
}
