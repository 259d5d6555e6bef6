//! The one public error: what went wrong, told as what the caller can do about it.
//!
//! Variants are the caller's possible reactions; a `reason` says which cause it was. Every error has a stable
//! lower-case [`code`](AuthenticatorError::code), says whether trying again can help, and is safe to show or to log:
//! it holds codes, key names of ours, statuses and seconds, never a text that a server, a QR code or a push supplied.

mod reasons;

pub use reasons::{
    Action, ApprovalObstacle, Contradiction, InputProblem, KeyFailure, Lateness, Party, StorageFailure,
    TrustFailure, Unavailability, VerificationFailure,
};

/// Why a call did not do what was asked. See each variant for the reaction it calls for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Error), uniffi::export(Display))]
pub enum AuthenticatorError {
    /// The QR code is not one that can be enrolled with. Ask for a new one.
    #[error("the QR code cannot be used: {field} {problem}")]
    InvalidQr {
        /// The key that is wrong, or `qr` when the whole text is.
        field: String,
        /// What is wrong with it.
        problem: InputProblem,
    },
    /// The push message is not one that this device can act on. Drop it; nothing was stored.
    #[error("the push message cannot be used: {field} {problem}")]
    InvalidPush {
        /// The key that is wrong, or `push` when the whole text is.
        field: String,
        /// What is wrong with it.
        problem: InputProblem,
    },
    /// An argument of the call, or of the configuration, is wrong. A mistake of the calling program.
    #[error("the argument {field} {problem}")]
    InvalidArgument {
        /// The argument.
        field: String,
        /// What is wrong with it.
        problem: InputProblem,
    },
    /// The server is not one that may be talked to. Nothing was sent. Do not offer to go on regardless.
    #[error("the server is not trusted: {reason}")]
    Untrusted {
        /// What the trust check found.
        reason: TrustFailure,
    },
    /// The server could not be reached, or gave no usable answer. Try again later.
    #[error("{reason}")]
    Unavailable {
        /// What is known of how far the call came.
        reason: Unavailability,
    },
    /// The server took the call and refused it. Trying the same again will not help.
    #[error("the server refused {action} with status {status}{}", shown(.code.as_ref()))]
    Refused {
        /// What had been asked of it.
        action: Action,
        /// The HTTP status.
        status: u32,
        /// The server's own code, such as `PDM-10001`, when it sent one.
        code: Option<String>,
    },
    /// The device is not known: enrol (again) with a new QR code.
    #[error("{by} does not know this device; enrol it with a new QR code")]
    UnknownDevice {
        /// Who does not know it.
        by: Party,
    },
    /// No request with this id is stored.
    #[error("there is no such request on this device")]
    UnknownRequest,
    /// The call contradicts what is already stored. The first stays.
    #[error("{reason}")]
    Conflict {
        /// What it contradicts.
        reason: Contradiction,
    },
    /// This request cannot be approved as it stands. It can always be denied.
    #[error("{reason}")]
    NotApprovable {
        /// What stands in the way.
        reason: ApprovalObstacle,
    },
    /// The number is not the one that the other screen shows. Nothing was sent; ask again.
    #[error("this is not the number on the other screen; {tries_left} more tries")]
    WrongNumber {
        /// How often it may still be tried before only a denial is left.
        tries_left: u32,
    },
    /// It is too late for this decision to count. Tell the person.
    #[error("{reason}")]
    TooLate {
        /// What came first.
        reason: Lateness,
    },
    /// The person was not verified. Nothing was decided; ask again.
    #[error("the person was not verified: {reason}")]
    UserVerification {
        /// How the verification ended.
        reason: VerificationFailure,
    },
    /// The change can only be made by enrolling again with a new QR code (or with the user's bearer token).
    #[error("this change needs the user's bearer token, or a new enrolment")]
    ReenrolRequired,
    /// The device's signing key could not be used.
    #[error("{reason}")]
    Key {
        /// What the key store said.
        reason: KeyFailure,
    },
    /// The local store could not be used. Nothing was changed or deleted.
    #[error("{reason}")]
    Storage {
        /// What is wrong with it.
        reason: StorageFailure,
    },
    /// The device's clock could not be read. Nothing was decided or sent; try again.
    #[error("the device's clock cannot be read; try again")]
    Clock,
    /// A bug of ours. The operation did not happen, or its result is on disk and will be told by the next call.
    #[error("an internal error; please report it")]
    Internal,
}

#[cfg_attr(feature = "uniffi", uniffi::export)]
impl AuthenticatorError {
    /// The stable name of the cause: lower-case with underscores, never changed or reused. The README lists all of them.
    #[must_use]
    pub fn code(&self) -> String {
        self.code_str().to_owned()
    }

