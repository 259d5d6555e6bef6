//! The one HTTP client: whom it trusts, what it refuses, and what its failures mean.
//!
//! `https` only (but for a loopback host where allowed), TLS 1.2 or later on ring, no proxy, no redirects, no referer,
//! no retries of its own, no kept connections: a handful of calls a day must each be exactly one request or none.
//! TLS dates go by the system clock, not by the [`Clock`](crate::ports::Clock) port.

mod verifier;

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use rustls::CertificateError;
use rustls::client::Resumption;
use serde_json::Value;

use crate::device::argument;
use crate::error::{AuthenticatorError, InputProblem, TrustFailure};
use crate::json::object;
use crate::origin::Origin;
use crate::path::UrlPath;
use crate::reply::{Reply, server_code};
use crate::trust::{Trust, TrustSettings};

/// Sends calls to servers that are trusted.
pub(crate) struct Http {
    client: reqwest::Client,
    trust: Trust,
}

/// How long a call may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The whole call, in seconds.
    pub(crate) total: u32,
    /// Name resolution, TCP and TLS together, in seconds; cut to less than the whole.
    pub(crate) connect: u32,
}

/// One call: a JSON body to a path of a server.
pub(crate) struct Call<'a> {
    pub(crate) verb: Verb,
    pub(crate) origin: &'a Origin,
    pub(crate) path: &'a UrlPath,
    pub(crate) body: Value,
    pub(crate) bearer: Option<&'a str>,
}

/// The HTTP methods that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Post,
    Patch,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallFailure {
    /// Not one byte of the request left: the server is not trusted.
    Untrusted(TrustFailure),
    /// Not one byte of the request left: there was no connection.
    NotReached,
    /// Some or all of it left, and no status came back.
    Lost,
}

impl Http {
    pub(crate) fn new(settings: &TrustSettings, limits: Limits) -> Result<Self, AuthenticatorError> {
        let client = client(settings, limits)?;
        Ok(Self { client, trust: Trust::read(settings)? })
    }

    /// Whether a server may be talked to at all; asked before anything is made or decided.
    pub(crate) fn check(&self, origin: &Origin) -> Result<(), TrustFailure> {
        self.trust.check(origin)
    }

    /// Sends one call, once.
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Reply, CallFailure> {
        self.check(call.origin).map_err(CallFailure::Untrusted)?;
        let url = call.origin.join(call.path).map_err(|_| CallFailure::NotReached)?;
        let method = match call.verb {
            Verb::Post => Method::POST,
            Verb::Patch => Method::PATCH,
        };
        let json = HeaderValue::from_static("application/json");
        let mut request = self
            .client
            .request(method, url)
            .header(CONTENT_TYPE, &json)
            .header(ACCEPT, json)
            // Compact: one of the servers reads a single line.
            .body(call.body.to_string());
        if let Some(bearer) = call.bearer {
            let mut value =
                HeaderValue::try_from(format!("Bearer {bearer}")).map_err(|_| CallFailure::NotReached)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        match request.send().await {
            Ok(response) => Ok(read(response).await),
            Err(error) => Err(failure(&error)),
        }
    }
}

/// The client, for those who need one with the same trust and have no use for a [`Reply`].
#[expect(clippy::disallowed_methods, reason = "the one place where a client is made")]
pub(crate) fn client(
    settings: &TrustSettings,
    limits: Limits,
) -> Result<reqwest::Client, AuthenticatorError> {
    let total = Duration::from_secs(limits.total.max(1).into());
    // A handshake that stalls must be known as "not sent": its limit has to strike before the whole call's does.
    let connect = Duration::from_secs(limits.connect.into()).min(total.mul_f32(0.8));
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls(settings)?)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .pool_max_idle_per_host(0)
        .connect_timeout(connect)
        .timeout(total)
        .user_agent(concat!("authpush/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| AuthenticatorError::Internal)
}

fn tls(settings: &TrustSettings) -> Result<rustls::ClientConfig, AuthenticatorError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier::Verifier::new(Arc::clone(&provider), Trust::read(settings)?)?;
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| AuthenticatorError::Internal)?
        .dangerous() // rustls' word for any verifier but its own; ours wraps the same web PKI and only adds to it
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // A resumed session is not verified again.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Once a status has come it is the answer, whatever becomes of the body.
async fn read(mut response: reqwest::Response) -> Reply {
    let date = header(response.headers(), DATE.as_str()).and_then(http_date);
    let retry_after = header(response.headers(), RETRY_AFTER.as_str()).and_then(|text| wait(text, date));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            body.clear();
            break;
        }
    }
    Reply { status, code: code(&body), date, retry_after }
}

