//! What the control API takes and gives.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Profile, Quirks,
    model::{CibaStatus, LoginStatus, OfferedAccount},
};

/// The server at a glance.
#[derive(Debug, Clone, Serialize)]
pub struct Overview {
    /// Its base URL.
    pub url: String,
    /// Which server it plays.
    pub profile: Profile,
    /// The tenant of its users.
    pub tenant: String,
    /// Whether quirks are played.
    pub quirks: Quirks,
    /// User names.
    pub users: Vec<String>,
    /// Client ids.
    pub clients: Vec<String>,
    /// The server's idea of now, seconds since 1970.
    pub server_time: i64,
    /// How far that is from the machine's clock.
    pub clock_offset_seconds: i64,
}

/// A user to be made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewUser {
    /// Plain name.
    pub username: String,
    /// The name, unless given.
    #[serde(default)]
    pub password: Option<String>,
    /// Given name claim; without names the pushes say `null null`, as the real server's do.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Last name claim.
    #[serde(default)]
    pub last_name: Option<String>,
    /// The organisation that the user belongs to (is7); the server's tenant unless given.
    #[serde(default)]
    pub organization_id: Option<String>,
    /// The organisation's name; its id unless given.
    #[serde(default)]
    pub organization_name: Option<String>,
    /// A secondary user store (is7); `PRIMARY` unless given.
    #[serde(default)]
    pub user_store_domain: Option<String>,
    /// Whether the organisation's paths name the tenant, too, as the newest servers do (is7).
    #[serde(default)]
    pub combined: bool,
}

/// A consent to be made known. What is left out gets a plausible value for its type.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewConsent {
    /// A random id unless given.
    #[serde(default)]
    pub consent_id: Option<String>,
    /// `accounts`, `payments`, `fundsconfirmations`, or anything else.
    #[serde(rename = "type")]
    pub consent_type: String,
    /// Who is to decide.
    pub user: String,
    /// The `Data` object of the receipt, in the names of the UK Open Banking standard.
    #[serde(default)]
    pub data: Option<Value>,
    /// The two dummies of the stock server unless given.
    #[serde(default)]
    pub accounts: Option<Vec<OfferedAccount>>,
    /// Sent as `metadata` exactly as it is.
    #[serde(default)]
    pub raw_metadata: Option<String>,
}

impl NewConsent {
    /// A plausible consent of this type.
    #[must_use]
    pub fn of_type(consent_type: impl Into<String>, user: impl Into<String>) -> Self {
        Self { consent_type: consent_type.into(), user: user.into(), ..Self::default() }
    }
}

/// A login that a browser begins.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewLogin {
    /// Who logs in.
    pub username: String,
    /// Where to; `ShopApp` unless given.
    #[serde(default)]
    pub application: Option<String>,
    /// Sent as `metadata`; the real server has none for a login.
    #[serde(default)]
    pub metadata: Option<String>,
    /// The browser's address; 203.0.113.7 unless given.
    #[serde(default)]
    pub ip_address: Option<String>,
    /// Whether the user has to enter the number that the login page shows (is7).
    #[serde(default)]
    pub number_challenge: bool,
}

/// Where a login stands, as the browser was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginReport {
    /// The session, which the push and the answer name; on is7 the `pushId` of its latest push.
    pub session_data_key: String,
    /// Who logs in.
    pub username: String,
    /// The verdict, with its reason when it failed.
    #[serde(flatten)]
    pub status: LoginStatus,
    /// The number that the login page shows, if it asks for one (is7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// A CIBA request for the built-in client to make.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CibaStart {
    /// The consent it is about.
    pub consent_id: String,
    /// The consent's user unless given.
    #[serde(default)]
    pub login_hint: Option<String>,
    /// Shown on both screens.
    #[serde(default)]
    pub binding_message: Option<String>,
    /// `openid` and the consent's type unless given.
    #[serde(default)]
    pub scope: Option<String>,
    /// Seconds that the request shall live.
    #[serde(default)]
    pub requested_expiry: Option<u32>,
}

/// What `/oauth2/ciba` or `/oauth2/token` said to the built-in client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CibaAnswer {
    /// HTTP status.
    pub status: u16,
    /// `{"auth_req_id","expires_in","interval"}` or the token, or `{"error","error_description"}`.
    pub body: Value,
}

impl CibaAnswer {
    /// The request's id, if it was taken.
    #[must_use]
    pub fn auth_req_id(&self) -> Option<&str> {
        self.body.get("auth_req_id").and_then(Value::as_str)
    }
}

/// Where a CIBA request stands on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CibaReport {
    /// The request.
    pub auth_req_id: String,
    /// The consent that it asks for.
    pub consent_id: Option<String>,
    /// Who is asked.
    pub username: String,
    /// The session, which the push and the answer name.
    pub session_data_key: String,
    /// What the token endpoint goes by.
    pub status: CibaStatus,
    /// Why no push left, if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_pushed: Option<String>,
    /// The end of its life, seconds since 1970 in the server's time.
    pub expires_at: i64,
    /// Seconds between polls, as it is now.
    pub interval: i64,
}

/// A push of any content. One of the two ids says where it goes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewPush {
    /// The receiver's push token.
    #[serde(default)]
    pub push_id: Option<String>,
    /// The receiver, if it is registered.
    #[serde(default)]
    pub device_id: Option<String>,
    /// The message's `data`.
    pub data: Value,
}

/// Why the control API does not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// No user of this name.
    #[error("no user {0:?}")]
    UnknownUser(String),
    /// No consent of this id.
    #[error("no consent {0:?}")]
    UnknownConsent(String),
    /// No login of this session.
    #[error("no login {0:?}")]
    UnknownLogin(String),
    /// No CIBA request of this id.
    #[error("no CIBA request {0:?}")]
    UnknownRequest(String),
    /// No device of this id, or none was named.
    #[error("no device {0:?}")]
    UnknownDevice(String),
    /// There is one of this id.
    #[error("{0:?} exists")]
    Exists(String),
    /// The client's `public_key` or `jwks` holds no RSA or P-256 key.
    #[error("no RSA or P-256 key can be read from public_key (PEM of a SubjectPublicKeyInfo) or jwks")]
    UnreadableKey,
    /// A field has a value that cannot be.
    #[error("{0}")]
    Invalid(String),
    /// The built-in client could not sign.
    #[error("the built-in client cannot sign")]
    Signing,
}

impl ControlError {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::UnknownUser(_)
            | Self::UnknownConsent(_)
            | Self::UnknownLogin(_)
            | Self::UnknownRequest(_)
            | Self::UnknownDevice(_) => 404,
            Self::Exists(_) => 409,
            Self::UnreadableKey | Self::Invalid(_) => 400,
            Self::Signing => 500,
        }
    }
}
