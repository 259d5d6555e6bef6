//! Why a command did not do what was asked: a stable code, a sentence, and what to do next.
//!
//! Most failures are the core's and keep its code. The few of the command line's own are the constants here, listed with
//! the core's in the documentation.

use authpush_core::{AuthenticatorError, VerificationFailure, display_safe};
use serde_json::{Value, json};

use crate::hints::hint;

/// A failed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    code: String,
    message: String,
    retryable: bool,
    hint: Option<String>,
}

impl Failure {
    /// A failure of the command line's own.
    pub(crate) fn new(code: &'static str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            // File names and arguments come from outside, too.
            message: display_safe(message, MAX_MESSAGE),
            retryable: false,
            hint: hint(code).map(str::to_owned),
        }
    }

    /// The command line itself is wrong.
    pub(crate) fn usage(message: &str) -> Self {
        Self::new(USAGE, message)
    }

    /// The same, with other advice.
    pub(crate) fn with_hint(mut self, hint: &str) -> Self {
        self.hint = Some(display_safe(hint, MAX_MESSAGE));
        self
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The process's exit status.
    pub(crate) fn exit_status(&self) -> u8 {
        if self.code == USAGE { 2 } else { 1 }
    }

    /// As a script reads it.
    pub(crate) fn json(&self) -> Value {
        json!({ "error": { "code": self.code, "message": self.message, "retryable": self.retryable } })
    }

    /// As a person reads it: one line, and a second one where something can be done.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("error[{}]: {}", self.code, self.message)];
        lines.extend(self.hint.as_ref().map(|hint| format!("hint: {hint}")));
        lines
    }
}

impl From<AuthenticatorError> for Failure {
    fn from(error: AuthenticatorError) -> Self {
        let code = error.code();
        Self {
            message: display_safe(&message(&error), MAX_MESSAGE),
            retryable: error.retryable(),
            hint: match error {
                // Whoever said no needs no advice on how to be asked.
                AuthenticatorError::UserVerification { reason: VerificationFailure::Cancelled } => None,
                _ => hint(&code).map(str::to_owned),
            },
            code,
        }
    }
}

/// An argument of the core is called as it is on the command line.
fn message(error: &AuthenticatorError) -> String {
    let AuthenticatorError::InvalidArgument { field, problem } = error else { return error.to_string() };
    let option = match field.as_str() {
        "pins" => "--pin ([HOST=]sha256/BASE64)",
        "allowed_hosts" => "--allow-host (HOST or HOST:PORT)",
        "anchors_pem" => "--ca-cert (a PEM file with certificates)",
        "push_id" => "the push token",
        "bearer" => "--bearer",
        "provider" => "--provider",
        "key_bits" => "--key-bits",
        _ => return error.to_string(),
    };
    format!("{option} {problem}")
}

/// The arguments are wrong.
pub(crate) const USAGE: &str = "usage";
/// A file or standard input cannot be read.
pub(crate) const INPUT_UNREADABLE: &str = "input_unreadable";
/// A file or standard input is longer than what is read.
pub(crate) const INPUT_TOO_LARGE: &str = "input_too_large";
/// A picture is damaged, too large, or of a kind that is not read.
pub(crate) const IMAGE_UNREADABLE: &str = "image_unreadable";
/// A result cannot be written.
pub(crate) const OUTPUT_FAILED: &str = "output_failed";
/// The platform names no data directory.
pub(crate) const NO_HOME: &str = "no_home";
/// Nothing is enrolled that could be listened for.
pub(crate) const NO_ACCOUNTS: &str = "no_accounts";
/// The server has no push gateway of the sandbox's kind.
pub(crate) const NO_GATEWAY: &str = "no_gateway";
/// Something else listens on the address.
pub(crate) const ADDRESS_IN_USE: &str = "address_in_use";
/// The sandbox does not start.
pub(crate) const SANDBOX_FAILED: &str = "sandbox_failed";
/// The demonstration did not go as told.
pub(crate) const DEMO_FAILED: &str = "demo_failed";
/// The person broke a question off.
pub(crate) const CANCELLED: &str = "cancelled";

const MAX_MESSAGE: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use authpush_core::{Contradiction, Party, StorageFailure};

    #[test]
    fn a_failure_of_the_core_keeps_its_code_and_gains_advice() {
        let failure = Failure::from(AuthenticatorError::UnknownDevice { by: Party::Local });
        assert_eq!(
            failure.json(),
            json!({ "error": {
                "code": "unknown_device",
                "message": "this installation does not know this device; enrol it with a new QR code",
                "retryable": false,
            } })
        );
        let lines = failure.lines();
        assert!(lines[0].starts_with("error[unknown_device]: this installation"), "{lines:?}");
        assert!(lines[1].starts_with("hint: "), "{lines:?}");
        assert_eq!(failure.exit_status(), 1);
        assert!(Failure::from(AuthenticatorError::from(StorageFailure::Busy)).retryable);
        assert!(!Failure::from(AuthenticatorError::from(Contradiction::Device)).retryable);
    }

    #[test]
    fn an_argument_is_called_as_on_the_command_line() {
        let error = AuthenticatorError::InvalidArgument {
            field: "pins".to_owned(),
            problem: authpush_core::InputProblem::NotAllowed,
        };
        let lines = Failure::from(error).lines();
        assert_eq!(lines[0], "error[invalid_argument]: --pin ([HOST=]sha256/BASE64) is not allowed here");
    }

    #[test]
    fn arguments_in_a_message_cannot_draw_on_the_terminal() {
        let failure = Failure::new(INPUT_UNREADABLE, "cannot read evil\u{1b}[2J\nname");
        assert_eq!(failure.lines()[0], "error[input_unreadable]: cannot read evil\u{fffd}[2J name");
    }

    #[test]
    fn every_code_of_our_own_is_documented() {
        let documented = include_str!("../README.md");
        for code in [
            USAGE,
            INPUT_UNREADABLE,
            INPUT_TOO_LARGE,
            IMAGE_UNREADABLE,
            OUTPUT_FAILED,
            NO_HOME,
            NO_ACCOUNTS,
            NO_GATEWAY,
            ADDRESS_IN_USE,
            SANDBOX_FAILED,
            DEMO_FAILED,
            CANCELLED,
        ] {
            assert!(documented.contains(&format!("| `{code}` |")), "{code}");
        }
    }

    #[test]
    fn only_usage_has_the_status_of_usage() {
        assert_eq!(Failure::usage("x").exit_status(), 2);
        assert_eq!(Failure::new(NO_HOME, "x").exit_status(), 1);
    }
}
