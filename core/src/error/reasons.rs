//! The causes behind each reaction: small enumerations, each with the words a person reads.

/// What is wrong with a value that came from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum InputProblem {
    /// A required value is absent or empty.
    #[error("is missing")]
    Missing,
    /// It is longer than the protocol or the server allows.
    #[error("is too long")]
    TooLong,
    /// It has another JSON type than the protocol says.
    #[error("has the wrong type")]
    WrongType,
    /// It is not what the protocol allows in this place.
    #[error("is not allowed here")]
    NotAllowed,
    /// The text is not JSON, or not a JSON object, or says one thing twice.
    #[error("is not a readable JSON object")]
    NotJson,
    /// There is no QR code in the picture.
    #[error("holds no QR code that can be read")]
    NoCode,
    /// There are several QR codes in the picture, and they differ.
    #[error("holds several QR codes that differ")]
    SeveralCodes,
    /// It is meant for another kind of server than this build or this account knows.
    #[error("is of a kind that is not supported")]
    Unsupported,
}

/// Why a server is not talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum TrustFailure {
    /// Plain `http`, where it was not switched on for a loopback host.
    #[error("its address is not https")]
    InsecureUrl,
    /// The application does not allow this host.
    #[error("its host is not among the allowed ones")]
    HostNotAllowed,
    /// No trust anchor vouches for the certificate.
    #[error("no known authority vouches for its certificate")]
    CertificateUnknown,
    /// The certificate is for another name.
    #[error("its certificate is for another name")]
    CertificateWrongName,
    /// The certificate is not valid yet, or no longer, by the system clock.
    #[error("its certificate is not valid at this time")]
    CertificateExpired,
    /// The certificate is trusted, but matches none of the pins for this host.
    #[error("its certificate matches none of the pins")]
    PinMismatch,
    /// Any other failure of the TLS handshake.
    #[error("the secure connection could not be made")]
    TlsFailed,
}

/// Why the server gave no usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Unavailability {
    /// Certainly not sent: name resolution or connecting failed.
    #[error("the server cannot be reached; try again later")]
    NotReached,
    /// The server asked to be left alone for a while (429 or 503).
    #[error("the server is busy; try again later")]
    Busy,
    /// Sent, but whether the server acted on it is not known.
    #[error("the server's answer did not arrive; what it did is not known")]
    AnswerLost,
    /// A registration whose fate is not known: the same QR code again settles it.
    #[error("it is not known whether the device was registered; scan the same QR code again")]
    RegistrationUnconfirmed,
    /// A removal whose fate is not known: the same removal again settles it.
    #[error("it is not known whether the server removed the device; remove it again")]
    RemovalUnconfirmed,
}

/// What had been asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Action {
    /// Registering the device.
    #[error("the registration")]
    Registration,
    /// Delivering a decision.
    #[error("the answer")]
    Answer,
    /// Removing the device.
    #[error("the removal")]
    Removal,
    /// Changing the device's push token or name.
    #[error("the change")]
    Edit,
}

/// Who does not know the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Party {
    /// There is no account with this device id in the local store.
    #[error("this installation")]
    Local,
    /// The server answered that it has no such device.
    #[error("the server")]
    Server,
}

/// What a call contradicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Contradiction {
    /// The device id is known with other data. Nothing was signed or changed.
    #[error("this device id is already known with other data; ask for a new QR code")]
    Device,
    /// The same user is enrolled at the same server with the same push token.
    #[error("this user is already enrolled on this device; remove that account first")]
    AlreadyRegistered,
    /// A push with the same session key but other content came before.
    #[error("another push with the same session key came before; the first one stays")]
    Push,
    /// The account has as many open requests as are kept. Decide some of them.
    #[error("too many requests are waiting for this account; decide some of them first")]
    TooManyRequests,
    /// The other decision, or one with other accounts, was made before.
    #[error("this request was already decided otherwise")]
    AlreadyDecided,
    /// The request's account is gone, or the request was deleted: it cannot be decided any more.
    #[error("this request is closed")]
    RequestClosed,
    /// A decision of this account is still to be delivered.
    #[error("a decision of this account is not delivered yet; retry it, or abandon it")]
    DecisionPending,
    /// The account was changed by another call meanwhile. Look again.
    #[error("the account was changed by another call at the same time; look again")]
    AccountChanged,
}