    /// Whether the same call can succeed later without anything else being changed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::UserVerification { .. } | Self::Clock => true,
            Self::WrongNumber { tries_left } => *tries_left > 0,
            Self::Key { reason } => matches!(reason, KeyFailure::NeedsUser | KeyFailure::Failed),
            Self::Storage { reason } => {
                matches!(reason, StorageFailure::Busy | StorageFailure::Vault | StorageFailure::Io)
            }
            Self::Conflict { reason } => {
                matches!(
                    reason,
                    Contradiction::TooManyRequests
                        | Contradiction::DecisionPending
                        | Contradiction::AccountChanged
                )
            }
            _ => false,
        }
    }
}

impl AuthenticatorError {
    pub(crate) fn code_str(&self) -> &'static str {
        match self {
            Self::InvalidQr { problem: InputProblem::Unsupported, .. } => "unsupported_qr",
            Self::InvalidQr { .. } => "invalid_qr",
            Self::InvalidPush { problem: InputProblem::Unsupported, .. } => "unsupported_push",
            Self::InvalidPush { .. } => "invalid_push",
            Self::InvalidArgument { .. } => "invalid_argument",
            Self::Untrusted { reason } => reason.code(),
            Self::Unavailable { reason } => reason.code(),
            Self::Refused { .. } => "server_refused",
            Self::UnknownDevice { .. } => "unknown_device",
            Self::UnknownRequest => "unknown_request",
            Self::Conflict { reason } => match reason {
                Contradiction::Device => "device_conflict",
                Contradiction::AlreadyRegistered => "already_registered",
                Contradiction::Push => "push_conflict",
                Contradiction::TooManyRequests => "too_many_requests",
                Contradiction::AlreadyDecided => "already_decided",
                Contradiction::RequestClosed => "request_closed",
                Contradiction::DecisionPending => "decision_pending",
                Contradiction::AccountChanged => "account_changed",
            },
            Self::NotApprovable { reason } => match reason {
                ApprovalObstacle::ConsentUnreadable => "consent_unreadable",
                ApprovalObstacle::AccountRequired => "account_required",
                ApprovalObstacle::AccountNotOffered => "account_not_offered",
                ApprovalObstacle::NumberRequired => "number_required",
                ApprovalObstacle::NumberTriesExhausted => "number_tries_exhausted",
                ApprovalObstacle::NoNumberAsked => "no_number_asked",
            },
            Self::WrongNumber { .. } => "wrong_number",
            Self::TooLate { reason: Lateness::AnsweredElsewhere } => "answered_elsewhere",
            Self::TooLate { reason: Lateness::DecisionExpired } => "decision_expired",
            Self::UserVerification { .. } => "user_verification_failed",
            Self::ReenrolRequired => "reenrol_required",
            Self::Key { reason } => reason.code(),
            Self::Storage { reason } => match reason {
                StorageFailure::Busy => "storage_busy",
                StorageFailure::Corrupt => "storage_corrupt",
                StorageFailure::Newer => "storage_newer",
                StorageFailure::Foreign => "storage_foreign",
                StorageFailure::WrongKey => "vault_wrong_key",
                StorageFailure::KeyMissing => "vault_key_missing",
                StorageFailure::PassphraseRequired => "passphrase_required",
                StorageFailure::Vault => "vault_failed",
                StorageFailure::Io => "storage_failed",
            },
            Self::Clock => "clock_failed",
            Self::Internal => "internal",
        }
    }
}

impl From<StorageFailure> for AuthenticatorError {
    fn from(reason: StorageFailure) -> Self {
        Self::Storage { reason }
    }
}

impl From<Contradiction> for AuthenticatorError {
    fn from(reason: Contradiction) -> Self {
        Self::Conflict { reason }
    }
}

impl From<ApprovalObstacle> for AuthenticatorError {
    fn from(reason: ApprovalObstacle) -> Self {
        Self::NotApprovable { reason }
    }
}

impl From<Lateness> for AuthenticatorError {
    fn from(reason: Lateness) -> Self {
        Self::TooLate { reason }
    }
}

impl From<TrustFailure> for AuthenticatorError {
    fn from(reason: TrustFailure) -> Self {
        Self::Untrusted { reason }
    }
}

impl From<Unavailability> for AuthenticatorError {
    fn from(reason: Unavailability) -> Self {
        Self::Unavailable { reason }
    }
}

impl From<KeyFailure> for AuthenticatorError {
    fn from(reason: KeyFailure) -> Self {
        Self::Key { reason }
    }
}

fn shown(code: Option<&String>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}