fn code(body: &[u8]) -> Option<String> {
    let map = object(std::str::from_utf8(body).ok()?, MAX_BODY).ok()?;
    let text = |key: &str| map.get(key).and_then(Value::as_str).and_then(server_code);
    text("code").or_else(|| text("error"))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn http_date(text: &str) -> Option<i64> {
    let date = httpdate::parse_http_date(text).ok()?;
    let since = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date by the server's own clock.
fn wait(text: &str, date: Option<i64>) -> Option<i64> {
    let seconds = match text.trim().parse::<u32>() {
        Ok(seconds) => i64::from(seconds),
        Err(_) => http_date(text)?.checked_sub(date?)?,
    };
    Some(seconds.max(0))
}

/// `is_connect` is asked before anything else: a handshake that timed out was certainly not sent either.
pub(crate) fn failure(error: &reqwest::Error) -> CallFailure {
    if !(error.is_builder() || error.is_connect()) {
        return CallFailure::Lost;
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return CallFailure::Untrusted(tls_verdict(tls));
        }
        // An I/O error hides what it was made from: its `source` is already that one's source.
        cause = match inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(made_from) => Some(made_from),
            None => inner.source(),
        };
    }
    CallFailure::NotReached
}

fn tls_verdict(error: &rustls::Error) -> TrustFailure {
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TrustFailure::CertificateWrongName
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TrustFailure::CertificateExpired,
            CertificateError::Other(other) if other.0.is::<verifier::PinMismatch>() => {
                TrustFailure::PinMismatch
            }
            _ => TrustFailure::CertificateUnknown,
        },
        _ => TrustFailure::TlsFailed,
    }
}

/// Checks a bearer token before it becomes a header: visible ASCII of bounded length (RFC 6750 section 2.1).
pub(crate) fn check_bearer(bearer: &str) -> Result<(), AuthenticatorError> {
    if bearer.is_empty() {
        return Err(argument("bearer", InputProblem::Missing));
    }
    if bearer.len() > MAX_BEARER {
        return Err(argument("bearer", InputProblem::TooLong));
    }
    if bearer.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(argument("bearer", InputProblem::NotAllowed))
    }
}

/// Most of an answer's body that is read.
const MAX_BODY: usize = 64 * 1024;
const MAX_BEARER: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date, Some(784_111_777));
        assert_eq!(wait("120", None), Some(120));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT", date), Some(60));
        assert_eq!(wait("Sun, 06 Nov 1994 08:48:37 GMT", date), Some(0));
        for text in ["-1", "soon", "", "99999999999999999999"] {
            assert_eq!(wait(text, date), None, "{text}");
        }
    }

    #[test]
    fn codes_are_found_where_servers_put_them() {
        assert_eq!(code(br#"{"code":"PDM-10001","message":null}"#).as_deref(), Some("PDM-10001"));
        assert_eq!(code(br#"{"error":"PBA-15004","error_description":"x"}"#).as_deref(), Some("PBA-15004"));
        for body in [&b"{\"error\":\"Bad Request\"}"[..], b"<html>PBA-15004</html>", b"", b"\xff", b"[]"] {
            assert_eq!(code(body), None);
        }
    }

    #[test]
    fn the_client_can_be_built_with_our_tls() {
        assert!(Http::new(&TrustSettings::default(), Limits { total: 30, connect: 10 }).is_ok());
    }
}
