//! `POST {root}/api/users/v1/me/push/devices`.
//!
//! In the server's order: the context that the QR code opened, the signature, how many devices the user may have, the
//! push service, and the insert. Success alone uses the context up.

use serde_json::{Map, Value};

use super::{
    errors::{
        ALREADY_REGISTERED, DEVICE_LIMIT, METADATA_MISSING, NO_CONTEXT, NO_PROVIDER, REGISTRATION_FAILED,
        SIGNATURE_INVALID, SIGNATURE_UNREADABLE, failed, failed_without_code, refused,
    },
    login,
    root::Root,
    settings::DeviceLine,
};
use crate::{
    base64url::java_decode,
    classic::{
        binding,
        errors::{invalid_request, unexpected},
    },
    event::Event,
    http::{Incoming, Reply},
    keys::PublicKey,
    model::{Device, Enrolment},
    state::State,
};

/// Registers the device of an enrolment.
pub(crate) fn register(state: &mut State, root: &Root, request: &Incoming) -> Result<Reply, Reply> {
    let body = match serde_json::from_slice(&request.body) {
        _ if request.body.is_empty() => return Err(unexpected("no body: null pointer")),
        Ok(Value::Null) => return Err(unexpected("the body is null: null pointer")),
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(invalid_request("the body is no JSON object")),
        Err(error) => return Err(invalid_request(&format!("the body is not JSON: {error}"))),
    };
    let form = Form::read(&body)?;
    let enrolment = context(state, root, &form)?;
    check_signature(state, &form, &enrolment)?;
    check_count(state, &enrolment)?;
    let provider = provider(state, form.provider.as_ref())?;
    insert(state, request, form, enrolment, provider)
}

/// The fields; the interface declares none of them required.
struct Form {
    device_id: Option<String>,
    name: Option<String>,
    model: Option<String>,
    device_token: Option<String>,
    public_key: Option<String>,
    signature: Option<String>,
    provider: Option<Map<String, Value>>,
}

impl Form {
    fn read(body: &Map<String, Value>) -> Result<Self, Reply> {
        let text = |key: &str| binding::text(body, key);
        Ok(Self {
            device_id: text("deviceId")?,
            name: text("name")?,
            model: text("model")?,
            device_token: text("deviceToken")?,
            public_key: text("publicKey")?,
            signature: text("signature")?,
            provider: match body.get("provider") {
                None | Some(Value::Null) => None,
                Some(Value::Object(provider)) => Some(provider.clone()),
                Some(_) => return Err(invalid_request("provider is no JSON object")),
            },
        })
    }
}

/// What the QR code opened. Used, over, another root's and never opened look the same from outside.
fn context(state: &State, root: &Root, form: &Form) -> Result<Enrolment, Reply> {
    let id = form.device_id.as_deref().unwrap_or("null");
    let open = state.enrolments.iter().find(|open| open.device_id == id);
    let why = match open {
        None if state.device(id).is_some() => "this context was used: the device is registered",
        None => "no QR code with this device id was given out",
        Some(open) if state.clock.millis().saturating_sub(open.opened) > VALIDITY_MILLIS => {
            "the QR code is older than 180 s"
        }
        Some(open) if !root.holds(state, &open.username) => "the QR code is for a user of another root",
        Some(open) => return Ok(open.clone()),
    };
    let message =
        format!("Error occurred while retrieving the registration context for the device ID: {id}.");
    Err(refused(NO_CONTEXT, &message, why))
}

fn check_signature(state: &State, form: &Form, enrolment: &Enrolment) -> Result<(), Reply> {
    let id = &enrolment.device_id;
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
    let Some(key) = PublicKey::from_spki(&der).filter(PublicKey::is_rsa) else {
        let message = format!(
            "{SIGNATURE_UNREADABLE} - Error occurred while verifying signature for the device ID: {id}."
        );
        let why = "publicKey is not the SubjectPublicKeyInfo of an RSA key";
        return Err(failed_without_code(state, Some(SIGNATURE_UNREADABLE), &message, why));
    };
    // A missing push token takes part as the text that Java makes of it, and fails at the insert.
    let signed = format!("{}.{}", enrolment.challenge, form.device_token.as_deref().unwrap_or("null"));
    if key.verify_sha256_with_rsa(signed.as_bytes(), &signature) {
        return Ok(());
    }
    let message = format!("{SIGNATURE_INVALID} - Invalid signature for the device ID: {id}.");
    let why = "the signature is not SHA256withRSA over challenge + \".\" + deviceToken by the key sent along";
    Err(refused(SIGNATURE_INVALID, &message, why))
}

