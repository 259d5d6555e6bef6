//! Undelivered decisions, tried again: those that are queued, and those whose try was cut off.

use std::sync::Arc;

use super::attempt::{self, Begun, commit, load};
use super::context::Context;
use super::signing::usable_token;
use super::telling::{times, told};
use super::whole;
use crate::clock::Times;
use crate::delivery::{Answer, Delivery, Outcome, QueueReason};
use crate::error::{AuthenticatorError, KeyFailure};
use crate::lifecycle::{Event, Position, Progress, Stage};
use crate::log;
use crate::request::RequestRecord;
use crate::store::trying::Trying;

/// Who wants undelivered decisions tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum RetryTrigger {
    /// A person: the back-off is ignored, the server's `Retry-After` is not.
    Person,
    /// The system, for instance when the network is back: both are obeyed.
    System,
}

pub(super) async fn retry(
    context: &Arc<Context>,
    trigger: RetryTrigger,
    device_id: Option<String>,
) -> Result<Vec<Answer>, AuthenticatorError> {
    let due = context.blocking(move |context| due(context, trigger, device_id.as_deref())).await?;
    let context = Arc::clone(context);
    whole(async move {
        let (mut answers, mut failed) = (Vec::new(), None);
        for id in due {
            match retry_one(&context, id).await {
                Ok(answer) => answers.extend(answer),
                // The others are tried all the same, and what they came to is not lost over it.
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if answers.is_empty() => Err(error),
            _ => Ok(answers),
        }
    })
    .await
}

/// The undelivered decisions that may be tried now, the oldest first.
fn due(
    context: &Context,
    trigger: RetryTrigger,
    device_id: Option<&str>,
) -> Result<Vec<String>, AuthenticatorError> {
    let now = context.now()?;
    context.store.read(|tx| {
        let mut due = Vec::new();
        for record in tx.requests()?.into_iter().rev() {
            let wanted = device_id.is_none_or(|id| record.device_id == id);
            if wanted && is_due(&record, trigger, times(tx, &record, now)?) {
                due.push(record.id);
            }
        }
        Ok(due)
    })
}

fn is_due(record: &RequestRecord, trigger: RetryTrigger, now: Times) -> bool {
    let Stage::Decided(decided) = &record.stage else { return false };
    let waits = match trigger {
        RetryTrigger::Person => decided.sending.must_wait(now.device),
        RetryTrigger::System => {
            decided.sending.must_wait(now.device) || decided.sending.should_wait(now.device)
        }
    };
    // What is over need not wait to be written down.
    decided.progress.delivery() == Delivery::Queued && (!waits || record.delivery_is_over(now))
}

async fn retry_one(context: &Arc<Context>, id: String) -> Result<Option<Answer>, AuthenticatorError> {
    let begun = context.blocking(move |context| match Trying::claim(context.store.folder(), &id)? {
        Some(trying) => Ok(resume(context, &id, &trying)?.map(|begun| (begun, trying))),
        None => Ok(None),
    });
    match begun.await? {
        None => Ok(None),
        Some((Begun::Settled(answer), _)) => {
            context.log.note(&log::Event::Told { answer: &answer });
            Ok(Some(answer))
        }
        Some((Begun::UnderWay(try_), trying)) => attempt::run(context, *try_, trying).await.map(Some),
    }
}

/// Takes up an undelivered decision; `None` when there is nothing left to do.
fn resume(context: &Context, id: &str, trying: &Trying) -> Result<Option<Begun>, AuthenticatorError> {
    let (record, account) = context.store.read(|tx| load(tx, id))?;
    let (Some(account), Stage::Decided(decided)) = (account, &record.stage) else { return Ok(None) };
    let leased = trying.believes_leases() && decided.sending.is_leased(context.now()?);
    if decided.progress.delivery() != Delivery::Queued || leased {
        return Ok(None);
    }
    let now = context.times(&account.discovery.origin)?;
    if record.delivery_is_over(now) {
        return end(context, id).map(|answer| answer.map(Begun::Settled));
    }
    match usable_token(context, &record, &account, decided, now.server) {
        Ok(token) => commit(context, record, account, token, now.server, trying).map(Some),
        Err(AuthenticatorError::Key { reason }) => {
            hold(context, id, reason).map(|answer| answer.map(Begun::Settled))
        }
        Err(error) => Err(error),
    }
}

/// Its life is over before it was delivered.
fn end(context: &Context, id: &str) -> Result<Option<Answer>, AuthenticatorError> {
    change(context, id, |record| Ok(record.stage.end()?))
}

/// The key cannot sign without the person, or at all: the decision stays.
fn hold(context: &Context, id: &str, reason: KeyFailure) -> Result<Option<Answer>, AuthenticatorError> {
    change(context, id, |record| {
        let cut_off = record.stage.position() == Position::Decided(Progress::UnderWay);
        record.stage.advance(Event::Outcome(Outcome::Queued))?;
        if let Stage::Decided(decided) = &mut record.stage {
            decided.sending.may_have_arrived |= cut_off;
            decided.sending.reason = Some(match reason {
                KeyFailure::NeedsUser => QueueReason::NeedsUser,
                failure => QueueReason::Key { failure },
            });
        }
        Ok(())
    })
}

/// Changes a request as it now is, not as it was when it was looked at.
fn change(
    context: &Context,
    id: &str,
    change: impl FnOnce(&mut RequestRecord) -> Result<(), AuthenticatorError>,
) -> Result<Option<Answer>, AuthenticatorError> {
    let record = context.store.write(|tx| {
        let (mut record, _) = load(tx, id)?;
        change(&mut record)?;
        tx.put_request(&record)?;
        Ok(record)
    })?;
    told(context, &record)
}
