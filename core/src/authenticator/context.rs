//! What every flow works with: the ports, and the two edges, server and store.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{self, Times};
use crate::error::{AuthenticatorError, Unavailability, VerificationFailure};
use crate::http::{Call, CallFailure, Http, Limits};
use crate::jwt::Unsigned;
use crate::log::{Event, Log};
use crate::origin::Origin;
use crate::ports::{Clock, KeyStore, UserVerifier, Vault, Verification, VerificationPrompt};
use crate::reply::Reply;
use crate::store::Store;
use crate::wire::Wire;

use super::Configuration;

/// The ports and edges of one authenticator.
pub(crate) struct Context {
    pub(super) store: Store,
    pub(super) http: Http,
    pub(super) key_store: Arc<dyn KeyStore>,
    verifier: Arc<dyn UserVerifier>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    verification: Duration,
    request_life: Option<i64>,
    pub(super) history_limit: usize,
    pub(super) log: Log,
}

/// Proof that the person was verified. Made here only, needed for every approval.
pub(crate) struct Verified(());

impl Context {
    pub(super) fn open(
        configuration: &Configuration,
        key_store: Arc<dyn KeyStore>,
        vault: &dyn Vault,
        verifier: Arc<dyn UserVerifier>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AuthenticatorError> {
        let limits = Limits { total: configuration.timeout_seconds, connect: configuration.connect_seconds };
        Ok(Self {
            // The settings first: a mistake there must not leave a new store behind.
            http: Http::new(&configuration.trust, limits)?,
            store: Store::open(Path::new(&configuration.directory), vault)?,
            key_store,
            verifier,
            clock,
            limits,
            verification: Duration::from_secs(configuration.verification_seconds.into()),
            request_life: configuration.request_life_seconds.map(i64::from),
            history_limit: usize::try_from(configuration.history_limit).unwrap_or(usize::MAX),
            log: Log::default(),
        })
    }

    /// Runs work that may block (store, keys, ports) where blocking is allowed.
    pub(super) async fn blocking<T, F>(self: &Arc<Self>, work: F) -> Result<T, AuthenticatorError>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, AuthenticatorError> + Send + 'static,
    {
        let context = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&context)).await.unwrap_or(Err(AuthenticatorError::Internal))
    }

    /// The device's time.
    pub(super) fn now(&self) -> Result<i64, AuthenticatorError> {
        let now = self.clock.now()?;
        // What is left behind by a call into another language that broke off; no device is in 1970.
        if now == 0 {
            return Err(AuthenticatorError::Clock);
        }
        #[cfg(feature = "panic-probe")]
        crate::probe::blocking(now);
        Ok(now)
    }

    /// What time it is, also for this server.
    pub(super) fn times(&self, origin: &Origin) -> Result<Times, AuthenticatorError> {
        Ok(Times::new(self.now()?, self.store.read(|tx| tx.clock_offset(origin))?))
    }

    /// How long a request may wait, for this kind of server.
    pub(super) fn request_life(&self, wire: &dyn Wire) -> i64 {
        self.request_life.unwrap_or_else(|| wire.request_life())
    }

    /// How long a try may hold its lease: two calls (the second with a corrected clock) and what lies between them.
    pub(super) fn lease_seconds(&self) -> i64 {
        i64::from(self.limits.total).saturating_mul(2).saturating_add(15)
    }

    /// Signs a token with an account's key.
    pub(super) fn sign(&self, key_alias: &str, unsigned: Unsigned) -> Result<String, AuthenticatorError> {
        let signature = self.key_store.sign(key_alias.to_owned(), unsigned.signing_input())?;
        Ok(unsigned.signed(&signature))
    }

    /// Sends one call, and learns the server's clock from its answer.
    pub(super) async fn call(self: &Arc<Self>, call: Call<'_>) -> Result<Reply, CallFailure> {
        let (origin, verb) = (call.origin.clone(), call.verb);
        let reply = self
            .http
            .send(call)
            .await
            .inspect_err(|failure| self.log.note(&Event::ServerNotReached { verb, failure: *failure }))?;
        self.log.note(&Event::ServerAnswered { verb, reply: &reply });
        if let Some(date) = reply.date {
            let learned = self.blocking(move |context| {
                let offset = clock::offset(date, context.now()?);
                context.store.write(|tx| {
                    if tx.clock_offset(&origin)? == offset {
                        Ok(())
                    } else {
                        tx.put_clock_offset(&origin, offset)
                    }
                })
            });
            // The answer counts, whether or not the clock could be noted.
            let _ = learned.await;
        }
        Ok(reply)
    }

    /// Asks the person. Nothing has been decided or stored yet, so it does no harm if the caller stops waiting.
    pub(super) async fn verify(
        self: &Arc<Self>,
        prompt: VerificationPrompt,
    ) -> Result<Verified, AuthenticatorError> {
        let asked = self.blocking(move |context| context.verifier.verify(prompt).map_err(Into::into));
        match tokio::time::timeout(self.verification, asked).await {
            Ok(answer) => answer.map(|Verification::Verified| Verified(())),
            Err(_) => Err(AuthenticatorError::UserVerification { reason: VerificationFailure::TimedOut }),
        }
    }
}

/// A call that certainly was not sent, or whose answer was lost, as an error.
pub(super) fn call_error(failure: CallFailure, lost: Unavailability) -> AuthenticatorError {
    match failure {
        CallFailure::Untrusted(reason) => reason.into(),
        CallFailure::NotReached => Unavailability::NotReached.into(),
        CallFailure::Lost => lost.into(),
    }
}
