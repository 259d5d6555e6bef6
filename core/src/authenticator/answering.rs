//! decision → response → delivery.
//!
//! The decision and its signed token are committed before the first byte goes out. From there on the flow runs by itself,
//! whatever becomes of the caller; what it cannot finish, a retry does.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::{self, Begun, commit, load};
use super::context::{Context, Verified};
use super::signing::usable_token;
use super::telling::told;
use super::whole;
use crate::choice::Choice;
use crate::clock::Times;
use crate::decision::Decision;
use crate::delivery::{Answer, Delivery};
use crate::error::{ApprovalObstacle, AuthenticatorError, Party, StorageFailure};
use crate::lifecycle::{Decided, Position, Progress, Stage};
use crate::log::Event;
use crate::ports::VerificationPrompt;
use crate::random;
use crate::request::{AuthRequest, RequestRecord};
use crate::sending::Sending;
use crate::store::trying::Trying;

/// A decision with what it needs to be sent: an approval its verification, a denial nothing. What is signed follows from
/// the variant, so without the proof in hand nothing can become an approval.
enum Ready {
    Approval(Arc<Decision>, Verified),
    Denial(Arc<Decision>),
}

impl Ready {
    fn decision(&self) -> &Decision {
        match self {
            Self::Approval(decision, _) | Self::Denial(decision) => decision,
        }
    }

    fn choice(&self) -> Choice {
        match self {
            Self::Approval(..) => Choice::Approve,
            Self::Denial(_) => Choice::Deny,
        }
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
            Ready::Approval(decision, verified)
        }
        Choice::Deny => Ready::Denial(decision),
    };
    let context = Arc::clone(context);
    whole(async move { decide(&context, ready).await }).await
}

/// Before the person is bothered: is there anything to send, may it be sent, does it contradict?
fn consider(context: &Context, decision: &Decision) -> Result<Option<Answer>, AuthenticatorError> {
    let (record, account) = context.store.read(|tx| load(tx, &decision.request_id()))?;
    record.stage.clone().decide(draft(decision, decision.choice(), Times::new(0, 0), String::new()))?;
    if let Some(settled) = settled(context, &record)? {
        return Ok(Some(settled));
    }
    if let Some(answer) = told(context, &record)? {
        // Not even a person's impatience overrides the server's wish, and an ended decision stays ended.
        let now = context.now()?;
        let waits = matches!(&record.stage, Stage::Decided(made) if made.sending.must_wait(now));
        let over = !matches!(answer.delivery, Delivery::Queued | Delivery::Unconfirmed);
        if waits || over {
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

async fn decide(context: &Arc<Context>, ready: Ready) -> Result<Answer, AuthenticatorError> {
    let Some(trying) = claim(context, &ready.decision().request_id()).await? else {
        // Somebody else is sending: this is the same decision, or a contradiction.
        return context.blocking(move |context| join(context, &ready)).await;
    };
    let begun = context.blocking(move |context| begin(context, &ready, &trying).map(|begun| (begun, trying)));
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

fn join(context: &Context, ready: &Ready) -> Result<Answer, AuthenticatorError> {
    let (mut record, _) = context.store.read(|tx| load(tx, &ready.decision().request_id()))?;
    if record.stage == Stage::Pending {
        // Its holder has not decided after all; nothing was decided here either.
        return Err(StorageFailure::Busy.into());
    }
    record.stage.decide(draft(ready.decision(), ready.choice(), Times::new(0, 0), String::new()))?;
    told(context, &record)?.ok_or(AuthenticatorError::Internal)
}

/// Signs, and commits the decision with its token: from here on it is made.
fn begin(context: &Context, ready: &Ready, trying: &Trying) -> Result<Begun, AuthenticatorError> {
    let (mut record, account) = context.store.read(|tx| load(tx, &ready.decision().request_id()))?;
    let account = account.ok_or(AuthenticatorError::UnknownDevice { by: Party::Local })?;
    let now = context.times(&account.discovery.origin)?;
    let approves = record.stage == Stage::Pending && ready.choice() == Choice::Approve;
    if approves && record.push.number.is_some() && !ready.decision().has_number() {
        return Err(ApprovalObstacle::NumberRequired.into());
    }
    record.stage.decide(draft(ready.decision(), ready.choice(), now, random::jti()?))?;
    if let Some(settled) = settled(context, &record)? {
        return Ok(Begun::Settled(settled));
    }
    let Stage::Decided(decided) = &record.stage else { return Err(AuthenticatorError::Internal) };
    let token = usable_token(context, &record, &account, decided, now.server)?;
    let begun = commit(context, record, account, token, now.server, trying)?;
    context.log.note(&Event::DecisionKept { id: &ready.decision().request_id(), choice: ready.choice() });
    Ok(begun)
}

fn draft(decision: &Decision, choice: Choice, now: Times, jti: String) -> Decided {
    Decided {
        choice,
        account_ids: decision.account_ids(),
        at: now.server,
        at_device: Some(now.device),
        progress: Progress::UnderWay,
        sending: Sending::new(jti),
    }
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
