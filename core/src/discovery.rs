//! What a QR code says: where to enrol, as whom, and the challenge to sign.
//!
//! The text is raw JSON that anybody can print. Read, it is a type that cannot hold another scheme, a climbing
//! path or an over-long name. Which server generation it is for is decided now and for good.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::path::UrlPath;

/// The kinds of server that are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi::export(Display))]
pub enum Profile {
    /// WSO2 Identity Server 5.x and 6.x with the push authenticator.
    Classic,
    /// WSO2 Open Banking 3.1 and 3.2: CIBA with consents on top of it.
    OpenBanking,
    /// WSO2 Identity Server 7.1 and later.
    Is7,
}

impl Profile {
    /// The name used in documents and on the command line: `classic`, `open-banking`, `is7`. It is also how it is displayed.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Classic => "classic",
            Self::OpenBanking => "open-banking",
            Self::Is7 => "is7",
        }
        .to_owned()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// The discovery data of one enrolment (docs/protocol.md section 1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Discovery {
    pub(crate) profile: Profile,
    pub(crate) origin: Origin,
    pub(crate) device_id: String,
    pub(crate) username: String,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) tenant_domain: Option<String>,
    pub(crate) organization_id: Option<String>,
    pub(crate) challenge: String,
    pub(crate) paths: Paths,
}

/// The paths of this server, each from the origin's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paths {
    /// Takes the registration.
    pub(crate) register: UrlPath,
    /// The collection of devices, below which one device is edited and removed.
    pub(crate) devices: UrlPath,
    /// Takes the answer to a request.
    pub(crate) answer: UrlPath,
    /// Takes the answer to a login without a consent, where that is another one.
    pub(crate) login: UrlPath,
}

impl Discovery {
    /// Whether both are the same enrolment: everything that decides anything is equal. (What the person is called may
    /// have been corrected meanwhile.)
    pub(crate) fn is_same_enrolment(&self, other: &Self) -> bool {
        let named = |d: &Self| Self { first_name: None, last_name: None, ..d.clone() };
        named(self) == named(other)
    }

    /// Whether both are for the same user at the same server.
    pub(crate) fn is_same_user(&self, other: &Self) -> bool {
        self.origin.canonical() == other.origin.canonical()
            && self.tenant_domain == other.tenant_domain
            && self.organization_id == other.organization_id
            && self.username.to_lowercase() == other.username.to_lowercase()
    }
}
