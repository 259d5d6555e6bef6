//! The façade: what a shell can do. Each method reads as its flow; nothing else lives long.

mod answering;
mod attempt;
mod context;
mod enrolment;
mod leaving;
mod matching;
mod receiving;
mod retrying;
mod signing;
mod telling;

use std::sync::Arc;

pub use leaving::Undelivered;
pub use retrying::RetryTrigger;

use crate::account::{Account, EnrolmentPreview, Removal};
use crate::decision::{Decision, Review};
use crate::delivery::{Answer, Delivery};
use crate::device::{Device, check_push_id, device_name};
#[cfg(feature = "desk")]
use crate::error::Party;
use crate::error::{AuthenticatorError, Conflict};
use crate::http::check_bearer;
use crate::ports::{Clock, KeyStore, UserVerifier, Vault};
use crate::profile;
use crate::push::Incoming;
use crate::request::{AuthRequest, Received, RequestRecord, RequestState};
use crate::trust::TrustSettings;

use context::Context;
use leaving::Change;
use telling::entry;

/// The authenticator of one installation: its accounts, their requests, and the decisions on them.
///
/// Open one and keep it. Several may share a directory, also from several processes. Methods marked 💾 change what is
/// stored; those marked 🌐 talk to a server. A caller may stop waiting for any of them: what was begun is finished or kept.
pub struct Authenticator {
    context: Arc<Context>,
}

/// How an authenticator works.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The folder for everything that is stored. Made (0700) if it is not there; keep it out of backups.
    pub directory: String,
    /// Whom to talk to.
    pub trust: TrustSettings,
    /// Most seconds for a whole call to a server.
    pub timeout_seconds: u32,
    /// Most seconds for name resolution, TCP and TLS; cut to less than the whole.
    pub connect_seconds: u32,
    /// Most seconds that a person may take to be verified.
    pub verification_seconds: u32,
    /// How long a request waits for its person, in seconds; `None`: what its kind of server allows.
    pub request_life_seconds: Option<u32>,
    /// Most past requests that are kept as history.
    pub history_limit: u32,
}

/// One line of the history: what was shown, and what was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The request as it was shown.
    pub request: AuthRequest,
    /// The decision, when there is one.
    pub answer: Option<Answer>,
}

impl Configuration {
    /// The defaults, for a folder.
    #[must_use]
    pub fn new(directory: String) -> Self {
        Self {
            directory,
            trust: TrustSettings::default(),
            timeout_seconds: 30,
            connect_seconds: 10,
            verification_seconds: 120,
            request_life_seconds: None,
            history_limit: 1000,
        }
    }
}

