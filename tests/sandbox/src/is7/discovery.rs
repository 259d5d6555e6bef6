//! The discovery data, which the QR code holds: long names, and no paths.

use serde_json::{Map, Value, json};

use super::root::Root;
use crate::{
    http::{Incoming, Reply},
    model::{Enrolment, User},
    state::{State, new_id},
};

/// `GET {root}/api/users/v1/me/push/discovery-data`
pub(crate) fn discovery_data(state: &mut State, root: &Root, request: &Incoming) -> Result<Reply, Reply> {
    let username = state.caller_at(root, request)?;
    let Some(user) = state.user(&username).cloned() else {
        return Err(Reply::empty(401).why("the user of this token is gone"));
    };
    Ok(Reply::json(200, &open_enrolment(state, &user)).why("a new device id and challenge"))
}

/// Mints a device id and a challenge, and says what the QR code says.
pub(crate) fn open_enrolment(state: &mut State, user: &User) -> Value {
    let enrolment = Enrolment {
        device_id: new_id(),
        challenge: new_id(),
        username: user.username.clone(),
        opened: state.clock.millis(),
    };
    // The tenant goes from the name, a secondary user store does not.
    let username = user.qualified_name();
    let mut data = Map::new();
    let mut put = |key: &str, value: &str| data.insert(key.to_owned(), json!(value));
    put("deviceId", &enrolment.device_id);
    put("username", &username);
    put("host", &state.config.url);
    // The real server has either the tenant or the organisation; both stand for its newest paths.
    if user.organization.as_ref().is_none_or(|organization| organization.combined) {
        put("tenantDomain", &state.config.tenant);
    }
    if let Some(organization) = &user.organization {
        put("organizationId", &organization.id);
        put("organizationName", &organization.name);
    }
    put("challenge", &enrolment.challenge);
    state.enrolments.push(enrolment);
    state.touch();
    Value::Object(data)
}

impl State {
    /// The caller, if that is a user of this root; nobody else is known there.
    pub(crate) fn caller_at(&self, root: &Root, request: &Incoming) -> Result<String, Reply> {
        let username = self.caller(request)?;
        if root.holds(self, &username) {
            return Ok(username);
        }
        Err(Reply::empty(401).why(format!("{username} does not live below {}", root.path())))
    }
}
