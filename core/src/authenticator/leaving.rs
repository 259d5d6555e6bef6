//! Removing, forgetting and changing an account.

use std::sync::Arc;

use super::context::{Context, call_error};
use super::retrying::{self, RetryTrigger};
use crate::account::{AccountRecord, AccountState, Removal};
use crate::clock;
use crate::delivery::{ClockWarning, Delivery};
use crate::error::{Action, AuthenticatorError, Contradiction, Party, Unavailability};
use crate::http::{Call, CallFailure, Verb};
use crate::lifecycle::Event;
use crate::log;
use crate::profile::wire;
use crate::random;
use crate::reply::Reply;
use crate::response;
use crate::store::Tx;
use crate::wire::{Edit, SignedCall, WireToken};

/// What to do with decisions that are not delivered yet, when their account goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Undelivered {
    /// Deliver them first; if that fails, the account stays.
    Deliver,
    /// Give them up.
    Abandon,
}

/// A change of a device at its server, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    PushId(String),
    Name(String),
}

pub(super) async fn remove(
    context: &Arc<Context>,
    device_id: String,
    undelivered: Undelivered,
) -> Result<Removal, AuthenticatorError> {
    let mut warnings = Vec::new();
    let account = load(context, &device_id).await?;
    context.http.check(&account.discovery.origin)?;
    if !account.gone_at_server {
        if undelivered == Undelivered::Deliver {
            Box::pin(retrying::retry(context, RetryTrigger::Person, Some(device_id.clone()))).await?;
            let wanted = device_id.clone();
            context.blocking(move |context| check_nothing_queued(context, &wanted)).await?;
        }
        warnings.extend(remove_at_server(context, &account).await?);
        let gone = device_id.clone();
        context.blocking(move |context| context.store.write(|tx| mark_gone(tx, &gone))).await?;
    }
    context.blocking(move |context| clean_up(context, &account)).await?;
    context.log.note(&log::Event::AccountRemoved);
    Ok(Removal { device_id, warnings })
}

/// Deletes the account here and tells nobody: the server goes on believing in the device.
pub(super) async fn forget(context: &Arc<Context>, device_id: String) -> Result<(), AuthenticatorError> {
    let account = load(context, &device_id).await?;
    context.blocking(move |context| clean_up(context, &account)).await?;
    context.log.note(&log::Event::AccountForgotten);
    Ok(())
}

/// Tells the server of a new push token or name, with the user's own bearer token: there is no way to do it with the
/// device's key.
pub(super) async fn change(
    context: &Arc<Context>,
    device_id: String,
    change: Change,
    bearer: Option<String>,
) -> Result<AccountRecord, AuthenticatorError> {
    let account = load(context, &device_id).await?;
    let bearer = bearer.ok_or(AuthenticatorError::ReenrolRequired)?;
    let edit = match &change {
        Change::PushId(token) => Edit::PushId(token),
        Change::Name(name) => Edit::Name(name),
    };
    let wire = wire(account.discovery.profile);
    let body = wire.edit(edit).ok_or(AuthenticatorError::ReenrolRequired)?;
    let path =
        account.discovery.paths.devices.with_id(&device_id).map_err(|_| AuthenticatorError::Internal)?;
    let call = Call {
        verb: Verb::Patch,
        origin: &account.discovery.origin,
        path: &path,
        body,
        bearer: Some(&bearer),
    };
    let reply =
        context.call(call).await.map_err(|failure| call_error(failure, Unavailability::AnswerLost))?;
    let unknown = wire.edit_finds_no_device(&reply);
    let verdict = edited(&reply, unknown);
    context
        .blocking(move |context| {
            let account = context.store.write(|tx| {
                let mut account =
                    tx.account(&device_id)?.ok_or(AuthenticatorError::UnknownDevice { by: Party::Local })?;
                match (&verdict, change) {
                    (Ok(()), Change::PushId(token)) => account.push_id = token,
                    (Ok(()), Change::Name(name)) => account.name = name,
                    (Err(_), _) if unknown => account.state = AccountState::Unconfirmed,
                    (Err(_), _) => {}
                }
                tx.put_account(&account)?;
                Ok(account)
            })?;
            verdict.map(|()| account)
        })
        .await
}

