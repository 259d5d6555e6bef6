//! How the server's REST classes take values out of a JSON body; the same in both generations.

use serde_json::{Map, Value};

use super::errors::invalid_request;
use crate::http::Reply;

/// A text; null and absent are the same to it.
pub(crate) fn text(body: &Map<String, Value>, key: &str) -> Result<Option<String>, Reply> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        // The JSON binding turns numbers and booleans into text.
        Some(scalar @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(scalar.to_string())),
        Some(_) => Err(invalid_request(&format!("{key} is not text"))),
    }
}
