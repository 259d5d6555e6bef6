//! A request as the handlers see it, and an answer as they give it.
//!
//! Handlers are plain functions over the state: no I/O, no waiting. What they know beyond the bytes on the wire (why a
//! request was refused) travels in [`Reply::why`] to the audit, because the real server does not say it.

use std::{collections::BTreeMap, net::IpAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// What came in: the whole body is read before anything looks at it.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Lower-case names; of a repeated header the last one counts.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) peer: IpAddr,
}

impl Incoming {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as text, with what is not UTF-8 replaced (as a Java reader does).
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn query_parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The first value of each field of a form body.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        let mut form = BTreeMap::new();
        for (key, value) in url::form_urlencoded::parse(&self.body) {
            form.entry(key.into_owned()).or_insert_with(|| value.into_owned());
        }
        form
    }

    /// User and password of `Authorization: Basic`.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ").map(str::trim)
    }
}

/// What goes out, and what the audit is told about it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) why: String,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), why: String::new() }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    pub(crate) fn text(status: u16, content_type: &str, body: String) -> Self {
        Self { body: body.into_bytes(), ..Self::empty(status) }.header("content-type", content_type)
    }

    /// The container's own error page, as the servlet engine writes it for `sendError` and for uncaught exceptions.
    pub(crate) fn page(status: u16, message: &str) -> Self {
        let phrase =
            hyper::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Error");
        let kind = if status == 500 { "Exception Report" } else { "Status Report" };
        let message = if message.is_empty() {
            String::new()
        } else {
            format!("<p><b>Message</b> {}</p>", escaped(message))
        };
        let body = format!(
            "<!doctype html><html lang=\"en\"><head><title>HTTP Status {status} \u{2013} {phrase}</title></head>\
             <body><h1>HTTP Status {status} \u{2013} {phrase}</h1><hr class=\"line\" /><p><b>Type</b> {kind}</p>\
             {message}</body></html>"
        );
        Self::text(status, "text/html;charset=utf-8", body)
    }

    /// The two-key error of OAuth and of the Open Banking web application.
    pub(crate) fn oauth_error(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, &json!({ "error": error, "error_description": description })).why(description)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// What the audit will say; the caller never sees it.
    pub(crate) fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_page_shows_the_message_and_never_its_markup() {
        let reply = Reply::page(400, "PBA-15002 - <b>x</b>");
        let body = String::from_utf8(reply.body).unwrap();
        assert!(body.contains("HTTP Status 400 \u{2013} Bad Request"));
        assert!(body.contains("PBA-15002 - &lt;b&gt;x&lt;/b&gt;"));
    }
}