async fn load(context: &Arc<Context>, device_id: &str) -> Result<AccountRecord, AuthenticatorError> {
    let wanted = device_id.to_owned();
    let account = context.blocking(move |context| context.store.read(|tx| tx.account(&wanted))).await?;
    account.ok_or(AuthenticatorError::UnknownDevice { by: Party::Local })
}

fn check_nothing_queued(context: &Context, device_id: &str) -> Result<(), AuthenticatorError> {
    let requests = context.store.read(|tx| tx.requests())?;
    let queued = requests.iter().filter(|request| request.device_id == device_id);
    if queued.into_iter().any(|request| request.delivery() == Some(Delivery::Queued)) {
        return Err(Contradiction::DecisionPending.into());
    }
    Ok(())
}

async fn remove_at_server(
    context: &Arc<Context>,
    account: &AccountRecord,
) -> Result<Option<ClockWarning>, AuthenticatorError> {
    let wire = wire(account.discovery.profile);
    let token = wire.removal(&account.discovery)?;
    let asked = account.clone();
    let now = context.blocking(move |context| context.times(&asked.discovery.origin)).await?.server;
    let mut reply = post(context, account, &token, now).await?;
    let corrected = reply.date.filter(|date| {
        wire.blames_the_clock(SignedCall::Removal, &reply) && clock::explains_refusal(*date, now)
    });
    if let Some(server_now) = corrected {
        reply = post(context, account, &token, server_now).await?;
    }
    if reply.is_success() || wire.is_gone(&reply) {
        Ok(corrected.map(|_| ClockWarning::Corrected))
    } else if reply.is_busy() {
        Err(Unavailability::Busy.into())
    } else if reply.is_client_refusal() {
        let (status, code) = (reply.status.into(), reply.code);
        Err(AuthenticatorError::Refused { action: Action::Removal, status, code })
    } else {
        Err(Unavailability::RemovalUnconfirmed.into())
    }
}

async fn post(
    context: &Arc<Context>,
    account: &AccountRecord,
    token: &WireToken,
    server_now: i64,
) -> Result<Reply, AuthenticatorError> {
    let draft = response::draft(&account.discovery, token, &random::jti()?, server_now);
    let alias = account.key_alias.clone();
    let compact = context.blocking(move |context| context.sign(&alias, draft.unsigned)).await?;
    let call = Call {
        verb: Verb::Post,
        origin: &account.discovery.origin,
        path: &token.path,
        body: response::body(token, &compact),
        bearer: None,
    };
    let lost = |failure: CallFailure| call_error(failure, Unavailability::RemovalUnconfirmed);
    context.call(call).await.map_err(lost)
}

fn edited(reply: &Reply, unknown: bool) -> Result<(), AuthenticatorError> {
    if reply.is_success() {
        Ok(())
    } else if unknown {
        Err(AuthenticatorError::UnknownDevice { by: Party::Server })
    } else if reply.is_busy() {
        Err(Unavailability::Busy.into())
    } else if reply.is_client_refusal() {
        let (status, code) = (reply.status.into(), reply.code.clone());
        Err(AuthenticatorError::Refused { action: Action::Edit, status, code })
    } else {
        Err(Unavailability::AnswerLost.into())
    }
}

/// From here on the account is of no use; what is left is done again if it is cut off.
fn mark_gone(tx: &Tx<'_>, device_id: &str) -> Result<(), AuthenticatorError> {
    match tx.account(device_id)? {
        Some(account) => tx.put_account(&AccountRecord { gone_at_server: true, ..account }),
        None => Ok(()),
    }
}

/// The key goes first: an account without a key can still be cleaned up, a key without an account would stay for ever.
fn clean_up(context: &Context, account: &AccountRecord) -> Result<(), AuthenticatorError> {
    context.key_store.delete_key(account.key_alias.clone())?;
    let device_id = &account.discovery.device_id;
    context.store.write(|tx| {
        for mut request in tx.requests()?.into_iter().filter(|request| request.device_id == *device_id) {
            request.stage.advance(Event::AccountGone)?;
            request.stage.end()?;
            tx.put_request(&request)?;
        }
        tx.delete_account(device_id)
    })
}
