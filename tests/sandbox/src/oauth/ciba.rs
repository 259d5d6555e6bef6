//! `POST /oauth2/ciba`: takes a signed request, and pushes the consent to the user's phone.

use serde_json::json;

use super::{client_auth::authenticated, request_object};
use crate::{
    classic::login::{Ask, ask},
    http::{Incoming, Reply},
    model::{CibaRequest, CibaStatus, ConsentSession, ConsentStatus, LoginStatus},
    open_banking::metadata::metadata,
    state::{State, new_id},
};

/// Begins a CIBA request.
pub(crate) fn begin(state: &mut State, request: &Incoming) -> Result<Reply, Reply> {
    let form = request.form();
    let client = authenticated(state, request, &form)?;
    let Some(text) = form.get("request") else {
        return Err(Reply::oauth_error(400, "invalid_request", "Missing request parameter.")
            .why("these lines take only request=<signed JWT>"));
    };
    let asked = request_object::check(state, &client, text)?;
    let Some(user) = state.user(&asked.login_hint).cloned() else {
        return Err(Reply::oauth_error(400, "unauthorized_user", "Unknown user identity.")
            .why(format!("login_hint {} is no user of this server", asked.login_hint)));
    };
    let auth_req_id = new_id();
    let now = state.clock.millis();
    let consent = state.consent(&asked.consent_id);
    let mut why = match consent.map(|consent| consent.status) {
        Some(ConsentStatus::AwaitingAuthorisation) => "pushed to the user's device".to_owned(),
        Some(_) => "pushed, but the consent was decided before: metadata says isError".to_owned(),
        None => "pushed, but no such consent is known: metadata says isError".to_owned(),
    };
    let metadata = consent.map_or_else(
        // The retrieval step falls over before it knows a type, and the push goes out all the same.
        || json!({ "isError": "Consent not found", "application": client.application() }).to_string(),
        |consent| {
            let binding = asked.binding_message.as_deref();
            metadata(consent, client.application(), binding, state.clock.seconds())
        },
    );
    let session = ask(
        state,
        Ask {
            username: user.username.clone(),
            application: client.application().to_owned(),
            // The caller of this endpoint is the third party, not the user: that is what the phone gets to see.
            ip_address: request.peer.to_string(),
            browser: Some("Other".to_owned()),
            os: Some("Other".to_owned()),
            metadata: Some(metadata),
            consent: Some(ConsentSession {
                consent_id: asked.consent_id.clone(),
                auth_req_id: auth_req_id.clone(),
            }),
        },
    );
    if let LoginStatus::Failed(failure) = &session.login {
        if state.mended() {
            return Err(Reply::oauth_error(400, "invalid_request", failure).why("no push could be sent"));
        }
        // The failed login inside of this exchange gets lost: the third party will poll in vain.
        why = format!("no push was sent: {failure}");
    }
    state.ciba.push(CibaRequest {
        auth_req_id: auth_req_id.clone(),
        client_id: client.client_id,
        username: user.username,
        scope: asked.scope,
        status: CibaStatus::Requested,
        issued_millis: now,
        expires_in: asked.expires_in,
        interval: INTERVAL,
        last_poll_millis: now,
    });
    let body = json!({ "auth_req_id": auth_req_id, "expires_in": asked.expires_in, "interval": INTERVAL });
    Ok(Reply::json(200, &body).header("cache-control", "no-store").why(why))
}

/// Seconds between polls, to begin with.
const INTERVAL: i64 = 2;
