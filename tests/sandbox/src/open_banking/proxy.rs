//! `GET /api/openbanking/ciba/push-auth/discovery-data`: asks the server's own API and rewrites one key.

use serde_json::{Value, json};

use crate::{
    classic::discovery::discovery_data,
    http::{Incoming, Reply},
    model::User,
    state::{SUPER_TENANT, State},
};

/// The proxied discovery data: 202 where the inner call says 200.
///
/// The inner call goes out without a tenant in its path, so users of any other tenant are unknown to it.
pub(crate) fn discovery(state: &mut State, request: &Incoming) -> Reply {
    let inner = if state.config.tenant == SUPER_TENANT || state.mended() {
        discovery_data(state, request)
    } else {
        Err(Reply::empty(401).why("the inner call has no tenant in its path: super tenant only"))
    };
    match inner.map(|reply| serde_json::from_slice::<Value>(&reply.body)) {
        Ok(Ok(mut data)) => {
            prefix_answer_path(&mut data);
            Reply::json(202, &data).why("a new device id and challenge")
        }
        Ok(Err(error)) => Reply::oauth_error(500, "internal server error", "Unable to parse the response")
            .why(error.to_string()),
        Err(refused) if refused.status == 401 => {
            let description = "Received unauthorized Response: ";
            Reply::oauth_error(401, "Unauthorized", description).why(refused.why)
        }
        Err(refused) => {
            let description = "Unexpected response received for the request. path: \
                               /api/users/v1/me/push-auth/discovery-data response:";
            Reply::oauth_error(500, "internal server error", description).why(refused.why)
        }
    }
}

/// What the QR code holds on this profile, for the control API.
pub(crate) fn open_enrolment(state: &mut State, user: &User) -> Value {
    let mut data = crate::classic::discovery::open_enrolment(state, user);
    prefix_answer_path(&mut data);
    data
}

fn prefix_answer_path(data: &mut Value) {
    if let Some(path) = data.get_mut("ae") {
        *path = json!(format!("{PREFIX}{}", path.as_str().unwrap_or_default()));
    }
}

const PREFIX: &str = "/api/openbanking/ciba";