/// What stands in the way of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum ApprovalObstacle {
    /// What would be agreed to cannot be read, or is an error of the server.
    #[error("what is being asked cannot be read, so it cannot be approved; it can be denied")]
    ConsentUnreadable,
    /// The consent needs at least one chosen account.
    #[error("choose at least one of the offered accounts")]
    AccountRequired,
    /// An account id was given that is not among those offered, or twice.
    #[error("an account was chosen that is not offered, or it was chosen twice")]
    AccountNotOffered,
    /// The number that the other screen shows has to be given.
    #[error("give the number that the other screen shows")]
    NumberRequired,
    /// Too many wrong numbers were given.
    #[error("too many wrong numbers were given; the request can only be denied")]
    NumberTriesExhausted,
    /// A number was given, and none is asked for.
    #[error("this request asks for no number")]
    NoNumberAsked,
}

/// Why a decision cannot count any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Lateness {
    /// Another device of the user had answered.
    #[error("the request was answered on another device")]
    AnsweredElsewhere,
    /// The request's life ended before the decision could be delivered.
    #[error("the request ended before the decision could be delivered")]
    DecisionExpired,
}

/// How a verification of the person ended without success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum VerificationFailure {
    /// The person cancelled.
    #[error("it was cancelled")]
    Cancelled,
    /// The person was not recognised, or there is nobody to ask.
    #[error("it failed")]
    Failed,
    /// The device has no way to verify a person.
    #[error("this device has no way to do it")]
    Unavailable,
    /// The person did not react in time.
    #[error("it took too long")]
    TimedOut,
}

/// Why the signing key could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum KeyFailure {
    /// The key is gone or permanently unusable: enrol again.
    #[error("the device's key is gone; remove the account and enrol again")]
    Lost,
    /// The key needs the person present (a prompt), and nobody could be asked.
    #[error("the device's key needs the user")]
    NeedsUser,
    /// The key store failed for now.
    #[error("the key store failed; try again")]
    Failed,
}

/// What is wrong with the local store or its vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum StorageFailure {
    /// Another process held the store for too long.
    #[error("the store is in use by another process; try again")]
    Busy,
    /// A file or record was changed or damaged. It is left as it is.
    #[error(
        "the store is damaged or was changed from outside; nothing was deleted, restore a copy or enrol anew in another folder"
    )]
    Corrupt,
    /// The file was written by a newer version. Update the app.
    #[error("the store was written by a newer version; update this program")]
    Newer,
    /// The file is not a store of authpush.
    #[error("the file in the store's place is not a store of authpush")]
    Foreign,
    /// The master key does not open this store.
    #[error("the vault's key does not open this store: a wrong passphrase, or a key of another store")]
    WrongKey,
    /// The vault has no key, and the store needs the one it was made with.
    #[error("the vault's key for this store is missing")]
    KeyMissing,
    /// The vault needs a passphrase.
    #[error("this store is protected by a passphrase, and none was given")]
    PassphraseRequired,
    /// The vault could not be used.
    #[error("the vault failed; try again")]
    Vault,
    /// Reading or writing failed: no space, no permission.
    #[error("the store cannot be read or written; check space and permissions")]
    Io,
}

impl TrustFailure {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::InsecureUrl => "insecure_url",
            Self::HostNotAllowed => "host_not_allowed",
            Self::CertificateUnknown => "certificate_unknown",
            Self::CertificateWrongName => "certificate_wrong_name",
            Self::CertificateExpired => "certificate_expired",
            Self::PinMismatch => "pin_mismatch",
            Self::TlsFailed => "tls_failed",
        }
    }
}

impl Unavailability {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotReached => "server_unreachable",
            Self::Busy => "server_busy",
            Self::AnswerLost => "answer_lost",
            Self::RegistrationUnconfirmed => "registration_unconfirmed",
            Self::RemovalUnconfirmed => "removal_unconfirmed",
        }
    }
}

impl KeyFailure {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Lost => "key_lost",
            Self::NeedsUser => "needs_user",
            Self::Failed => "key_store_failed",
        }
    }
}
