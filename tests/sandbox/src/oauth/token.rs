//! `POST /oauth2/token`: the CIBA grant polled as in `docs/protocol.md` section 11.10, and two grants that give a user's token.

use std::collections::BTreeMap;

use serde_json::json;

use super::client_auth::authenticated;
use crate::{
    event::Event,
    http::{Incoming, Reply},
    model::{CibaStatus, Client},
    state::{State, new_id},
};

/// Issues a token, or says why not.
pub(crate) fn token(state: &mut State, request: &Incoming) -> Result<Reply, Reply> {
    let form = request.form();
    let client = authenticated(state, request, &form)?;
    match form.get("grant_type").map(String::as_str) {
        Some(CIBA) => poll(state, &client, &form),
        Some("password") => {
            let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
            let known = state.user(field("username")).filter(|user| user.password == field("password"));
            match known.map(|user| user.username.clone()) {
                Some(username) => Ok(issue(state, &client, &username, field("scope"))),
                None => {
                    Err(error("invalid_grant", "Authentication failed", "unknown user or wrong password"))
                }
            }
        }
        // An application's own token acts for its owner, who is the administrator.
        Some("client_credentials") => {
            let scope = form.get("scope").cloned().unwrap_or_default();
            Ok(issue(state, &client, "admin", &scope))
        }
        Some(other) => Err(error("unsupported_grant_type", "Unsupported grant_type value", other)),
        None => Err(error("invalid_request", "Missing grant_type parameter value", "grant_type is missing")),
    }
}

/// In the server's order: known, owner, expired, redeemed, denied, too fast, pending.
fn poll(state: &mut State, client: &Client, form: &BTreeMap<String, String>) -> Result<Reply, Reply> {
    let Some(id) = form.get("auth_req_id").filter(|id| !id.is_empty()) else {
        return Err(error("invalid_request", "Missing parameters: auth_req_id", "auth_req_id is missing"));
    };
    let now = state.clock.millis();
    let Some(request) = state.ciba.iter_mut().find(|request| &request.auth_req_id == id) else {
        return Err(error("invalid_grant", "invalid auth_req_id", "unknown auth_req_id"));
    };
    if request.client_id != client.client_id {
        let description = "Invalid client. Request ID issued for different client";
        return Err(error("invalid_grant", description, "this auth_req_id belongs to another client"));
    }
    let age = now.saturating_sub(request.issued_millis);
    if age > request.expires_in.saturating_mul(1000) {
        return Err(error("expired_token", "Token expired", "the request's life is over"));
    }
    match request.status {
        CibaStatus::TokenIssued => {
            return Err(error("invalid_grant", "invalid_request", "the token was issued before"));
        }
        CibaStatus::Denied => {
            return Err(error("access_denied", "User denied authentication", "the user said no"));
        }
        CibaStatus::Requested | CibaStatus::Authenticated => {}
    }
    let since = now.saturating_sub(request.last_poll_millis);
    if since < request.interval.saturating_mul(1000) {
        // Each offence costs three seconds for good, also when the answer is there already.
        request.interval = request.interval.saturating_add(SLOWER);
        let why = format!("polled after {since} ms; the interval is now {} s", request.interval);
        return Err(error("slow_down", "Slow down", &why));
    }
    if request.status == CibaStatus::Requested {
        request.last_poll_millis = now;
        return Err(error("authorization_pending", "Authorization pending", "nobody has decided"));
    }
    request.status = CibaStatus::TokenIssued;
    let (username, mut scope) = (request.username.clone(), request.scope.clone());
    if let Some(consent) = state.consents.iter().find(|consent| consent.auth_req_id.as_ref() == Some(id)) {
        scope = format!("{scope} OB_CONSENT_ID_{}", consent.consent_id);
    }
    Ok(issue(state, client, &username, &scope))
}

fn issue(state: &mut State, client: &Client, username: &str, scope: &str) -> Reply {
    let access_token = new_id();
    state.bearers.insert(access_token.clone(), username.to_owned());
    state.emit(Event::TokenIssued { client_id: client.client_id.clone(), scope: scope.to_owned() });
    let body = json!({
        "access_token": access_token,
        "scope": scope,
        "token_type": "Bearer",
        "expires_in": 3600,
    });
    Reply::json(200, &body).header("cache-control", "no-store").header("pragma", "no-cache").why("issued")
}

fn error(code: &str, description: &str, why: &str) -> Reply {
    Reply::oauth_error(400, code, description).why(why)
}

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const SLOWER: i64 = 3;
