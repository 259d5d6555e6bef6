//! The servers that are spoken to.
//!
//! A profile is recognised once, by the QR code, and stored with the account; a push never decides it. A new kind of
//! server is a new file that implements [`Wire`], and its registration here.

mod classic;
mod open_banking;

use crate::discovery::{Discovery, Profile};
use crate::error::{AuthenticatorError, InputProblem};
use crate::fields::{Fields, Source};
use crate::wire::Wire;

/// Reads the text of a QR code.
pub(crate) fn discover(qr: &str) -> Result<Discovery, AuthenticatorError> {
    let fields = Fields::read(qr.trim(), MAX_QR, Source::Qr)?;
    let wire = WIRES.iter().find(|wire| wire.recognises(&fields));
    wire.ok_or_else(|| fields.whole_fault(InputProblem::Unsupported))?.read_qr(&fields)
}

/// The wire of a stored account.
pub(crate) fn wire(profile: Profile) -> &'static dyn Wire {
    match profile {
        Profile::Classic => &classic::Classic,
        Profile::OpenBanking => &open_banking::OpenBanking,
    }
}

/// The key that holds a push's session, by which its shape is known.
pub(crate) fn session_key_of(push: &Fields) -> Result<&'static str, AuthenticatorError> {
    let known = WIRES.iter().map(|wire| wire.session_key()).find(|key| push.has(key));
    known.ok_or_else(|| push.fault("sessionDataKey", InputProblem::Missing))
}

/// Every profile, the more particular ones first.
const WIRES: [&dyn Wire; 2] = [&open_banking::OpenBanking, &classic::Classic];

/// A QR code holds at most 2,953 bytes (ISO/IEC 18004, version 40-L); the rest is room for white space.
const MAX_QR: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_text_makes_it_panic_and_errors_name_the_key() {
        let error = discover("otpauth://totp/x").unwrap_err();
        assert_eq!(error.code(), "invalid_qr");
        let error = discover(r#"{"hello":1}"#).unwrap_err();
        assert_eq!(error.code(), "unsupported_qr");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\s\\S]{0,200}") {
            let _ = discover(&text);
        }

        #[test]
        fn any_values_are_read_or_refused(
            did in "\\PC{0,12}", un in "\\PC{0,12}", hst in "https?://\\PC{0,12}", bp in "/\\PC{0,12}", chg in "\\PC{0,12}"
        ) {
            let qr = serde_json::json!({"did": did, "un": un, "hst": hst, "bp": bp, "chg": chg, "td": "t"});
            if let Ok(read) = discover(&qr.to_string()) {
                prop_assert_eq!(read.device_id, did);
                prop_assert!(read.origin.as_str().starts_with("http"));
            }
        }
    }
}
