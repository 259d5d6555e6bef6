//! What a QR code says: where to enrol, as whom, and the challenge to sign.
//!
//! The text is raw JSON that anybody can print. Read here, it is a type that cannot hold another scheme, a climbing
//! path or an over-long name. Which server generation it is for is decided now and for good.

use serde::{Deserialize, Serialize};

use crate::error::AuthenticatorError;
use crate::fields::{Fields, Source};
use crate::origin::Origin;
use crate::path::UrlPath;
use crate::profile::{self, Profile};

/// The discovery data of one enrolment (docs/protocol.md section 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Reads the text of a QR code.
    pub(crate) fn read(qr: &str) -> Result<Self, AuthenticatorError> {
        let fields = Fields::read(qr.trim(), MAX_QR, Source::Qr)?;
        profile::of_qr(&fields)?.read_qr(&fields)
    }

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

/// A QR code holds at most 2,953 bytes (ISO/IEC 18004, version 40-L); the rest is room for white space.
const MAX_QR: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_text_makes_it_panic_and_errors_name_the_key() {
        let error = Discovery::read("otpauth://totp/x").unwrap_err();
        assert_eq!(error.code(), "invalid_qr");
        let error = Discovery::read(r#"{"hello":1}"#).unwrap_err();
        assert_eq!(error.code(), "unsupported_qr");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\s\\S]{0,200}") {
            let _ = Discovery::read(&text);
        }

        #[test]
        fn any_values_are_read_or_refused(
            did in "\\PC{0,12}", un in "\\PC{0,12}", hst in "https?://\\PC{0,12}", bp in "/\\PC{0,12}", chg in "\\PC{0,12}"
        ) {
            let qr = serde_json::json!({"did": did, "un": un, "hst": hst, "bp": bp, "chg": chg, "td": "t"});
            if let Ok(read) = Discovery::read(&qr.to_string()) {
                prop_assert_eq!(read.device_id, did);
                prop_assert!(read.origin.as_str().starts_with("http"));
            }
        }
    }
}
