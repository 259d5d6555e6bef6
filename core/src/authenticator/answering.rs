//! decision → response → delivery.
//!
//! The decision and its signed token are committed before the first byte goes out. From there on the flow runs by itself,
//! whatever becomes of the caller; what it cannot finish, [`retry`] does.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::{self, Try};
use super::context::{Context, Verified};
use crate::account::AccountRecord;
use crate::decision::{Choice, Decision};
use crate::delivery::{Answer, AnswerWarning, Delivery, QueueReason, Sending, SignedToken, Wait};
use crate::error::{AuthenticatorError, Conflict, KeyFailure, Party, StorageFailure};
use crate::lifecycle::{Decided, Event, Position, Progress, Stage};
use crate::ports::VerificationPrompt;
use crate::profile::wire;
use crate::random;
use crate::request::{AuthRequest, RequestRecord};
use crate::response;
use crate::store::Tx;
use crate::store::trying::Trying;

/// Who wants undelivered decisions tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryTrigger {
    /// A person: the back-off is ignored, the server's `Retry-After` is not.
    Person,
    /// The system, for instance when the network is back: both are obeyed.
    System,
}

/// A decision with what it needs to be sent.
struct Ready {
    decision: Arc<Decision>,
}

impl Ready {
    /// An approval needs the person's verification.
    fn approval(decision: Arc<Decision>, _: Verified) -> Self {
        Self { decision }
    }

    /// A denial needs nothing.
    fn denial(decision: Arc<Decision>) -> Self {
        Self { decision }
    }
}

pub(super) async fn send(
    context: &Arc<Context>,
    decision: Arc<Decision>,
) -> Result<Answer, AuthenticatorError> {
    let wanted = Arc::clone(&decision);
    if let Some(settled) = context.blocking(move |context| consider(context, &wanted)).await? {
        return Ok(settled);
    }
    let ready = match decision.choice() {
        Choice::Approve => {
            let verified = context.verify(prompt(decision.request())).await?;
            Ready::approval(decision, verified)
        }
        Choice::Deny => Ready::denial(decision),
    };
    let context = Arc::clone(context);
    // Its own task: a caller that goes away must not stop this between "sent" and "recorded".
    tokio::spawn(async move { decide(&context, ready).await })
        .await
        .unwrap_or(Err(AuthenticatorError::Internal))
}

pub(super) async fn retry(
    context: &Arc<Context>,
    trigger: RetryTrigger,
    device_id: Option<String>,
) -> Result<Vec<Answer>, AuthenticatorError> {
    let due = context.blocking(move |context| due(context, trigger, device_id.as_deref())).await?;
    let context = Arc::clone(context);
    tokio::spawn(async move {
        let mut answers = Vec::new();
        for id in due {
            answers.extend(retry_one(&context, id).await?);
        }
        Ok(answers)
    })
    .await
    .unwrap_or(Err(AuthenticatorError::Internal))
}

/// What a screen is told of a decided request.
pub(super) fn answer(record: &RequestRecord, now: Times) -> Option<Answer> {
    let Stage::Decided(decided) = &record.stage else { return None };
    let sending = &decided.sending;
    let delivery = match decided.progress.delivery() {
        // Nothing will be tried any more; the next retry writes it down.
        Delivery::Queued if record.has_expired(now.server) && !is_leased(sending, now.device) => {
            Delivery::Expired
        }
        delivery => delivery,
    };
    let corrected = sending.clock_corrected.then_some(AnswerWarning::ClockCorrected);
    Some(Answer {
        request_id: record.id.clone(),
        device_id: record.device_id.clone(),
        decision: decided.choice,
        approved_account_ids: decided.account_ids.clone(),
        delivery,
        server: sending.server.clone(),
        reason: match (delivery, decided.progress) {
            (Delivery::Queued, Progress::UnderWay) => Some(QueueReason::UnderWay),
            (Delivery::Queued, _) => sending.reason,
            _ => None,
        },
        clock_offset_seconds: sending.clock_offset,
        warnings: corrected.into_iter().collect(),
        decided_at: decided.at,
    })
}

/// The device's time, and the server's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) device: i64,
    pub(super) server: i64,
}

