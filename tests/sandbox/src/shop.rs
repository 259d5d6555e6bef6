//! The third party: makes a consent known, asks for it by CIBA with a signed request, and polls for the token.

mod credentials;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use self::credentials::RequestObject;
pub use self::credentials::{Credentials, SigningFailed};
use crate::control::NewConsent;

/// A third party at work.
#[derive(Debug, Clone)]
pub struct Shop {
    client: Client,
    base_url: String,
    credentials: Credentials,
}

/// A consent that was asked for and not yet decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The consent.
    pub consent_id: String,
    /// The CIBA request.
    pub auth_req_id: String,
    /// Its life in seconds.
    pub expires_in: u64,
    /// How many seconds to wait between polls.
    pub interval: u64,
}

/// A token that a user's approval gave.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Token {
    /// The token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Its life in seconds.
    pub expires_in: u64,
    /// What it allows, with `OB_CONSENT_ID_<id>` at the end.
    #[serde(default)]
    pub scope: String,
}

/// What a poll said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poll {
    /// Nobody has decided.
    Pending,
    /// Too fast: wait three seconds longer from now on.
    SlowDown,
    /// The user said no.
    Denied,
    /// The request's life is over.
    Expired,
    /// The user said yes.
    Token(Token),
}

/// Why the third party gets nowhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// The server was not reached, or broke off.
    #[error("the server was not reached: {0}")]
    Network(#[from] reqwest::Error),
    /// The server says something else than asked for.
    #[error("the server answered {status}: {body}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The body as text.
        body: String,
    },
    /// The request could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
}

impl Shop {
    /// A third party that talks through `client` to the sandbox at `base_url`.
    #[must_use]
    pub fn new(client: Client, base_url: impl Into<String>, credentials: Credentials) -> Self {
        Self { client, base_url: base_url.into().trim_end_matches('/').to_owned(), credentials }
    }

    /// Makes the third party itself known: needed unless it is the built-in one.
    pub async fn enrol(&self) -> Result<(), ShopError> {
        let body = json!({
            "client_id": self.credentials.client_id(),
            "client_secret": self.credentials.client_secret(),
            "jwks": self.credentials.jwks()?,
        });
        self.send(self.post_json("/sandbox/clients", &body)).await?;
        Ok(())
    }

    /// Makes a payment known and asks for it.
    pub async fn start_payment(
        &self,
        user: &str,
        amount: &str,
        currency: &str,
        creditor: &str,
        binding_message: Option<&str>,
    ) -> Result<Pending, ShopError> {
        let mut consent = NewConsent::of_type("payments", user);
        consent.data = Some(json!({ "Initiation": {
            "InstructionIdentification": "SHOP-1",
            "EndToEndIdentification": "ORDER-1",
            "InstructedAmount": { "Amount": amount, "Currency": currency },
            "CreditorAccount": {
                "SchemeName": "OB.SortCodeAccountNumber",
                "Identification": "08080021325698",
                "Name": creditor,
            },
        } }));
        self.authorise(&consent, binding_message).await
    }

    /// Makes a consent known and asks its user for it.
    pub async fn authorise(
        &self,
        consent: &NewConsent,
        binding_message: Option<&str>,
    ) -> Result<Pending, ShopError> {
        let body = serde_json::to_value(consent).unwrap_or_default();
        let made = self.send(self.post_json("/sandbox/consents", &body)).await?;
        let consent_id = made.get("consent_id").and_then(Value::as_str).unwrap_or_default();
        self.ask(consent_id, &consent.user, &consent.consent_type, binding_message).await
    }

