//! What the device supplies: key store, vault, user verifier and clock, stated by contract.
//!
//! All are synchronous and are called on a thread that may block, never on the caller's. An implementation must not
//! rely on thread-locals or on the main thread, and must not call back into the [`Authenticator`](crate::Authenticator).

use crate::error::{AuthenticatorError, KeyFailure, StorageFailure, VerificationFailure};

/// Holds the device's signing keys: an alias goes in, a signature comes out, a private key never does.
///
/// Implemented by core in software ([`software_key_store`](crate::software_key_store)) and by the Android shell with the
/// hardware keystore (RSA 2048). iOS hardware has no RSA keys, so iOS uses the software one under a Keychain vault.
#[cfg_attr(feature = "uniffi", uniffi::export(with_foreign))]
pub trait KeyStore: Send + Sync {
    /// Makes an RSA key pair of `bits` (2048, 3072 or 4096) under `alias`, or finds the one that is already there,
    /// whatever its size, and returns its public key as an X.509 `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// [`KeyStoreError`]; after an error there is either no key or a usable one under the alias.
    fn make_key(&self, alias: String, bits: u32) -> Result<Vec<u8>, KeyStoreError>;

    /// Signs `data` with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017 section 8.2; `RS256` of RFC 7518 section 3.3).
    ///
    /// # Errors
    /// [`KeyStoreError::NeedsUser`] when the key wants a prompt that cannot be shown now;
    /// [`KeyStoreError::KeyLost`] when it can never be used again.
    fn sign(&self, alias: String, data: Vec<u8>) -> Result<Vec<u8>, KeyStoreError>;

    /// Deletes the key. Deleting a key that is not there succeeds.
    ///
    /// # Errors
    /// [`KeyStoreError::Failed`] when the key may still be there.
    fn delete_key(&self, alias: String) -> Result<(), KeyStoreError>;

    /// What the keys are kept in, for people and for the record: `software`, `android-keystore`, `strongbox`. Kept with
    /// the account; more than a line of plain text is cut to one.
    ///
    /// # Errors
    /// [`KeyStoreError::Failed`].
    fn kind(&self) -> Result<String, KeyStoreError>;
}

/// Guards the 32-byte master key under which the store and the software keys are sealed.
///
/// Implemented by the Android shell (a keystore key wraps it), the iOS shell (Keychain, this device only) and, for the
/// desk, by `FileVault`.
#[cfg_attr(feature = "uniffi", uniffi::export(with_foreign))]
pub trait Vault: Send + Sync {
    /// The master key, or `None` if none was made yet.
    ///
    /// # Errors
    /// [`VaultError`]; never another key than the one that was made first.
    fn load(&self) -> Result<Option<Vec<u8>>, VaultError>;

    /// Makes and keeps a new random master key of 32 bytes. If there is one already (another process was quicker), that
    /// one is returned and nothing is changed.
    ///
    /// # Errors
    /// [`VaultError`].
    fn create(&self) -> Result<Vec<u8>, VaultError>;
}

/// Verifies that the person holding the device is its owner: biometrics or device credential.
///
/// Asked before every approval and never before a denial. It is given a time limit by the caller
/// ([`Configuration::verification_seconds`](crate::Configuration)); an answer after that counts for nothing.
#[cfg_attr(feature = "uniffi", uniffi::export(with_foreign))]
pub trait UserVerifier: Send + Sync {
    /// Asks the person, showing what is about to be approved. Success has to be said: a call that breaks off in another
    /// language leaves nothing behind that could be taken for it.
    ///
    /// # Errors
    /// [`UserVerifierError`]: the approval is not made.
    fn verify(&self, prompt: VerificationPrompt) -> Result<Verification, UserVerifierError>;
}

/// The device's clock. It may be wrong, and may jump: times that the server judges are corrected by what it says.
#[cfg_attr(feature = "uniffi", uniffi::export(with_foreign))]
pub trait Clock: Send + Sync {
    /// Seconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`ClockError`]: nothing is decided or sent without knowing the time.
    fn now(&self) -> Result<i64, ClockError>;
}