/// Before the person is bothered: is there anything to send, may it be sent, does it contradict?
fn consider(context: &Context, decision: &Decision) -> Result<Option<Answer>, AuthenticatorError> {
    let (record, account) = context.store.read(|tx| load(tx, &decision.request_id()))?;
    record.stage.clone().decide(draft_decision(decision, 0, String::new()))?;
    if let Some(settled) = settled(context, &record)? {
        return Ok(Some(settled));
    }
    if let Some(answer) = told(context, &record)? {
        // Not even a person's impatience overrides the server's wish, and an ended decision stays ended.
        let waits = matches!(&record.stage, Stage::Decided(made) if made.sending.must_wait(context.now()));
        if waits || answer.delivery == Delivery::Expired {
            return Ok(Some(answer));
        }
    }
    let Some(account) = account else {
        return Err(AuthenticatorError::UnknownDevice { by: Party::Local });
    };
    context.http.check(&account.discovery.origin)?;
    Ok(None)
}

/// The answer of a decision of which nothing is left to send.
fn settled(context: &Context, record: &RequestRecord) -> Result<Option<Answer>, AuthenticatorError> {
    match record.stage.position() {
        Position::Decided(Progress::UnderWay | Progress::Queued | Progress::Unconfirmed)
        | Position::Pending => Ok(None),
        Position::Closed | Position::Decided(_) => told(context, record),
    }
}

pub(super) fn told(context: &Context, record: &RequestRecord) -> Result<Option<Answer>, AuthenticatorError> {
    let device = context.now();
    let server = context.store.read(|tx| server_now(tx, record, device))?;
    Ok(answer(record, Times { device, server }))
}

/// The server's time for a request: by its account's server, or the device's own once that is gone.
pub(super) fn server_now(tx: &Tx<'_>, record: &RequestRecord, now: i64) -> Result<i64, AuthenticatorError> {
    let Some(account) = tx.account(&record.device_id)? else { return Ok(now) };
    Ok(now.saturating_add(tx.clock_offset(&account.discovery.origin)?))
}

async fn decide(context: &Arc<Context>, ready: Ready) -> Result<Answer, AuthenticatorError> {
    let id = ready.decision.request_id();
    let decision = Arc::clone(&ready.decision);
    let Some(trying) = claim(context, &id).await? else {
        // Somebody else is sending: this is the same decision, or a contradiction.
        return context.blocking(move |context| join(context, &decision)).await;
    };
    let begun =
        context.blocking(move |context| begin(context, &decision, &trying).map(|begun| (begun, trying)));
    match begun.await? {
        (Begun::Settled(answer), _) => Ok(answer),
        (Begun::UnderWay(try_), trying) => attempt::run(context, *try_, trying).await,
    }
}

/// The right to try; asked for a little longer than it takes another process to commit its decision.
async fn claim(context: &Arc<Context>, id: &str) -> Result<Option<Trying>, AuthenticatorError> {
    for _ in 0..CLAIM_TRIES {
        let wanted = id.to_owned();
        let claimed = context.blocking(move |context| Trying::claim(context.store.folder(), &wanted)).await?;
        if claimed.is_some() {
            return Ok(claimed);
        }
        let wanted = id.to_owned();
        let (record, _) = context.blocking(move |context| context.store.read(|tx| load(tx, &wanted))).await?;
        if record.stage.position() != Position::Pending {
            return Ok(None);
        }
        tokio::time::sleep(CLAIM_PAUSE).await;
    }
    Ok(None)
}

fn join(context: &Context, decision: &Decision) -> Result<Answer, AuthenticatorError> {
    let (mut record, _) = context.store.read(|tx| load(tx, &decision.request_id()))?;
    if record.stage == Stage::Pending {
        // Its holder has not decided after all; nothing was decided here either.
        return Err(StorageFailure::Busy.into());
    }
    record.stage.decide(draft_decision(decision, 0, String::new()))?;
    told(context, &record)?.ok_or(AuthenticatorError::Internal)
}

/// What [`begin`] leads to.
enum Begun {
    Settled(Answer),
    UnderWay(Box<Try>),
}

