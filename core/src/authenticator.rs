//! The façade: what a shell can do. Each method reads as its flow; nothing else lives long.

mod answering;
mod attempt;
mod context;
mod enrolment;
mod leaving;
mod matching;
mod past;
mod receiving;
mod retrying;
mod signing;
mod telling;

use std::future::Future;
use std::sync::Arc;

use serde::Serialize;

pub use leaving::Undelivered;
pub use retrying::RetryTrigger;

use crate::account::{Account, EnrolmentPreview, Removal};
use crate::decision::{Decision, Review};
use crate::delivery::Answer;
use crate::device::{Device, Reachable, check_push_id, device_name};
use crate::error::AuthenticatorError;
#[cfg(feature = "desk")]
use crate::error::Party;
use crate::http::check_bearer;
use crate::log::{Event, LogLevel, LogSink};
use crate::ports::{Clock, KeyStore, UserVerifier, Vault};
use crate::profile;
use crate::push::Incoming;
use crate::request::{AuthRequest, Received, RequestState};
use crate::trust::TrustSettings;

use context::Context;
use leaving::Change;

/// The authenticator of one installation: its accounts, their requests, and the decisions on them.
///
/// Open one and keep it. Several may share a directory, also from several processes. Methods marked 💾 change what is
/// stored; those marked 🌐 talk to a server. A caller may stop waiting for any of them: what was begun is finished or kept.
#[cfg_attr(feature = "uniffi", derive(uniffi::Object))]
pub struct Authenticator {
    context: Arc<Context>,
}

/// How an authenticator works.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Configuration {
    /// The folder for everything that is stored. Made (0700) if it is not there; keep it out of backups.
    pub directory: String,
    /// Whom to talk to.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub trust: TrustSettings,
    /// Most seconds for a whole call to a server.
    #[cfg_attr(feature = "uniffi", uniffi(default = 30))]
    pub timeout_seconds: u32,
    /// Most seconds for name resolution, TCP and TLS; cut to less than the whole.
    #[cfg_attr(feature = "uniffi", uniffi(default = 10))]
    pub connect_seconds: u32,
    /// Most seconds that a person may take to be verified.
    #[cfg_attr(feature = "uniffi", uniffi(default = 120))]
    pub verification_seconds: u32,
    /// How long a request waits for its person, in seconds; `None`: what its kind of server allows.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub request_life_seconds: Option<u32>,
    /// Most past requests that are kept as history.
    #[cfg_attr(feature = "uniffi", uniffi(default = 1000))]
    pub history_limit: u32,
}

/// One line of the history: what was shown, and what was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct HistoryEntry {
    /// The request as it was shown.
    pub request: AuthRequest,
    /// The decision, when there is one.
    pub answer: Option<Answer>,
}

