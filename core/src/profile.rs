//! The servers that are spoken to.
//!
//! A profile is recognised once, by the QR code, and stored with the account; a push never decides it. A new kind of
//! server is a new file that implements [`Wire`], and its registration here.

mod classic;
mod is7;
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
        Profile::Is7 => &is7::Is7,
    }
}

/// The kind of server whose shape a push has. Several accounts' servers may share one.
pub(crate) fn of_push(push: &Fields) -> Option<&'static dyn Wire> {
    WIRES.iter().find(|wire| push.has(wire.session_key())).copied()
}

/// What a push that is no request is about.
pub(crate) fn information(push: &Fields) -> Result<Option<&str>, AuthenticatorError> {
    // A session key of a server that knows no scenarios makes it a request, whatever else it says.
    if of_push(push).is_some_and(|wire| wire.push_keys().scenario.is_none()) {
        return Ok(None);
    }
    for scenario in WIRES.iter().filter_map(|wire| wire.push_keys().scenario.as_ref()) {
        if let Some(told) = push.optional(scenario.key)?.filter(|told| *told != scenario.request) {
            return Ok(Some(told));
        }
    }
    Ok(None)
}

/// Every profile, the more particular ones first.
const WIRES: [&dyn Wire; 3] = [&is7::Is7, &open_banking::OpenBanking, &classic::Classic];

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
