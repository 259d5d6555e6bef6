//! List, get, edit, delete, and the phone's own removal: `docs/protocol.md` section 11.4.
//!
//! None of these asks whether the device belongs to the caller.

use serde_json::{Value, json};

use super::{
    errors::{
        DEVICE_NOT_FOUND, EDIT_FAILED, EDIT_REFUSED, INVALID_TOKEN, REMOVE_REFUSED, invalid_request,
        unexpected,
    },
    registration::{NAME, PUSH_ID},
};
use crate::{
    base64url::java_decode,
    event::Event,
    http::{Incoming, Reply},
    jwt::{Jwt, Rejection},
    keys::PublicKey,
    model::Device,
    state::State,
};

/// `GET .../devices`: the caller's devices, without their push tokens.
pub(crate) fn list(state: &State, request: &Incoming) -> Result<Reply, Reply> {
    let username = state.caller(request)?;
    let devices: Vec<Value> = state
        .devices
        .iter()
        .filter(|device| device.username == username)
        .map(|device| {
            json!({
                "deviceId": device.device_id,
                "name": device.name,
                "model": device.model,
                "registrationTime": device.registration_time,
                "lastUsedTime": device.last_used_time,
            })
        })
        .collect();
    Ok(Reply::json(200, &Value::Array(devices)))
}

/// `GET .../devices/{id}`
pub(crate) fn get(state: &mut State, request: &Incoming, did: &str) -> Result<Reply, Reply> {
    state.caller(request)?;
    let device = found(state, did)?;
    Ok(Reply::json(
        200,
        &json!({
            "deviceId": device.device_id,
            "name": device.name,
            "model": device.model,
            "pushId": device.push_id,
            "registrationTime": device.registration_time,
            "lastUsedTime": device.last_used_time,
        }),
    ))
}

/// `PATCH .../devices/{id}`: one change after the other; what was done before a bad one stays done.
pub(crate) fn edit(state: &mut State, request: &Incoming, did: &str) -> Result<Reply, Reply> {
    state.caller(request)?;
    let changes: Vec<Value> = serde_json::from_slice(&request.body)
        .map_err(|error| invalid_request(&format!("the body is no JSON array: {error}")))?;
    found(state, did)?;
    for change in changes {
        let text = |key: &str| change.get(key).and_then(Value::as_str);
        let (Some(operation), Some(path)) = (text("operation"), text("path")) else {
            return Err(unexpected("operation or path is missing: null pointer"));
        };
        if operation != "REPLACE" || !matches!(path, "/device-name" | "/push-id") {
            let why = format!("{operation} {path}: only REPLACE of /device-name and /push-id is known");
            return Err(state.api_error(EDIT_REFUSED, "", &why));
        }
        replace(state, did, path, text("value"))?;
    }
    Ok(Reply::empty(200).why("edited"))
}

/// `DELETE .../devices/{id}`
pub(crate) fn delete(state: &mut State, request: &Incoming, did: &str) -> Result<Reply, Reply> {
    state.caller(request)?;
    if state.device(did).is_none() {
        let inner = format!("PDM-10003 - Failed to remove device: {did} as it was not found.");
        return Err(state.api_error(REMOVE_REFUSED, &inner, "no such device"));
    }
    Ok(gone(state, did))
}

/// `POST .../devices/{id}/remove`: the phone's removal, with a token of the device's key.
///
/// Only the signature and the two times are checked: any unexpired token of the device removes it.
pub(crate) fn remove(state: &mut State, request: &Incoming, did: &str) -> Result<Reply, Reply> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| invalid_request(&format!("the body is not JSON: {error}")))?;
    let Some(token) = body.get("token").and_then(Value::as_str) else {
        return Err(invalid_request("token is missing"));
    };
    let Some(device) = state.device(did).cloned() else {
        let inner = format!("PDM-10010 - Failed to get public key as device: {did} was not found.");
        return Err(state.api_error(REMOVE_REFUSED, &inner, "no such device"));
    };
    let rejection = match Jwt::parse(token) {
        None => Rejection::Invalid("the token is no JWT".to_owned()),
        Some(jwt) => match jwt.validate(device_key(&device).as_ref(), state.clock.millis()) {
            Ok(()) => return Ok(gone(state, did)),
            Err(rejection) => rejection,
        },
    };
    Err(match rejection {
        Rejection::Invalid(why) => state.api_error(INVALID_TOKEN, "", &why),
        Rejection::Crash(why) => unexpected(&why),
    })
}

/// The key that a device's tokens are checked with.
pub(crate) fn device_key(device: &Device) -> Option<PublicKey> {
    PublicKey::from_spki(&java_decode(&device.public_key)?)
}

fn found(state: &mut State, did: &str) -> Result<Device, Reply> {
    if let Some(device) = state.device(did) {
        return Ok(device.clone());
    }
    let inner = format!("PDM-10007 - Device: {did} was not found.");
    Err(state.api_error(DEVICE_NOT_FOUND, &inner, "no such device"))
}

fn replace(state: &mut State, did: &str, path: &str, value: Option<&str>) -> Result<(), Reply> {
    let most = if path == "/push-id" { PUSH_ID } else { NAME };
    let owner = state.device(did).map(|device| device.username.clone());
    let taken = state.devices.iter().any(|other| {
        path == "/push-id"
            && other.device_id != did
            && Some(&other.username) == owner.as_ref()
            && Some(other.push_id.as_str()) == value
    });
    let why = match value {
        None => Some("value is missing, and the column takes no null"),
        Some(value) if value.chars().count() > most => Some("value is longer than its column"),
        Some(_) if taken => Some("another device of this user has this push token: duplicate primary key"),
        Some(_) => None,
    };
    if let Some(why) = why {
        let inner = format!("PDM-10017 - Error occurred when trying to update the device: {did}.");
        return Err(state.api_error(EDIT_FAILED, &inner, why));
    }
    if let Some(device) = state.devices.iter_mut().find(|device| device.device_id == did) {
        let value = value.unwrap_or_default().to_owned();
        if path == "/push-id" {
            device.push_id = value;
        } else {
            device.name = value;
        }
    }
    state.touch();
    Ok(())
}

fn gone(state: &mut State, did: &str) -> Reply {
    state.devices.retain(|device| device.device_id != did);
    state.touch();
    state.emit(Event::Removed { device_id: did.to_owned() });
    Reply::empty(204).why("removed")
}