fn check_count(state: &State, enrolment: &Enrolment) -> Result<(), Reply> {
    let count = state.devices.iter().filter(|device| device.username == enrolment.username).count();
    match state.is7.settings.device_line {
        DeviceLine::One if count > 0 => {
            let message = format!(
                "{ALREADY_REGISTERED} - The corresponding user has already registered a device for push notification."
            );
            Err(refused(ALREADY_REGISTERED, &message, "this line has one device per user"))
        }
        DeviceLine::Many if count >= state.is7.settings.max_devices => {
            let message = format!("Maximum device limit reached for the user: {}.", enrolment.username);
            Err(refused(DEVICE_LIMIT, &message, "the user has as many devices as the settings allow"))
        }
        DeviceLine::One | DeviceLine::Many => Ok(()),
    }
}

/// The push service: the one that the phone names, else the only one that is set up. Letter case counts.
fn provider(state: &State, named: Option<&Map<String, Value>>) -> Result<String, Reply> {
    let text = |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
    let senders = &state.is7.settings.push_senders;
    let name = named.and_then(|provider| text(provider, "name")).filter(|name| !name.trim().is_empty());
    let only = if let [only] = senders.as_slice() { Some(only.clone()) } else { None };
    let Some(name) = name.or(only) else {
        let message = "Failed to resolve the correct push provider for the request.";
        let why = format!("no provider is named, and {} are set up", senders.len());
        return Err(failed(NO_PROVIDER, message, &why));
    };
    if name != FCM && name != AMAZON_SNS {
        return Err(unexpected(&format!("provider {name:?} is none of {FCM}, {AMAZON_SNS}: null pointer")));
    }
    if !senders.contains(&name) {
        let message = format!("No push sender found for the provider: {name}");
        return Err(failed_without_code(state, None, &message, "this push service is not set up"));
    }
    let metadata = named.and_then(|provider| provider.get("metadata")).and_then(Value::as_object);
    let platform = metadata.and_then(|metadata| text(metadata, "platform")).unwrap_or_default();
    if name == AMAZON_SNS && platform != "FCM" && platform != "APNS" {
        let message = "Required provider metadata is missing or invalid: platform";
        return Err(refused(METADATA_MISSING, message, "metadata.platform is neither FCM nor APNS"));
    }
    Ok(name)
}

fn insert(
    state: &mut State,
    request: &Incoming,
    form: Form,
    enrolment: Enrolment,
    provider: String,
) -> Result<Reply, Reply> {
    let (name, model) = (form.name, form.model);
    let (push_id, public_key) = (form.device_token, form.public_key.unwrap_or_default());
    let too_long =
        |text: &Option<String>, most: usize| text.as_ref().is_some_and(|t| t.chars().count() > most);
    let fault = if name.is_none() || model.is_none() || push_id.is_none() {
        Some("name, model or deviceToken is missing, and the columns take no null")
    } else if too_long(&name, TEXT) || too_long(&model, TEXT) || too_long(&push_id, TEXT) {
        Some("name, model or deviceToken is longer than its column")
    } else if public_key.chars().count() > PUBLIC_KEY {
        Some("publicKey is longer than its column")
    } else {
        None
    };
    let id = enrolment.device_id.clone();
    let (Some(name), Some(model), Some(push_id), None) = (name, model, push_id, fault) else {
        let message = format!(
            "{REGISTRATION_FAILED} - Error occurred while registering the device for the device ID: {id}."
        );
        let why = fault.unwrap_or_default();
        return Err(failed_without_code(state, Some(REGISTRATION_FAILED), &message, why));
    };
    let others: Vec<Device> =
        state.devices.iter().filter(|device| device.username == enrolment.username).cloned().collect();
    let now = state.clock.millis();
    state.devices.push(Device {
        device_id: id.clone(),
        username: enrolment.username.clone(),
        name,
        model,
        push_id: push_id.clone(),
        public_key,
        registration_time: now,
        last_used_time: now,
        provider: Some(provider),
    });
    state.enrolments.retain(|open| open.device_id != id);
    state.touch();
    let username = enrolment.username;
    state.emit(Event::Registered { device_id: id, username: username.clone(), push_id });
    if state.is7.settings.device_line == DeviceLine::Many && state.is7.settings.registration_notice {
        login::inform(state, &username, login::DEVICE_REGISTRATION, &others, &request.peer.to_string());
    }
    Ok(Reply::empty(201).why("registered"))
}

/// How long a QR code is good for.
const VALIDITY_MILLIS: i64 = 180_000;
const FCM: &str = "FCM";
const AMAZON_SNS: &str = "AmazonSNS";
/// The columns' sizes are assumed: the table's definition was not read.
const TEXT: usize = 255;
const PUBLIC_KEY: usize = 2048;