/// What a verification came to, when it came to an end without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Verification {
    /// The person is the device's owner, and agreed.
    Verified,
}

/// What a verification prompt says. Every text is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct VerificationPrompt {
    /// The request that is being approved.
    pub request_id: String,
    /// Who asks: the application's name, as far as known.
    pub application_name: Option<String>,
    /// The user whose account answers.
    pub username: String,
    /// The message shown on both screens, when there is one.
    pub binding_message: Option<String>,
    /// The amount and currency of a payment, ready to show.
    pub amount: Option<String>,
}

/// What a key store reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Error), uniffi::export(Display))]
pub enum KeyStoreError {
    /// The key is gone or permanently unusable.
    #[error("the key is gone")]
    KeyLost,
    /// The key needs the person, who could not be asked.
    #[error("the key needs the user")]
    NeedsUser,
    /// Anything else; trying again may help.
    #[error("the key store failed")]
    Failed,
}

/// What a vault reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Error), uniffi::export(Display))]
pub enum VaultError {
    /// The vault is locked by a passphrase that was not given.
    #[error("the vault needs a passphrase")]
    PassphraseRequired,
    /// The passphrase or key does not open the vault.
    #[error("the vault's key does not fit")]
    WrongKey,
    /// What is kept was changed or damaged.
    #[error("the vault is damaged")]
    Damaged,
    /// Anything else; trying again may help.
    #[error("the vault failed")]
    Failed,
}

/// What a clock reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Error), uniffi::export(Display))]
pub enum ClockError {
    /// The time cannot be told now.
    #[error("the clock failed")]
    Failed,
}

/// How a verification ended without success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Error), uniffi::export(Display))]
pub enum UserVerifierError {
    /// The person cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The person was not recognised.
    #[error("failed")]
    Failed,
    /// There is no way to verify a person on this device.
    #[error("unavailable")]
    Unavailable,
}

impl From<KeyStoreError> for AuthenticatorError {
    fn from(error: KeyStoreError) -> Self {
        KeyFailure::from(error).into()
    }
}

impl From<KeyStoreError> for KeyFailure {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::KeyLost => Self::Lost,
            KeyStoreError::NeedsUser => Self::NeedsUser,
            KeyStoreError::Failed => Self::Failed,
        }
    }
}

impl From<VaultError> for AuthenticatorError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::PassphraseRequired => StorageFailure::PassphraseRequired,
            VaultError::WrongKey => StorageFailure::WrongKey,
            VaultError::Damaged => StorageFailure::Corrupt,
            VaultError::Failed => StorageFailure::Vault,
        }
        .into()
    }
}

impl From<ClockError> for AuthenticatorError {
    fn from(error: ClockError) -> Self {
        match error {
            ClockError::Failed => Self::Clock,
        }
    }
}

impl From<UserVerifierError> for AuthenticatorError {
    fn from(error: UserVerifierError) -> Self {
        let reason = match error {
            UserVerifierError::Cancelled => VerificationFailure::Cancelled,
            UserVerifierError::Failed => VerificationFailure::Failed,
            UserVerifierError::Unavailable => VerificationFailure::Unavailable,
        };
        Self::UserVerification { reason }
    }
}

// What a port written in another language throws that is none of its errors: the port failed, and the text of it, which
// can be a stack trace, goes no further.
#[cfg(feature = "uniffi")]
mod unexpected {
    use uniffi::UnexpectedUniFFICallbackError as Unexpected;

    use super::{ClockError, KeyStoreError, UserVerifierError, VaultError};

    impl From<Unexpected> for KeyStoreError {
        fn from(_: Unexpected) -> Self {
            Self::Failed
        }
    }

    impl From<Unexpected> for VaultError {
        fn from(_: Unexpected) -> Self {
            Self::Failed
        }
    }

    impl From<Unexpected> for UserVerifierError {
        fn from(_: Unexpected) -> Self {
            Self::Failed
        }
    }

    impl From<Unexpected> for ClockError {
        fn from(_: Unexpected) -> Self {
            Self::Failed
        }
    }
}
