//! An enrolment on this device: what is stored of it, and what is shown.

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::delivery::ClockWarning;
use crate::device::PushProvider;
use crate::discovery::{Discovery, Profile};
use crate::seal::hex;
use crate::text::{LINE, display_safe};

/// An account as a screen shows it. Every text is safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Account {
    /// The device id that the server gave this enrolment; the account's key here.
    pub device_id: String,
    /// The kind of server.
    pub profile: Profile,
    /// The user.
    pub username: String,
    /// The user's given name.
    pub first_name: Option<String>,
    /// The user's family name.
    pub last_name: Option<String>,
    /// The user's tenant.
    pub tenant_domain: Option<String>,
    /// The user's organisation.
    pub organization_id: Option<String>,
    /// The server.
    pub host: String,
    /// Size of the RSA key.
    pub key_bits: u32,
    /// What the key is kept in: `software`, `android-keystore`, ...
    pub key_store: String,
    /// The beginning of the push token it is registered with.
    pub push_id: String,
    /// Whether the server knows it.
    pub state: AccountState,
    /// When it was enrolled, in seconds since 1970 by the device's clock.
    pub created_at: i64,
}

/// A removal that the server has confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Removal {
    /// The account that is gone.
    pub device_id: String,
    /// What the person should hear of.
    pub warnings: Vec<ClockWarning>,
}

/// With whom a QR code would enrol. Every text is safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct EnrolmentPreview {
    /// The kind of server.
    pub profile: Profile,
    /// The server.
    pub host: String,
    /// The user.
    pub username: String,
    /// The user's tenant.
    pub tenant_domain: Option<String>,
    /// The user's organisation.
    pub organization_id: Option<String>,
}

impl EnrolmentPreview {
    pub(crate) fn of(discovery: &Discovery) -> Self {
        Self {
            profile: discovery.profile,
            host: discovery.origin.as_str().to_owned(),
            username: display_safe(&discovery.username, LINE),
            tenant_domain: discovery.tenant_domain.clone(),
            organization_id: discovery.organization_id.clone(),
        }
    }
}

/// Whether the server knows an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum AccountState {
    /// The registration was sent, or is about to be, and no answer is known: scan the same QR code again.
    Registering,
    /// The server knows it.
    Active,
    /// The last thing heard leaves doubt. The next push or delivered answer, or a removal, settles it.
    Unconfirmed,
}

/// An account as it is stored, sealed. It cannot be printed: it holds the whole push token.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    pub(crate) discovery: Discovery,
    pub(crate) push_id: String,
    pub(crate) name: String,
    pub(crate) model: String,
    #[serde(default)]
    pub(crate) provider: Option<PushProvider>,
    pub(crate) key_alias: String,
    pub(crate) key_store: String,
    pub(crate) key_bits: u32,
    /// X.509 `SubjectPublicKeyInfo`, Base64.
    pub(crate) public_key: String,
    pub(crate) state: AccountState,
    /// Registrations that were sent and of which no answer is known.
    pub(crate) registrations_in_doubt: u32,
    /// The server has removed it; only the clean-up on this device may still be to do.
    pub(crate) gone_at_server: bool,
    pub(crate) created_at: i64,
}

impl AccountRecord {
    pub(crate) fn view(&self) -> Account {
        let discovery = &self.discovery;
        Account {
            device_id: discovery.device_id.clone(),
            profile: discovery.profile,
            username: display_safe(&discovery.username, LINE),
            first_name: discovery.first_name.clone(),
            last_name: discovery.last_name.clone(),
            tenant_domain: discovery.tenant_domain.clone(),
            organization_id: discovery.organization_id.clone(),
            host: discovery.origin.as_str().to_owned(),
            key_bits: self.key_bits,
            key_store: self.key_store.clone(),
            push_id: shortened(&self.push_id),
            state: self.state,
            created_at: self.created_at,
        }
    }
}

/// The alias of the key for an enrolment: the same for the same QR code, so that a try that was cut off before anything
/// was stored finds its key again; another for every other.
pub(crate) fn key_alias(discovery: &Discovery) -> String {
    let parts = [
        discovery.profile.name(),
        discovery.origin.canonical(),
        discovery.tenant_domain.clone().unwrap_or_default(),
        discovery.organization_id.clone().unwrap_or_default(),
        discovery.device_id.clone(),
        discovery.username.clone(),
        discovery.challenge.clone(),
    ];
    let hash = digest(&SHA256, parts.join("\n").as_bytes());
    hex(hash.as_ref().get(..16).unwrap_or_default())
}

/// Enough of a token to recognise it, too little to use it.
fn shortened(push_id: &str) -> String {
    let shown = push_id.chars().count().min(24).checked_div(3).unwrap_or_default();
    let mut text: String = push_id.chars().take(shown).collect();
    text.push('…');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_token_is_shown_in_part() {
        assert_eq!(shortened("push-1"), "pu…");
        assert_eq!(shortened(&"x".repeat(200)), format!("{}…", "x".repeat(8)));
        assert_eq!(shortened("a"), "…");
    }
}
