//! What the server knows: users, devices, clients, consents, and the sessions in flight.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::keys::PublicKey;

/// A person who can log in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// Plain name, without tenant.
    pub username: String,
    /// For Basic authentication and the password grant.
    pub password: String,
    /// Given name claim.
    pub first_name: Option<String>,
    /// Last name claim.
    pub last_name: Option<String>,
    /// Where the user lives (is7): below the server's tenant, or in an organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
    /// A secondary user store (is7); `PRIMARY` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_store_domain: Option<String>,
}

impl User {
    /// The name with the user store in front, if that is a secondary one.
    pub(crate) fn qualified_name(&self) -> String {
        match &self.user_store_domain {
            Some(domain) => format!("{domain}/{}", self.username),
            None => self.username.clone(),
        }
    }
}

/// An organisation below the server's tenant (is7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id, which stands in paths.
    pub id: String,
    /// Its name, which people read.
    pub name: String,
    /// Whether its paths name the tenant, too: `/t/{tenant}/o/{id}` instead of `/o/{id}`.
    pub combined: bool,
}

/// A registered device: a row of `PUSH_AUTHENTICATION_DEVICE`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Device {
    /// The id that the QR code gave it.
    pub device_id: String,
    /// Whose device it is.
    pub username: String,
    /// Name, at most 45 characters.
    pub name: String,
    /// Model, at most 45 characters.
    pub model: String,
    /// Push token, at most 255 characters.
    pub push_id: String,
    /// Base64 of the `SubjectPublicKeyInfo`.
    pub public_key: String,
    /// Milliseconds since 1970.
    pub registration_time: i64,
    /// Milliseconds since 1970. The real server never updates it.
    pub last_used_time: i64,
    /// The push service that reaches it (is7), by the server's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// A registration that a QR code has opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Enrolment {
    pub(crate) device_id: String,
    pub(crate) challenge: String,
    pub(crate) username: String,
    /// Milliseconds since 1970; only is7 looks at it.
    #[serde(default)]
    pub(crate) opened: i64,
}

/// A third party that may ask for consent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    /// OAuth client id.
    pub client_id: String,
    /// For `client_secret_basic` and `client_secret_post`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// PEM of a `SubjectPublicKeyInfo`, RSA or P-256: verifies its request objects and client assertions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// The same as a JWKS, `{"keys":[..]}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// The service provider's name, shown to the user; the client id unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
}

impl Client {
    /// Every key it registered that can be read.
    pub(crate) fn keys(&self) -> Vec<PublicKey> {
        let jwks = self.jwks.as_ref().and_then(|set| set.get("keys")).and_then(Value::as_array);
        let from_set = jwks.into_iter().flatten().filter_map(PublicKey::from_jwk);
        self.public_key.iter().filter_map(|pem| PublicKey::from_pem(pem)).chain(from_set).collect()
    }

    pub(crate) fn application(&self) -> &str {
        self.application.as_deref().unwrap_or(&self.client_id)
    }
}

/// An account that a consent offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedAccount {
    /// Its id, which the phone sends back.
    pub account_id: String,
    /// What the user sees.
    pub display_name: String,
}

/// Where a consent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConsentStatus {
    /// Nobody has decided.
    AwaitingAuthorisation,
    /// Approved.
    Authorised,
    /// Denied.
    Rejected,
}

/// A user's decision on a consent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Authorisation {
    /// Its id.
    pub authorisation_id: String,
    /// Who decided, with tenant.
    pub user_id: String,
    /// `authorised` or `rejected`.
    pub status: ConsentStatus,
    /// The accounts bound by it: also by a denial.
    pub account_ids: Vec<String>,
    /// Seconds since 1970.
    pub updated_time: i64,
}

/// A consent that a third party has made known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Consent {
    /// Its id: the `openbanking_intent_id` of a CIBA request.
    pub consent_id: String,
    /// `accounts`, `payments`, `fundsconfirmations`, or anything else.
    #[serde(rename = "type")]
    pub consent_type: String,
    /// Who is meant to decide.
    pub user: String,
    /// Where it stands.
    pub status: ConsentStatus,
    /// The `Data` object of the consent's receipt.
    pub data: Value,
    /// The accounts offered.
    pub accounts: Vec<OfferedAccount>,
    /// Sent as `metadata` instead of what the data would give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_metadata: Option<String>,
    /// The CIBA request that carried it, once a persist step has stored that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_req_id: Option<String>,
    /// The decisions taken.
    pub authorisations: Vec<Authorisation>,
    /// Seconds since 1970.
    pub created_time: i64,
}

impl Consent {
    /// The accounts bound by the decision that holds.
    #[must_use]
    pub fn authorised_account_ids(&self) -> &[String] {
        self.authorisations
            .iter()
            .rev()
            .find(|authorisation| authorisation.status == ConsentStatus::Authorised)
            .map_or(&[], |authorisation| &authorisation.account_ids)
    }
}

/// What the browser that waits was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", content = "reason", rename_all = "snake_case")]
pub enum LoginStatus {
    /// It waits.
    Pending,
    /// In.
    Authenticated,
    /// The user said no.
    Denied,
    /// Anything else, in words.
    Failed(String),
}

/// An authentication in flight: the server's authentication context.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The `sessionDataKey`.
    pub(crate) key: String,
    pub(crate) username: String,
    /// When it began, seconds since 1970.
    pub(crate) begun: i64,
    /// Absent when no push could be sent.
    pub(crate) challenge: Option<String>,
    /// The CIBA request and consent that it serves; `None` is a login in a browser.
    pub(crate) consent: Option<ConsentSession>,
    /// The answer as the servlet stored it; a later one takes its place.
    pub(crate) token: Option<String>,
    /// What `check-status` says.
    pub(crate) poll_status: Option<&'static str>,
    pub(crate) login: LoginStatus,
    /// The context is gone: an answer to it is a null pointer.
    pub(crate) cleared: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct ConsentSession {
    pub(crate) consent_id: String,
    pub(crate) auth_req_id: String,
}

/// Where a CIBA request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CibaStatus {
    /// Nobody has decided, or (a quirk) nobody has told it.
    Requested,
    /// Approved; the token waits.
    Authenticated,
    /// Denied.
    Denied,
    /// The token was fetched.
    TokenIssued,
}

#[derive(Debug, Clone)]
pub(crate) struct CibaRequest {
    pub(crate) auth_req_id: String,
    pub(crate) client_id: String,
    pub(crate) username: String,
    pub(crate) scope: String,
    pub(crate) status: CibaStatus,
    pub(crate) issued_millis: i64,
    pub(crate) expires_in: i64,
    pub(crate) interval: i64,
    pub(crate) last_poll_millis: i64,
}
