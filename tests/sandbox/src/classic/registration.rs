//! `POST .../push-auth/devices`: `docs/protocol.md` section 11.3.
//!
//! The challenge is consumed by success alone. The table's limits are enforced by the database, after the signature was
//! checked, so they come out as the 500 of a failed insert.

use serde_json::{Map, Value};

use super::binding;
use super::errors::{REGISTER_FAILED, REGISTER_REFUSED, invalid_request, unexpected};
use crate::{
    base64url::java_decode,
    event::Event,
    http::{Incoming, Reply},
    keys::PublicKey,
    model::{Device, Enrolment},
    state::State,
};

/// Registers the device of an enrolment.
pub(crate) fn register(state: &mut State, request: &Incoming) -> Result<Reply, Reply> {
    let body = match serde_json::from_slice(&request.body) {
        _ if request.body.is_empty() => return Err(Reply::empty(400).why("no body")),
        Ok(Value::Null) => return Err(Reply::empty(400).why("the body is null")),
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(invalid_request("the body is no JSON object")),
        Err(error) => return Err(invalid_request(&format!("the body is not JSON: {error}"))),
    };
    let form = Form::read(&body)?;
    let did = form.device_id.clone().unwrap_or_else(|| "null".to_owned());
    let Some(enrolment) = state.enrolments.iter().find(|open| open.device_id == did).cloned() else {
        let inner = format!(
            "PDM-10001 - Unidentified request when trying to register device: {did}. Registration cache entry was \
             not found."
        );
        let why = if state.device(&did).is_some() {
            "the challenge of this device id was used up: the device is registered"
        } else {
            "no QR code with this device id was given out"
        };
        return Err(state.api_error(REGISTER_REFUSED, &inner, why));
    };
    check_signature(state, &form, &enrolment)?;
    insert(state, form, enrolment)
}

/// The six fields; the interface declares none of them required.
struct Form {
    device_id: Option<String>,
    name: Option<String>,
    model: Option<String>,
    push_id: Option<String>,
    public_key: Option<String>,
    signature: Option<String>,
}

impl Form {
    fn read(body: &Map<String, Value>) -> Result<Self, Reply> {
        let text = |key: &str| binding::text(body, key);
        Ok(Self {
            device_id: text("deviceId")?,
            name: text("name")?,
            model: text("model")?,
            push_id: text("pushId")?,
            public_key: text("publicKey")?,
            signature: text("signature")?,
        })
    }
}

fn check_signature(state: &mut State, form: &Form, enrolment: &Enrolment) -> Result<(), Reply> {
    let did = &enrolment.device_id;
    let Some(signature) = &form.signature else {
        return Err(unexpected("signature is missing: null pointer"));
    };
    let Some(signature) = java_decode(signature) else {
        return Err(unexpected("signature is not Base64 as the JDK reads it (standard alphabet, one line)"));
    };
    let Some(public_key) = &form.public_key else {
        return Err(unexpected("publicKey is missing: null pointer"));
    };
    let Some(der) = java_decode(public_key) else {
        return Err(unexpected("publicKey is not Base64 as the JDK reads it (no PEM armour, one line)"));
    };
    let key = PublicKey::from_spki(&der).filter(PublicKey::is_rsa);
    let Some(key) = key else {
        let inner =
            format!("PDM-10014 - Error occurred when trying to verify the signature for device: {did}.");
        let why = "publicKey is not the SubjectPublicKeyInfo of an RSA key";
        return Err(state.api_error(REGISTER_FAILED, &inner, why));
    };
    // A missing push token takes part as the text that Java makes of it, and fails at the insert.
    let push_id = form.push_id.as_deref().unwrap_or("null");
    let signed = format!("{}.{push_id}", enrolment.challenge);
    if key.verify_sha256_with_rsa(signed.as_bytes(), &signature) {
        return Ok(());
    }
    let inner = format!("PDM-10013 - Could not verify signature to register device: {did}.");
    let why = "the signature is not SHA256withRSA over challenge + \".\" + pushId by the key sent along";
    Err(state.api_error(REGISTER_REFUSED, &inner, why))
}

fn insert(state: &mut State, form: Form, enrolment: Enrolment) -> Result<Reply, Reply> {
    let (name, model) = (form.name, form.model);
    let (push_id, public_key) = (form.push_id, form.public_key.unwrap_or_default());
    let too_long =
        |text: &Option<String>, most: usize| text.as_ref().is_some_and(|t| t.chars().count() > most);
    let duplicate = state
        .devices
        .iter()
        .any(|device| device.username == enrolment.username && Some(&device.push_id) == push_id.as_ref());
    let fault = if name.is_none() {
        Some("name is missing")
    } else if model.is_none() {
        Some("model is missing")
    } else if push_id.is_none() {
        Some("pushId is missing")
    } else if too_long(&name, NAME) {
        Some("name is longer than 45 characters")
    } else if too_long(&model, NAME) {
        Some("model is longer than 45 characters")
    } else if too_long(&push_id, PUSH_ID) {
        Some("pushId is longer than 255 characters")
    } else if public_key.chars().count() > PUBLIC_KEY {
        Some("publicKey is longer than 2048 characters")
    } else if duplicate && !state.mended() {
        Some("this user already has a device with this push token: duplicate primary key")
    } else {
        None
    };
    let did = enrolment.device_id.clone();
    let (Some(name), Some(model), Some(push_id), None) = (name, model, push_id.clone(), fault) else {
        let inner = format!("PDM-10016 - Error occurred when trying to register device: {did}.");
        return Err(state.api_error(REGISTER_FAILED, &inner, fault.unwrap_or_default()));
    };
    if duplicate {
        state.devices.retain(|device| device.username != enrolment.username || device.push_id != push_id);
    }
    let now = state.clock.millis();
    state.devices.push(Device {
        device_id: did.clone(),
        username: enrolment.username.clone(),
        name,
        model,
        push_id: push_id.clone(),
        public_key,
        registration_time: now,
        last_used_time: now,
        provider: None,
    });
    state.enrolments.retain(|open| open.device_id != did);
    state.touch();
    let others = state.devices.iter().filter(|device| device.username == enrolment.username).count();
    let why = if others > 1 {
        "registered; this user now has more than one device, so no push will be sent"
    } else {
        "registered"
    };
    state.emit(Event::Registered { device_id: did.clone(), username: enrolment.username, push_id });
    // Quirk of both modes: the path lacks `/me`.
    let location =
        format!("{}/t/{}/api/users/v1/push-auth/devices/{did}", state.config.url, state.config.tenant);
    Ok(Reply::empty(201).header("location", &location).why(why))
}

/// `NAME` and `MODEL` columns.
pub(crate) const NAME: usize = 45;
/// `PUSH_ID` column.
pub(crate) const PUSH_ID: usize = 255;
/// `PUBLIC_KEY` column.
const PUBLIC_KEY: usize = 2048;
