//! The record of what was received on the protocol paths, and why it was refused: the words that the server withholds.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    http::{Incoming, Reply},
    jwt::Jwt,
};

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Answered with a status below 400.
    Accepted,
    /// Answered with any other status, or not at all.
    Refused,
}

/// One request.
#[derive(Debug, Clone, Serialize)]
pub struct AuditEntry {
    /// Its number: rises by one with each request, also after the audit was cleared.
    pub id: u64,
    /// When it came, in the server's time, RFC 3339.
    pub time: String,
    /// HTTP method.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// The body as text.
    pub body: String,
    /// Header and claims of the token in the body, where there is one: `{"header":{},"claims":{}}`.
    pub jwt: Option<Value>,
    /// How it ended.
    pub verdict: Verdict,
    /// Why, in words.
    pub reason: String,
    /// The status that was (or, after a fault, would have been) sent; 0 when a fault left none to send.
    pub status: u16,
    /// The fault that hit it, if any.
    pub fault: Option<crate::fault::FaultKind>,
}

impl AuditEntry {
    pub(crate) fn new(time: String, request: &Incoming, reply: &Reply) -> Self {
        let path = if request.query.is_empty() {
            request.path.clone()
        } else {
            format!("{}?{}", request.path, request.query)
        };
        Self {
            id: 0, // given when it is recorded
            time,
            method: request.method.clone(),
            path,
            body: request.text(),
            jwt: token_in(request),
            verdict: if (1..400).contains(&reply.status) { Verdict::Accepted } else { Verdict::Refused },
            reason: reply.why.clone(),
            status: reply.status,
            fault: None,
        }
    }
}

/// The oldest entries go when there are more than these.
pub(crate) const MOST_ENTRIES: usize = 10_000;

fn token_in(request: &Incoming) -> Option<Value> {
    let text = match serde_json::from_slice::<Value>(&request.body) {
        Ok(body) => {
            ["authResponse", "token"].iter().find_map(|key| body.get(key)?.as_str().map(str::to_owned))
        }
        Err(_) => request.form().remove("request"),
    }?;
    let jwt = Jwt::parse(&text)?;
    Some(json!({ "header": jwt.header, "claims": jwt.claims }))
}
