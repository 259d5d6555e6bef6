//! The error bodies of the device API: `docs/protocol.md` section 11.3.
//!
//! Quirk: `message` is filled into a shared table after the first error of a kind was already written, and never
//! changed again. So the first error of a kind has `null`, and every later one repeats the first one's text, which may
//! name somebody else's device.

use serde_json::{Value, json};

use crate::{
    http::Reply,
    state::{State, new_id},
};

/// An error of the device API: code, status, and the two texts of the server's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ApiError {
    code: &'static str,
    status: u16,
    /// Set in the table itself for three of them: then it neither starts as `null` nor sticks.
    message: Option<&'static str>,
    description: &'static str,
}

pub(crate) const INVALID_TOKEN: ApiError = ApiError {
    code: "PDM-15001",
    status: 401,
    message: Some("The credibility of the request could not be verified."),
    description: "An error occurred when verifying the signature of the response token.",
};
pub(crate) const EDIT_FAILED: ApiError = ApiError {
    code: "PDM-15010",
    status: 500,
    message: Some("The device could not be modified."),
    description: "A System error occurred while trying to modify the device information.",
};
pub(crate) const REGISTER_FAILED: ApiError = ApiError {
    code: "PDM-15011",
    status: 500,
    message: None,
    description: "A system error occurred while trying to register a new device.",
};
pub(crate) const REGISTER_REFUSED: ApiError = ApiError {
    code: "PDM-10001",
    status: 400,
    message: None,
    description: "An error occurred while trying to register a new device.",
};
pub(crate) const DEVICE_NOT_FOUND: ApiError = ApiError {
    code: "PDM-10002",
    status: 404,
    message: None,
    description: "An error occurred while trying to retrieve a device.",
};
pub(crate) const REMOVE_REFUSED: ApiError = ApiError {
    code: "PDM-10004",
    status: 400,
    message: None,
    description: "An error occurred while trying to remove a specific device.",
};
pub(crate) const EDIT_REFUSED: ApiError = ApiError {
    code: "PDM-10005",
    status: 400,
    message: Some("The device could not be modified."),
    description: "An error occurred while trying to modify the device information.",
};

impl State {
    /// The answer to `error`, whose inner exception says `inner` (with its inner code, as the real server's does).
    pub(crate) fn api_error(&mut self, error: ApiError, inner: &str, why: &str) -> Reply {
        let message = match error.message {
            Some(message) => Some(message.to_owned()),
            None if self.mended() => Some(inner.to_owned()),
            None => {
                let stuck = self.sticky.get(error.code).cloned();
                self.sticky.entry(error.code).or_insert_with(|| inner.to_owned());
                stuck
            }
        };
        Reply::json(error.status, &body(error.code, message, error.description)).why(why)
    }
}

/// What becomes of an exception that nobody caught.
pub(crate) fn unexpected(why: &str) -> Reply {
    let message = Some("Unexpected Processing Error.".to_owned());
    Reply::json(500, &body("SE-50000", message, "Server encountered an error while serving the request."))
        .why(why)
}

/// What becomes of a body that cannot be read or lacks what the interface requires.
pub(crate) fn invalid_request(why: &str) -> Reply {
    let description = "Provided request body content is not in the expected format.";
    Reply::json(400, &body("UE-10000", Some("Invalid Request.".to_owned()), description)).why(why)
}

fn body(code: &str, message: Option<String>, description: &str) -> Value {
    json!({ "code": code, "message": message, "description": description, "traceId": new_id() })
}
