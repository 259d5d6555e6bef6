//! List, get and delete for the user, and the phone's own removal.
//!
//! None of these asks whether the device belongs to the caller. What is unknown is a 400, never a 404, and a bad token
//! is a 400, never a 401.

use serde_json::{Value, json};

use super::{
    errors::{TOKEN_INVALID, no_device, refused},
    root::Root,
    settings::DeviceLine,
    token,
};
use crate::{
    classic::errors::{invalid_request, unexpected},
    event::Event,
    http::{Incoming, Reply},
    jwt::{Jwt, Rejection},
    model::Device,
    state::State,
};

/// `GET .../devices`: the caller's devices; the older line knows of one.
pub(crate) fn list(state: &State, root: &Root, request: &Incoming) -> Result<Reply, Reply> {
    let username = state.caller_at(root, request)?;
    let most = match state.is7.settings.device_line {
        DeviceLine::One => 1,
        DeviceLine::Many => usize::MAX,
    };
    let devices = state.devices.iter().filter(|device| device.username == username).take(most);
    Ok(Reply::json(200, &devices.map(shown).collect()))
}

/// `GET .../devices/{id}`
pub(crate) fn get(state: &State, root: &Root, request: &Incoming, id: &str) -> Result<Reply, Reply> {
    state.caller_at(root, request)?;
    Ok(Reply::json(200, &shown(found(state, root, id)?)))
}

/// `DELETE .../devices/{id}`
pub(crate) fn delete(state: &mut State, root: &Root, request: &Incoming, id: &str) -> Result<Reply, Reply> {
    state.caller_at(root, request)?;
    found(state, root, id)?;
    Ok(gone(state, id))
}

/// `POST .../devices/{id}/remove`: signature and `exp` of the token are all that counts.
pub(crate) fn remove(state: &mut State, root: &Root, request: &Incoming, id: &str) -> Result<Reply, Reply> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| invalid_request(&format!("the body is not JSON: {error}")))?;
    let Some(text) = body.get("token").and_then(Value::as_str) else {
        return Err(invalid_request("token is missing"));
    };
    let device = found(state, root, id)?;
    let verdict = match Jwt::parse(text) {
        None => Err(Rejection::Invalid("the token is no JWT".to_owned())),
        Some(jwt) => token::validate(&jwt, device, state.clock.millis()),
    };
    match verdict {
        Ok(()) => Ok(gone(state, id)),
        Err(Rejection::Crash(why)) => Err(unexpected(&why)),
        Err(Rejection::Invalid(why)) => {
            let message = format!("Error occurred while verifying the token claim for the device ID: {id}.");
            Err(refused(TOKEN_INVALID, &message, &why))
        }
    }
}

fn found<'a>(state: &'a State, root: &Root, id: &str) -> Result<&'a Device, Reply> {
    match state.device(id) {
        Some(device) if root.holds(state, &device.username) => Ok(device),
        Some(_) => Err(no_device(id, "the device belongs to a user of another root")),
        None => Err(no_device(id, "no such device")),
    }
}

fn shown(device: &Device) -> Value {
    json!({
        "deviceId": device.device_id,
        "name": device.name,
        "model": device.model,
        "provider": device.provider,
    })
}

fn gone(state: &mut State, id: &str) -> Reply {
    state.devices.retain(|device| device.device_id != id);
    state.touch();
    state.emit(Event::Removed { device_id: id.to_owned() });
    Reply::empty(204).why("removed")
}