/// Signs, and commits the decision with its token: from here on it is made.
fn begin(context: &Context, decision: &Decision, trying: &Trying) -> Result<Begun, AuthenticatorError> {
    let (mut record, account) = context.store.read(|tx| load(tx, &decision.request_id()))?;
    let account = account.ok_or(AuthenticatorError::UnknownDevice { by: Party::Local })?;
    let server_now = context.server_now(&account.discovery.origin)?;
    record.stage.decide(draft_decision(decision, server_now, random::jti()?))?;
    if let Some(settled) = settled(context, &record)? {
        return Ok(Begun::Settled(settled));
    }
    let token = usable_token(context, &record, &account, server_now)?;
    commit(context, record, account, token, trying)
}

/// Writes the decision, the token and the lease in one transaction, if nothing happened to the request meanwhile.
fn commit(
    context: &Context,
    mut record: RequestRecord,
    account: AccountRecord,
    token: SignedToken,
    trying: &Trying,
) -> Result<Begun, AuthenticatorError> {
    let now = context.now();
    let decided = context.store.write(|tx| {
        let (stored, still_there) = load(tx, &record.id)?;
        if still_there.is_none() {
            return Err(AuthenticatorError::UnknownDevice { by: Party::Local });
        }
        let Stage::Decided(wanted) = std::mem::replace(&mut record.stage, stored.stage) else {
            return Err(AuthenticatorError::Internal);
        };
        let before = record.stage.position();
        let jti = wanted.sending.jti.clone();
        // Another process may have decided it since it was read: then this is the same decision, or an error.
        record.stage.decide(*wanted)?;
        record.stage.advance(Event::Try)?;
        let position = record.stage.position();
        let Stage::Decided(decided) = &mut record.stage else { return Err(AuthenticatorError::Internal) };
        let sending = &mut decided.sending;
        let leased = trying.believes_leases() && is_leased(sending, now);
        if leased || sending.jti != jti || position != Position::Decided(Progress::UnderWay) {
            // Somebody without the mark was quicker; what they did is told by the next call.
            return Err(StorageFailure::Busy.into());
        }
        // A try that was cut off may have arrived.
        sending.may_have_arrived |= before == Position::Decided(Progress::UnderWay);
        sending.lease = Some(Wait::new(now, context.lease_seconds()));
        sending.token = Some(token.clone());
        let decided = (**decided).clone();
        tx.put_request(&record)?;
        Ok(decided)
    })?;
    Ok(Begun::UnderWay(Box::new(Try { record, account, decided, token })))
}

/// The stored token while the server would still take it, else a new one with the same id.
fn usable_token(
    context: &Context,
    record: &RequestRecord,
    account: &AccountRecord,
    server_now: i64,
) -> Result<SignedToken, AuthenticatorError> {
    let Stage::Decided(decided) = &record.stage else { return Err(AuthenticatorError::Internal) };
    match &decided.sending.token {
        // One from the future was signed by a clock that has been corrected since.
        Some(token) if (token.issued_at..=token.usable_until).contains(&server_now) => Ok(token.clone()),
        _ => sign(context, record, account, decided, server_now),
    }
}

/// Signs a decision for the server's time.
pub(super) fn sign(
    context: &Context,
    record: &RequestRecord,
    account: &AccountRecord,
    decided: &Decided,
    server_now: i64,
) -> Result<SignedToken, AuthenticatorError> {
    let named = record.named_accounts(decided.choice, &decided.account_ids);
    let facts = record.answer_facts(decided.choice, &named);
    let token = wire(account.discovery.profile).answer(&account.discovery, &facts);
    let draft = response::draft(&account.discovery, &token, &decided.sending.jti, server_now);
    let compact = context.sign(&account.key_alias, draft.unsigned)?;
    Ok(SignedToken { compact, issued_at: server_now, usable_until: draft.usable_until })
}

/// The undelivered decisions that may be tried now, the oldest first.
fn due(
    context: &Context,
    trigger: RetryTrigger,
    device_id: Option<&str>,
) -> Result<Vec<String>, AuthenticatorError> {
    let now = context.now();
    let mut records = context.store.read(|tx| tx.requests())?;
    records.reverse();
    let is_due = |record: &RequestRecord| match &record.stage {
        Stage::Decided(decided) => {
            let patient = trigger == RetryTrigger::System && decided.sending.should_wait(now);
            decided.progress.delivery() == Delivery::Queued && !decided.sending.must_wait(now) && !patient
        }
        Stage::Pending | Stage::Closed => false,
    };
    let wanted = |record: &RequestRecord| device_id.is_none_or(|id| record.device_id == id);
    Ok(records
        .into_iter()
        .filter(|record| wanted(record) && is_due(record))
        .map(|record| record.id)
        .collect())
}

