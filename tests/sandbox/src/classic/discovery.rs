//! The discovery data, which the QR code holds: `docs/protocol.md` sections 1 and 11.1.

use serde_json::{Map, Value, json};

use crate::{
    http::{Incoming, Reply},
    model::{Enrolment, User},
    state::{State, new_id},
};

/// `GET [/t/{tenant}]/api/users/v1/me/push-auth/discovery-data`
pub(crate) fn discovery_data(state: &mut State, request: &Incoming) -> Result<Reply, Reply> {
    let username = state.caller(request)?;
    let Some(user) = state.user(&username).cloned() else {
        return Ok(Reply::empty(401).why("the user of this token is gone"));
    };
    Ok(Reply::json(200, &open_enrolment(state, &user)).why("a new device id and challenge"))
}

/// Mints a device id and a challenge, and says what the QR code says. The answer path is the plain one.
pub(crate) fn open_enrolment(state: &mut State, user: &User) -> Value {
    let enrolment = Enrolment {
        device_id: new_id(),
        challenge: new_id(),
        username: user.username.clone(),
        opened: state.clock.millis(),
    };
    let tenant = &state.config.tenant;
    let mut data = Map::new();
    let mut put = |key: &str, value: Value| data.insert(key.to_owned(), value);
    put("did", json!(enrolment.device_id));
    put("un", json!(user.username));
    // Without a value the key is absent, not null.
    if let Some(name) = &user.first_name {
        put("fn", json!(name));
    }
    if let Some(name) = &user.last_name {
        put("ln", json!(name));
    }
    put("td", json!(tenant));
    put("hst", json!(state.config.url));
    put("bp", json!(format!("/t/{tenant}/api/users/v1/me")));
    put("re", json!("/push-auth/devices"));
    // Quirk of both modes: not a route that exists. Phones ignore it.
    put("rde", json!("/push-auth/devices/remove"));
    put("ae", json!("/push-auth/authenticate"));
    put("chg", json!(enrolment.challenge));
    state.enrolments.push(enrolment);
    state.touch();
    Value::Object(data)
}
