//! What is told of a request and its answer, from what is stored and what time it is.

use super::HistoryEntry;
use super::context::Context;
use crate::clock::Times;
use crate::delivery::{Answer, ClockWarning, Delivery, QueueReason};
use crate::error::AuthenticatorError;
use crate::lifecycle::{Decided, Progress, Stage};
use crate::request::RequestRecord;
use crate::store::Tx;

/// A request with its answer, as it is told now. `now` is the device's time.
pub(super) fn entry(
    tx: &Tx<'_>,
    record: &RequestRecord,
    now: i64,
) -> Result<HistoryEntry, AuthenticatorError> {
    let now = times(tx, record, now)?;
    Ok(HistoryEntry { request: record.view(now), answer: answer(record, now) })
}

/// The answer of a request, as it is told now; `None` while there is no decision.
pub(super) fn told(context: &Context, record: &RequestRecord) -> Result<Option<Answer>, AuthenticatorError> {
    told_at(context, record, context.now()?)
}

/// The same at a given time of the device.
pub(super) fn told_at(
    context: &Context,
    record: &RequestRecord,
    now: i64,
) -> Result<Option<Answer>, AuthenticatorError> {
    Ok(answer(record, context.store.read(|tx| times(tx, record, now))?))
}

/// What time it is for a request: by its account's server, or by the device alone once that is gone.
pub(super) fn times(tx: &Tx<'_>, record: &RequestRecord, device: i64) -> Result<Times, AuthenticatorError> {
    let offset = match tx.account(&record.device_id)? {
        Some(account) => tx.clock_offset(&account.discovery.origin)?,
        None => 0,
    };
    Ok(Times::new(device, offset))
}

fn answer(record: &RequestRecord, now: Times) -> Option<Answer> {
    let Stage::Decided(decided) = &record.stage else { return None };
    let sending = &decided.sending;
    let delivery = match decided.progress.delivery() {
        // Nothing will be tried any more; the next retry writes it down.
        Delivery::Queued if record.delivery_is_over(now) && !sending.is_leased(now.device) => ended(decided),
        delivery => delivery,
    };
    let corrected = sending.clock_corrected.then_some(ClockWarning::Corrected);
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

/// What the end of its life makes of an undelivered decision.
fn ended(decided: &Decided) -> Delivery {
    let mut stage = Stage::Decided(Box::new(decided.clone()));
    match (stage.end(), stage) {
        (Ok(()), Stage::Decided(ended)) => ended.progress.delivery(),
        _ => decided.progress.delivery(),
    }
}