async fn retry_one(context: &Arc<Context>, id: String) -> Result<Option<Answer>, AuthenticatorError> {
    let begun = context.blocking(move |context| match Trying::claim(context.store.folder(), &id)? {
        Some(trying) => Ok(resume(context, &id, &trying)?.map(|begun| (begun, trying))),
        None => Ok(None),
    });
    match begun.await? {
        None => Ok(None),
        Some((Begun::Settled(answer), _)) => Ok(Some(answer)),
        Some((Begun::UnderWay(try_), trying)) => attempt::run(context, *try_, trying).await.map(Some),
    }
}

/// Takes up an undelivered decision; `None` when there is nothing left to do.
fn resume(context: &Context, id: &str, trying: &Trying) -> Result<Option<Begun>, AuthenticatorError> {
    let (record, account) = context.store.read(|tx| load(tx, id))?;
    let (Some(account), Stage::Decided(decided)) = (account, &record.stage) else { return Ok(None) };
    let leased = trying.believes_leases() && is_leased(&decided.sending, context.now());
    if decided.progress.delivery() != Delivery::Queued || leased {
        return Ok(None);
    }
    let server_now = context.server_now(&account.discovery.origin)?;
    if record.has_expired(server_now) {
        return end(context, record).map(|answer| answer.map(Begun::Settled));
    }
    match usable_token(context, &record, &account, server_now) {
        Ok(token) => commit(context, record, account, token, trying).map(Some),
        Err(AuthenticatorError::Key { reason }) => {
            hold(context, record, reason).map(|answer| answer.map(Begun::Settled))
        }
        Err(error) => Err(error),
    }
}

/// Its life is over before it was delivered.
fn end(context: &Context, mut record: RequestRecord) -> Result<Option<Answer>, AuthenticatorError> {
    record.stage.advance(Event::End)?;
    context.store.write(|tx| tx.put_request(&record))?;
    told(context, &record)
}

/// The key cannot sign without the person, or at all: the decision stays.
fn hold(
    context: &Context,
    mut record: RequestRecord,
    reason: KeyFailure,
) -> Result<Option<Answer>, AuthenticatorError> {
    if let Stage::Decided(decided) = &mut record.stage {
        decided.sending.may_have_arrived |= decided.progress == Progress::UnderWay;
        decided.progress = Progress::Queued;
        decided.sending.reason = Some(match reason {
            KeyFailure::NeedsUser => QueueReason::NeedsUser,
            other => QueueReason::Key(other),
        });
    }
    context.store.write(|tx| tx.put_request(&record))?;
    told(context, &record)
}

fn load(tx: &Tx<'_>, id: &str) -> Result<(RequestRecord, Option<AccountRecord>), AuthenticatorError> {
    let record = tx.request(id)?.ok_or(AuthenticatorError::UnknownRequest)?;
    let account = tx.account(&record.device_id)?.filter(|account| !account.gone_at_server);
    if account.is_none() && record.stage == Stage::Pending {
        return Err(Conflict::RequestClosed.into());
    }
    Ok((record, account))
}

fn draft_decision(decision: &Decision, server_now: i64, jti: String) -> Decided {
    Decided {
        choice: decision.choice(),
        account_ids: decision.account_ids(),
        at: server_now,
        progress: Progress::UnderWay,
        sending: Sending::new(jti),
    }
}

fn is_leased(sending: &Sending, now: i64) -> bool {
    sending.lease.is_some_and(|lease| !lease.is_over(now))
}

fn prompt(request: &AuthRequest) -> VerificationPrompt {
    let consent = request.consent.as_ref();
    let application = consent.and_then(|consent| consent.application.clone());
    let amount = consent.and_then(|consent| consent.amount.as_ref());
    VerificationPrompt {
        request_id: request.id.clone(),
        application_name: application.or_else(|| request.application_name.clone()),
        username: request.username.clone(),
        binding_message: consent.and_then(|consent| consent.binding_message.clone()),
        amount: amount.map(|amount| format!("{} {}", amount.value, amount.currency)),
    }
}

const CLAIM_TRIES: u32 = 40;
const CLAIM_PAUSE: Duration = Duration::from_millis(50);