    /// Asks for a consent that is known already.
    pub async fn ask(
        &self,
        consent_id: &str,
        user: &str,
        scope: &str,
        binding_message: Option<&str>,
    ) -> Result<Pending, ShopError> {
        let (url, now) = self.server().await?;
        let request = RequestObject {
            audience: format!("{url}/oauth2/token"),
            consent_id: consent_id.to_owned(),
            login_hint: user.to_owned(),
            scope: format!("openid {scope}"),
            binding_message: binding_message.map(str::to_owned),
            requested_expiry: None,
        };
        let signed = self.credentials.sign_request(&request, now)?;
        let answer = self.send(self.post_form("/oauth2/ciba", &[("request", &signed)]).await?).await?;
        let number = |key: &str| answer.get(key).and_then(Value::as_u64);
        Ok(Pending {
            consent_id: consent_id.to_owned(),
            auth_req_id: answer.get("auth_req_id").and_then(Value::as_str).unwrap_or_default().to_owned(),
            expires_in: number("expires_in").unwrap_or(3600),
            interval: number("interval").unwrap_or(5),
        })
    }

    /// Asks once whether the user has decided.
    pub async fn poll(&self, pending: &Pending) -> Result<Poll, ShopError> {
        let fields = [("grant_type", CIBA), ("auth_req_id", pending.auth_req_id.as_str())];
        let request = self.post_form("/oauth2/token", &fields).await?;
        match self.send(request).await {
            Ok(body) => match serde_json::from_value(body.clone()) {
                Ok(token) => Ok(Poll::Token(token)),
                Err(_) => Err(ShopError::Refused { status: 200, body: body.to_string() }),
            },
            Err(ShopError::Refused { status: 400, body }) => {
                let error: Value = serde_json::from_str(&body).unwrap_or_default();
                match error.get("error").and_then(Value::as_str) {
                    Some("authorization_pending") => Ok(Poll::Pending),
                    Some("slow_down") => Ok(Poll::SlowDown),
                    Some("access_denied") => Ok(Poll::Denied),
                    Some("expired_token") => Ok(Poll::Expired),
                    _ => Err(ShopError::Refused { status: 400, body }),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Polls at the pace that the server sets, until it says something final or `polls` were made.
    pub async fn wait(&self, pending: &Pending, polls: u32) -> Result<Poll, ShopError> {
        let mut interval = pending.interval;
        for _ in 0..polls {
            // A moment more than the interval: the server counts from when it answered.
            tokio::time::sleep(Duration::from_millis(interval.saturating_mul(1000).saturating_add(100)))
                .await;
            match self.poll(pending).await? {
                Poll::Pending => {}
                Poll::SlowDown => interval = interval.saturating_add(3),
                decided => return Ok(decided),
            }
        }
        Ok(Poll::Pending)
    }

    fn post_json(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.base_url))
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    /// A form with the client's authentication: its secret as Basic, or without one a signed assertion.
    async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Result<RequestBuilder, ShopError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let mut request = self.client.post(format!("{}{path}", self.base_url));
        if let Some(secret) = self.credentials.client_secret() {
            let encode =
                |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encode(self.credentials.client_id()), encode(secret));
            request = request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
        } else {
            let (url, now) = self.server().await?;
            let assertion = self.credentials.sign_assertion(&format!("{url}/oauth2/token"), now)?;
            form.append_pair("client_assertion_type", ASSERTION);
            form.append_pair("client_assertion", &assertion);
        }
        Ok(request.header("content-type", "application/x-www-form-urlencoded").body(form.finish()))
    }

    /// What the server calls itself, and its clock, which counts and may have been moved.
    async fn server(&self) -> Result<(String, i64), ShopError> {
        let overview = self.send(self.client.get(format!("{}/sandbox", self.base_url))).await?;
        let url = overview.get("url").and_then(Value::as_str).unwrap_or(&self.base_url).to_owned();
        Ok((url, overview.get("server_time").and_then(Value::as_i64).unwrap_or_default()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value, ShopError> {
        let response = request.send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        match serde_json::from_slice(&body) {
            Ok(value) if status.is_success() => Ok(value),
            _ => Err(ShopError::Refused {
                status: status.as_u16(),
                body: String::from_utf8_lossy(&body).into_owned(),
            }),
        }
    }
}

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
