#![doc = include_str!("../README.md")]
// A map. The two flows are `authenticator/enrolment.rs` (QR to account) and `authenticator/{receiving,answering,attempt}.rs`
// (push to delivery); the rest is what they are made of.

// Pure: from raw input to types that cannot hold a bad value, and on to what is sent.
mod account;
mod choice;
mod consent;
mod decision;
mod delivery;
mod device;
mod discovery;
mod error;
mod fields;
mod json;
mod jwt;
mod lifecycle;
mod log;
mod origin;
mod path;
mod profile;
mod push;
mod registration;
mod reply;
mod request;
mod response;
mod sending;
mod text;
mod trust;
mod wire;

// The edges and the ports.
mod clock;
mod files;
mod http;
mod keys;
mod ports;
#[cfg(feature = "panic-probe")]
mod probe;
mod random;
mod seal;
mod store;

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!("authpush");
#[cfg(all(feature = "uniffi", panic = "abort"))]
compile_error!("a bug must become an error in the app, not its death: build with panic = \"unwind\"");

// The façade, and what stands beside it.
mod authenticator;
#[cfg(feature = "desk")]
pub mod desk;
pub mod qr;

pub use account::{Account, AccountState, EnrolmentPreview, Removal};
pub use authenticator::{Authenticator, Configuration, HistoryEntry, RetryTrigger, Undelivered};
pub use choice::Choice;
pub use clock::system_clock;
pub use consent::{
    Amount, Consent, ConsentError, ConsentKind, ConsentSection, Detail, OfferedAccount, PaymentParty,
    SdkConsent, SdkExpiration,
};
pub use decision::{Decision, Review};
pub use delivery::{Answer, ClockWarning, Delivery, QueueReason, ServerMeaning, ServerWord};
pub use device::{Device, ProviderDetail, PushProvider};
pub use discovery::Profile;
pub use error::{
    Action, ApprovalObstacle, AuthenticatorError, Contradiction, InputProblem, KeyFailure, Lateness, Party,
    StorageFailure, TrustFailure, Unavailability, VerificationFailure,
};
pub use keys::software_key_store;
pub use log::{LogLevel, LogLine, LogSink, LogSinkError};
pub use ports::{
    Clock, ClockError, KeyStore, KeyStoreError, UserVerifier, UserVerifierError, Vault, VaultError,
    Verification, VerificationPrompt,
};
pub use request::{AuthRequest, Received, RequestState, RequestWarning};
pub use text::display_safe;
pub use trust::{Pin, TrustSettings};