impl Configuration {
    /// The defaults, for a folder: the same that Kotlin and Swift have from the fields' own annotations.
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

#[cfg_attr(feature = "uniffi", uniffi::export(async_runtime = "tokio"))]
impl Authenticator {
    /// 💾 Opens the store, making it if there is none. Takes some milliseconds (more with a passphrase).
    #[cfg_attr(feature = "uniffi", uniffi::constructor)]
    pub async fn open(
        configuration: Configuration,
        key_store: Arc<dyn KeyStore>,
        vault: Arc<dyn Vault>,
        verifier: Arc<dyn UserVerifier>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, AuthenticatorError> {
        let opening = tokio::task::spawn_blocking(move || {
            Context::open(&configuration, key_store, vault.as_ref(), verifier, clock)
        });
        let context = opening.await.unwrap_or(Err(AuthenticatorError::Internal))?;
        Ok(Arc::new(Self { context: Arc::new(context) }))
    }

    /// From now on tells this sink what happens, up to a level of detail, and no sink that was set before. The lines hold
    /// nothing that a stranger, the person or a server wrote, and no secret.
    pub async fn set_log(
        &self,
        sink: Arc<dyn LogSink>,
        most_detailed: LogLevel,
    ) -> Result<(), AuthenticatorError> {
        self.context.log.set(sink, most_detailed)
    }

    /// Reads a QR code without enrolling, so that the person can see with whom they are about to.
    pub async fn preview_enrolment(&self, qr: String) -> Result<EnrolmentPreview, AuthenticatorError> {
        #[cfg(feature = "panic-probe")]
        crate::probe::polled(&qr);
        self.noted("preview_enrolment", async {
            let discovery = profile::discover(&qr)?;
            self.context.http.check(&discovery.origin)?;
            Ok(EnrolmentPreview::of(&discovery))
        })
        .await
    }

    /// 💾 🌐 Enrols this device with the server of a scanned QR code: makes a key, proves it, stores the account.
    ///
    /// `push_id` is the token under which the push service reaches this installation: 1-255 characters. If the answer is
    /// lost the account stays `registering`, and the same QR code again settles it. A user may have only one device on
    /// classic and Open Banking servers: a second one breaks the login, and nothing on the wire tells.
    pub async fn add_account(
        &self,
        qr: String,
        push_id: String,
        device: Device,
    ) -> Result<Account, AuthenticatorError> {
        self.noted("add_account", async {
            let discovery = profile::discover(&qr)?;
            let device = Reachable::new(device, push_id)?;
            let context = Arc::clone(&self.context);
            let account =
                whole(async move { enrolment::add_account(&context, discovery, device).await }).await?;
            Ok(account.view())
        })
        .await
    }

    /// Every account, the oldest first.
    pub async fn accounts(&self) -> Result<Vec<Account>, AuthenticatorError> {
        self.noted("accounts", past::accounts(&self.context)).await
    }

    /// 💾 Takes in a push message, as JSON. `sent_at` is when the push service says it was sent, in seconds since 1970.
    ///
    /// The same push again is the same request, as it now stands.
    pub async fn process_auth_request(
        &self,
        push: String,
        sent_at: Option<i64>,
    ) -> Result<Received, AuthenticatorError> {
        self.noted("process_auth_request", async {
            let push = Incoming::read(&push)?;
            self.context.blocking(move |context| receiving::receive(context, push, sent_at)).await
        })
        .await
    }

    /// The requests in a state (or in any), the newest first.
    pub async fn requests(
        &self,
        state: Option<RequestState>,
    ) -> Result<Vec<AuthRequest>, AuthenticatorError> {
        let history = self.noted("requests", past::history(&self.context, None, None)).await?;
        let wanted = |request: &AuthRequest| state.is_none_or(|state| request.state == state);
        Ok(history.into_iter().map(|entry| entry.request).filter(wanted).collect())
    }

    /// Reads what a request asks for. The review is what a decision is made from.
    pub async fn process_consent_data(&self, request_id: String) -> Result<Arc<Review>, AuthenticatorError> {
        let entry = self.noted("process_consent_data", past::entry(&self.context, request_id)).await?;
        Ok(Arc::new(Review::new(entry.request)))
    }

    /// The approval of a review, with the chosen accounts: for a consent at least one, for a plain login none.
    pub async fn add_approved_account_ids(
        &self,
        review: Arc<Review>,
        account_ids: Vec<String>,
    ) -> Result<Arc<Decision>, AuthenticatorError> {
        self.noted("add_approved_account_ids", async { review.approve(account_ids) }).await
    }

    /// The number that the other screen shows, among decoys in no telling order, for a screen where the person picks it.
    /// Typing it is the stronger proof: a picker can be guessed at.
    pub async fn number_choices(&self, request_id: String) -> Result<Vec<String>, AuthenticatorError> {
        let choosing = self.context.blocking(move |context| matching::choices(context, &request_id));
        self.noted("number_choices", choosing).await
    }

    /// 💾 The approval of a review that asks for a number, with the number as the person typed or picked it. A wrong one
    /// is counted; after three only a denial is left.
    pub async fn match_number(
        &self,
        review: Arc<Review>,
        account_ids: Vec<String>,
        number: String,
    ) -> Result<Arc<Decision>, AuthenticatorError> {
        self.noted("match_number", async {
            let request_id = review.request().id;
            let compared =
                self.context.blocking(move |context| matching::compare(context, &request_id, &number));
            let matched = compared.await?;
            review.approve_matched(account_ids, matched)
        })
        .await
    }

    /// 💾 🌐 Makes a decision and delivers it. An approval asks the person through the [`UserVerifier`] first.
    ///
    /// Once this has begun to send, the decision is made and on disk, whatever becomes of the network, the caller or the
    /// process; [`Answer::delivery`] tells how far it came. The same decision again sends an unconfirmed or queued one
    /// once more, and returns any other as it stands.
    pub async fn send_auth_request(&self, decision: Arc<Decision>) -> Result<Answer, AuthenticatorError> {
        self.noted("send_auth_request", answering::send(&self.context, decision)).await
    }

    /// 💾 🌐 Tries to deliver what is queued and due, and says what became of it.
    pub async fn retry(&self, trigger: RetryTrigger) -> Result<Vec<Answer>, AuthenticatorError> {
        self.noted("retry", retrying::retry(&self.context, trigger, None)).await
    }

    /// Every request with its answer, the newest first; of one account, or of all, also of removed ones.
    pub async fn history(
        &self,
        device_id: Option<String>,
        limit: Option<u32>,
    ) -> Result<Vec<HistoryEntry>, AuthenticatorError> {
        self.noted("history", past::history(&self.context, device_id, limit)).await
    }

    /// 💾 Deletes one past request from the history. What waits for the person or for delivery cannot be deleted.
    pub async fn delete_from_history(&self, request_id: String) -> Result<(), AuthenticatorError> {
        self.noted("delete_from_history", past::delete(&self.context, request_id)).await
    }

    /// A request with its answer.
    pub async fn entry(&self, request_id: String) -> Result<HistoryEntry, AuthenticatorError> {
        self.noted("entry", past::entry(&self.context, request_id)).await
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
        let removing = whole(async move { leaving::remove(&context, device_id, undelivered).await });
        self.noted("remove_account", removing).await
    }

    /// 💾 Deletes the account and its key here and tells nobody. The server goes on pushing to this device; prefer
    /// [`remove_account`](Self::remove_account).
    pub async fn forget_account(&self, device_id: String) -> Result<(), AuthenticatorError> {
        let context = Arc::clone(&self.context);
        let forgetting = whole(async move { leaving::forget(&context, device_id).await });
        self.noted("forget_account", forgetting).await
    }

    /// 💾 🌐 Tells the server of a new push token. Without the user's bearer token the way is a new enrolment.
    pub async fn set_push_id(
        &self,
        device_id: String,
        push_id: String,
        bearer: Option<String>,
    ) -> Result<Account, AuthenticatorError> {
        self.noted("set_push_id", async {
            check_push_id(&push_id)?;
            self.change(device_id, Change::PushId(push_id), bearer).await
        })
        .await
    }

    /// 💾 🌐 Tells the server of a new device name, cut to 45 characters. Needs the user's bearer token.
    pub async fn set_device_name(
        &self,
        device_id: String,
        name: String,
        bearer: Option<String>,
    ) -> Result<Account, AuthenticatorError> {
        self.noted("set_device_name", self.change(device_id, Change::Name(device_name(&name)), bearer)).await
    }
}

impl Authenticator {
    /// The full push token of an account, for a desk that follows a push gateway on behalf of its accounts.
    #[cfg(feature = "desk")]
    pub async fn push_id(&self, device_id: String) -> Result<String, AuthenticatorError> {
        let account = self.context.blocking(move |context| context.store.read(|tx| tx.account(&device_id)));
        let account = account.await?.filter(|account| !account.gone_at_server);
        account.map(|account| account.push_id).ok_or(AuthenticatorError::UnknownDevice { by: Party::Local })
    }

    async fn change(
        &self,
        device_id: String,
        change: Change,
        bearer: Option<String>,
    ) -> Result<Account, AuthenticatorError> {
        bearer.as_deref().map(check_bearer).transpose()?;
        let context = Arc::clone(&self.context);
        let changed = whole(async move { leaving::change(&context, device_id, change, bearer).await });
        Ok(changed.await?.view())
    }

    /// Tells the log of a failure.
    async fn noted<T>(
        &self,
        operation: &'static str,
        flow: impl Future<Output = Result<T, AuthenticatorError>> + Send,
    ) -> Result<T, AuthenticatorError> {
        flow.await.inspect_err(|error| self.context.log.note(&Event::Failed { operation, error }))
    }
}

/// Begins a flow in a task of its own and waits for its end: a caller that stops waiting must not stop it between "sent" and
/// "recorded".
fn whole<T: Send + 'static>(
    flow: impl Future<Output = Result<T, AuthenticatorError>> + Send + 'static,
) -> impl Future<Output = Result<T, AuthenticatorError>> + Send {
    let running = tokio::spawn(flow);
    async { running.await.unwrap_or(Err(AuthenticatorError::Internal)) }
}
