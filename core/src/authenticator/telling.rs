//! What is told of a request and its answer, from what is stored and what time it is.

use super::HistoryEntry;
use super::context::Context;
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
    let server = server_now(tx, record, now)?;
    let answer = answer(record, Times { device: now, server });
    Ok(HistoryEntry { request: record.view(server), answer })
}

/// The answer of a request, as it is told now; `None` while there is no decision.
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

fn answer(record: &RequestRecord, now: Times) -> Option<Answer> {
    let Stage::Decided(decided) = &record.stage else { return None };
    let sending = &decided.sending;
    let delivery = match decided.progress.delivery() {
        // Nothing will be tried any more; the next retry writes it down.
        Delivery::Queued if record.has_expired(now.server) && !sending.is_leased(now.device) => {
            ended(decided)
        }
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

/// The device's time, and the server's.
#[derive(Debug, Clone, Copy)]
struct Times {
    device: i64,
    server: i64,
}

/// What the end of its life makes of an undelivered decision.
fn ended(decided: &Decided) -> Delivery {
    let mut stage = Stage::Decided(Box::new(decided.clone()));
    match (stage.end(), stage) {
        (Ok(()), Stage::Decided(ended)) => ended.progress.delivery(),
        _ => decided.progress.delivery(),
    }
}