impl Authenticator {
    /// 💾 Opens the store, making it if there is none. Blocks for some milliseconds (more with a passphrase).
    pub fn open(
        configuration: Configuration,
        key_store: Arc<dyn KeyStore>,
        vault: Arc<dyn Vault>,
        verifier: Arc<dyn UserVerifier>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, AuthenticatorError> {
        let context = Context::open(&configuration, key_store, vault.as_ref(), verifier, clock)?;
        Ok(Arc::new(Self { context: Arc::new(context) }))
    }

    /// Reads a QR code without enrolling, so that the person can see with whom they are about to.
    pub fn preview_enrolment(&self, qr: String) -> Result<EnrolmentPreview, AuthenticatorError> {
        let discovery = profile::discover(&qr)?;
        self.context.http.check(&discovery.origin)?;
        Ok(EnrolmentPreview::of(&discovery))
    }

    /// 💾 🌐 Enrols this device with the server of a scanned QR code: makes a key, proves it, stores the account.
    ///
    /// If the answer is lost the account stays `registering`, and the same QR code again settles it. A user may have only one
    /// device on classic and Open Banking servers: a second one breaks the login, and nothing on the wire tells.
    pub async fn add_account(&self, qr: String, device: Device) -> Result<Account, AuthenticatorError> {
        let discovery = profile::discover(&qr)?;
        let device = device.checked()?;
        let context = Arc::clone(&self.context);
        let enrolment =
            tokio::spawn(async move { enrolment::add_account(&context, discovery, device).await });
        let account = enrolment.await.unwrap_or(Err(AuthenticatorError::Internal))?;
        Ok(account.view())
    }

    /// Every account, the oldest first.
    pub async fn accounts(&self) -> Result<Vec<Account>, AuthenticatorError> {
        let accounts = self.context.blocking(|context| context.store.read(|tx| tx.accounts())).await?;
        Ok(accounts
            .iter()
            .filter(|account| !account.gone_at_server)
            .map(crate::account::AccountRecord::view)
            .collect())
    }

    /// The full push token of an account, for a desk that follows a push gateway on behalf of its accounts.
    #[cfg(feature = "desk")]
    pub async fn push_id(&self, device_id: String) -> Result<String, AuthenticatorError> {
        let account = self.context.blocking(move |context| context.store.read(|tx| tx.account(&device_id)));
        let account = account.await?.filter(|account| !account.gone_at_server);
        account.map(|account| account.push_id).ok_or(AuthenticatorError::UnknownDevice { by: Party::Local })
    }

    /// 💾 Takes in a push message, as JSON. `sent_at` is when the push service says it was sent, in seconds since 1970.
    ///
    /// The same push again is the same request, as it now stands.
    pub async fn process_auth_request(
        &self,
        push: String,
        sent_at: Option<i64>,
    ) -> Result<Received, AuthenticatorError> {
        let push = Incoming::read(&push)?;
        self.context.blocking(move |context| receiving::receive(context, push, sent_at)).await
    }

    /// The requests in a state (or in any), the newest first.
    pub async fn requests(
        &self,
        state: Option<RequestState>,
    ) -> Result<Vec<AuthRequest>, AuthenticatorError> {
        let history = self.history(None, None).await?;
        let wanted = |request: &AuthRequest| state.is_none_or(|state| request.state == state);
        Ok(history.into_iter().map(|entry| entry.request).filter(wanted).collect())
    }

    /// Reads what a request asks for. The review is what a decision is made from.
    pub async fn process_consent_data(&self, request_id: String) -> Result<Arc<Review>, AuthenticatorError> {
        let entry = self.entry(request_id).await?;
        Ok(Arc::new(Review::new(entry.request)))
    }

    /// The approval of a review, with the chosen accounts: for a consent at least one, for a plain login none.
    pub fn add_approved_account_ids(
        &self,
        review: Arc<Review>,
        account_ids: Vec<String>,
    ) -> Result<Arc<Decision>, AuthenticatorError> {
        review.approve(account_ids)
    }

    /// The number that the other screen shows, among decoys in no telling order, for a screen where the person picks it.
    /// Typing it is the stronger proof: a picker can be guessed at.
    pub async fn number_choices(&self, request_id: String) -> Result<Vec<String>, AuthenticatorError> {
        self.context.blocking(move |context| matching::choices(context, &request_id)).await
    }

    /// 💾 The approval of a review that asks for a number, with the number as the person typed or picked it. A wrong one
    /// is counted; after three only a denial is left.
    pub async fn match_number(
        &self,
        review: Arc<Review>,
        account_ids: Vec<String>,
        number: String,
    ) -> Result<Arc<Decision>, AuthenticatorError> {
        let request_id = review.request().id;
        let compared = self.context.blocking(move |context| matching::compare(context, &request_id, &number));
        let matched = compared.await?;
        review.approve_matched(account_ids, matched)
    }

    /// 💾 🌐 Makes a decision and delivers it. An approval asks the person through the [`UserVerifier`] first.
    ///
    /// Once this has begun to send, the decision is made and on disk, whatever becomes of the network, the caller or the
    /// process; [`Answer::delivery`] tells how far it came. The same decision again sends an unconfirmed or queued one
    /// once more, and returns any other as it stands.
    pub async fn send_auth_request(&self, decision: Arc<Decision>) -> Result<Answer, AuthenticatorError> {
        answering::send(&self.context, decision).await
    }

    /// 💾 🌐 Tries to deliver what is queued and due, and says what became of it.
    pub async fn retry(&self, trigger: RetryTrigger) -> Result<Vec<Answer>, AuthenticatorError> {
        retrying::retry(&self.context, trigger, None).await
    }

    /// Every request with its answer, the newest first; of one account, or of all, also of removed ones.
    pub async fn history(
        &self,
        device_id: Option<String>,
        limit: Option<u32>,
    ) -> Result<Vec<HistoryEntry>, AuthenticatorError> {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        self.context
            .blocking(move |context| {
                let now = context.now();
                context.store.read(|tx| {
                    let wanted = |record: &RequestRecord| {
                        device_id.as_ref().is_none_or(|device_id| record.device_id == *device_id)
                    };
                    let records = tx.requests()?.into_iter().filter(wanted).take(limit);
                    records.map(|record| entry(tx, &record, now)).collect()
                })
            })
            .await
    }

    /// 💾 Deletes one past request from the history. What waits for the person or for delivery cannot be deleted.
    pub async fn delete_from_history(&self, request_id: String) -> Result<(), AuthenticatorError> {
        self.context
            .blocking(move |context| {
                let now = context.now();
                context.store.write(|tx| {
                    let record = tx.request(&request_id)?.ok_or(AuthenticatorError::UnknownRequest)?;
                    let entry = entry(tx, &record, now)?;
                    let waiting = entry.request.state == RequestState::Pending
                        || entry.answer.is_some_and(|answer| answer.delivery == Delivery::Queued)
                        || record.is_being_sent(now);
                    if waiting {
                        Err(Conflict::DecisionPending.into())
                    } else {
                        tx.forget_request(&request_id, now)
                    }
                })
            })
            .await
    }

    /// A request with its answer.
    pub async fn entry(&self, request_id: String) -> Result<HistoryEntry, AuthenticatorError> {
        self.context
            .blocking(move |context| {
                let now = context.now();
                context.store.read(|tx| {
                    let record = tx.request(&request_id)?.ok_or(AuthenticatorError::UnknownRequest)?;
                    entry(tx, &record, now)
                })
            })
            .await
    }

    /// 💾 🌐 Removes the device at its server, and then the account and its key here. Its history stays.
    ///
    /// Not within seconds of an approval: the server looks at the key once more when the browser comes back.
    pub async fn remove_account(
        &self,
        device_id: String,
        undelivered: Undelivered,
    ) -> Result<Removal, AuthenticatorError> {
        let context = Arc::clone(&self.context);
        let removal = tokio::spawn(async move { leaving::remove(&context, device_id, undelivered).await });
        removal.await.unwrap_or(Err(AuthenticatorError::Internal))
    }

    /// 💾 Deletes the account and its key here and tells nobody. The server goes on pushing to this device; prefer
    /// [`remove_account`](Self::remove_account).
    pub async fn forget_account(&self, device_id: String) -> Result<(), AuthenticatorError> {
        let context = Arc::clone(&self.context);
        let forgetting = tokio::spawn(async move { leaving::forget(&context, device_id).await });
        forgetting.await.unwrap_or(Err(AuthenticatorError::Internal))
    }

    /// 💾 🌐 Tells the server of a new push token. Without the user's bearer token the way is a new enrolment.
    pub async fn set_push_id(
        &self,
        device_id: String,
        push_id: String,
        bearer: Option<String>,
    ) -> Result<Account, AuthenticatorError> {
        check_push_id(&push_id)?;
        self.change(device_id, Change::PushId(push_id), bearer).await
    }

    /// 💾 🌐 Tells the server of a new device name, cut to 45 characters. Needs the user's bearer token.
    pub async fn set_device_name(
        &self,
        device_id: String,
        name: String,
        bearer: Option<String>,
    ) -> Result<Account, AuthenticatorError> {
        self.change(device_id, Change::Name(device_name(&name)), bearer).await
    }

    async fn change(
        &self,
        device_id: String,
        change: Change,
        bearer: Option<String>,
    ) -> Result<Account, AuthenticatorError> {
        bearer.as_deref().map(check_bearer).transpose()?;
        let context = Arc::clone(&self.context);
        let changing =
            tokio::spawn(async move { leaving::change(&context, device_id, change, bearer).await });
        Ok(changing.await.unwrap_or(Err(AuthenticatorError::Internal))?.view())
    }
}
