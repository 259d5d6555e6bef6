//! What is stored already: accounts, requests, and what became of them.

use std::sync::Arc;

use super::HistoryEntry;
use super::context::Context;
use super::telling;
use crate::account::{Account, AccountRecord};
use crate::delivery::Delivery;
use crate::error::{AuthenticatorError, Contradiction};
use crate::request::{RequestRecord, RequestState};

pub(super) async fn accounts(context: &Arc<Context>) -> Result<Vec<Account>, AuthenticatorError> {
    let accounts = context.blocking(|context| context.store.read(|tx| tx.accounts())).await?;
    Ok(accounts.iter().filter(|account| !account.gone_at_server).map(AccountRecord::view).collect())
}

pub(super) async fn history(
    context: &Arc<Context>,
    device_id: Option<String>,
    limit: Option<u32>,
) -> Result<Vec<HistoryEntry>, AuthenticatorError> {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    context
        .blocking(move |context| {
            let now = context.now()?;
            context.store.read(|tx| {
                let wanted = |record: &RequestRecord| {
                    device_id.as_ref().is_none_or(|device_id| record.device_id == *device_id)
                };
                let records = tx.requests()?.into_iter().filter(wanted).take(limit);
                records.map(|record| telling::entry(tx, &record, now)).collect()
            })
        })
        .await
}

pub(super) async fn entry(
    context: &Arc<Context>,
    request_id: String,
) -> Result<HistoryEntry, AuthenticatorError> {
    context
        .blocking(move |context| {
            let now = context.now()?;
            context.store.read(|tx| {
                let record = tx.request(&request_id)?.ok_or(AuthenticatorError::UnknownRequest)?;
                telling::entry(tx, &record, now)
            })
        })
        .await
}

/// Deletes what is past. What waits for the person or for delivery stays.
pub(super) async fn delete(context: &Arc<Context>, request_id: String) -> Result<(), AuthenticatorError> {
    context
        .blocking(move |context| {
            let now = context.now()?;
            context.store.write(|tx| {
                let record = tx.request(&request_id)?.ok_or(AuthenticatorError::UnknownRequest)?;
                let entry = telling::entry(tx, &record, now)?;
                let waiting = entry.request.state == RequestState::Pending
                    || entry.answer.is_some_and(|answer| answer.delivery == Delivery::Queued)
                    || record.is_being_sent(now);
                if waiting {
                    Err(Contradiction::DecisionPending.into())
                } else {
                    tx.forget_request(&request_id, now)
                }
            })
        })
        .await
}
