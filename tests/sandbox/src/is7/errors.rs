//! The error bodies of the device API: `{"code","message","traceId"}`.
//!
//! What the caller did wrong is a 400 with a code. What went wrong in the server is a 500 that often has none: its
//! exception is made from the message alone, so the code stands only in the text.

use serde_json::{Value, json};

use crate::{
    http::Reply,
    state::{State, new_id},
};

/// A 400 of the device handler.
pub(crate) fn refused(code: &str, message: &str, why: &str) -> Reply {
    Reply::json(400, &body(Some(code), message)).why(why)
}

/// A 500 whose exception knows its code.
pub(crate) fn failed(code: &str, message: &str, why: &str) -> Reply {
    Reply::json(500, &body(Some(code), message)).why(why)
}

/// A 500 whose exception was made without a code; a mended server gives it all the same.
pub(crate) fn failed_without_code(state: &State, code: Option<&str>, message: &str, why: &str) -> Reply {
    Reply::json(500, &body(code.filter(|_| state.mended()), message)).why(why)
}

/// No device of this id, as the phone hears it: 400 where others would say 404.
pub(crate) fn no_device(id: &str, why: &str) -> Reply {
    refused(DEVICE_NOT_FOUND, &format!("Device not found for the device ID: {id}."), why)
}

fn body(code: Option<&str>, message: &str) -> Value {
    match code {
        Some(code) => json!({ "code": code, "message": message, "traceId": new_id() }),
        None => json!({ "message": message, "traceId": new_id() }),
    }
}

pub(crate) const NO_CONTEXT: &str = "PDH-15002";
pub(crate) const ALREADY_REGISTERED: &str = "PDH-15003";
pub(crate) const SIGNATURE_UNREADABLE: &str = "PDH-15004";
pub(crate) const SIGNATURE_INVALID: &str = "PDH-15005";
pub(crate) const TOKEN_INVALID: &str = "PDH-15006";
pub(crate) const REGISTRATION_FAILED: &str = "PDH-15007";
pub(crate) const DEVICE_NOT_FOUND: &str = "PDH-15009";
pub(crate) const NO_PROVIDER: &str = "PDH-15013";
pub(crate) const DEVICE_LIMIT: &str = "PDH-15019";
/// Of the push service, not of the device handler.
pub(crate) const METADATA_MISSING: &str = "PPE-65011";
