//! push → request: stored once, whatever the push service repeats.

use super::context::Context;
use crate::account::{AccountRecord, AccountState};
use crate::clock::Times;
use crate::delivery::Delivery;
use crate::error::{AuthenticatorError, Contradiction, InputProblem, Party};
use crate::lifecycle::Stage;
use crate::log::Event;
use crate::profile::wire;
use crate::push::{Incoming, Push, PushMetadata};
use crate::request::{Life, MAX_PENDING, MAX_UNDECIDED, Received, RequestRecord};
use crate::store::Tx;
use crate::wire::Metadata;

pub(super) fn receive(
    context: &Context,
    incoming: Incoming,
    sent_at: Option<i64>,
) -> Result<Received, AuthenticatorError> {
    let push = match incoming {
        // Needs no account, and leaves nothing behind.
        Incoming::Information { scenario } => {
            context.log.note(&Event::InformationReceived);
            return Ok(Received::Informational { scenario });
        }
        Incoming::Request(push) => *push,
    };
    let now = context.now()?;
    let received = context.store.write(|tx| {
        let account = tx.account(&push.device_id)?.filter(|account| !account.gone_at_server);
        let account = account.ok_or(AuthenticatorError::UnknownDevice { by: Party::Local })?;
        check_shape(&account, &push)?;
        let now = Times::new(now, tx.clock_offset(&account.discovery.origin)?);
        let id = tx.request_id(&push.device_id, &push.session_key);
        if let Some(known) = tx.request(&id)? {
            return if known.push.content == push.content {
                Ok(Received::Request { request: known.view(now), duplicate: true })
            } else {
                Err(Contradiction::Push.into())
            };
        }
        if tx.is_forgotten(&id)? {
            return Err(Contradiction::RequestClosed.into());
        }
        check_flood(tx, &push.device_id, now)?;
        make_room(tx, now, context.history_limit)?;
        let seconds = context.request_life(wire(account.discovery.profile));
        let record = RequestRecord::new(
            id,
            &account,
            push,
            now,
            Life { seconds, sent_at, sequence: tx.next_sequence()? },
        );
        tx.put_request(&record)?;
        if account.state != AccountState::Active {
            // The server knows the device: it sends to it.
            tx.put_account(&AccountRecord { state: AccountState::Active, ..account })?;
        }
        Ok(Received::Request { request: record.view(now), duplicate: false })
    })?;
    if let Received::Request { request, duplicate } = &received {
        context.log.note(&Event::RequestReceived { id: &request.id, duplicate: *duplicate });
    }
    Ok(received)
}

/// A push of another kind of server than the account's is not for it, and metadata must be what that server sends.
fn check_shape(account: &AccountRecord, push: &Push) -> Result<(), AuthenticatorError> {
    let wire = wire(account.discovery.profile);
    let fault = |field: &str, problem| AuthenticatorError::InvalidPush { field: field.to_owned(), problem };
    if push.shape != wire.session_key() {
        return Err(fault(&push.shape, InputProblem::Unsupported));
    }
    if wire.metadata() == Metadata::Echo && push.metadata == PushMetadata::NotText {
        return Err(fault("metadata", InputProblem::WrongType));
    }
    Ok(())
}

/// Refuses one more open request than an account may have.
fn check_flood(tx: &Tx<'_>, device_id: &str, now: Times) -> Result<(), AuthenticatorError> {
    let is_open = |request: &RequestRecord| {
        request.stage == Stage::Pending && !request.has_expired(now) && request.device_id == device_id
    };
    if tx.requests()?.iter().filter(|request| is_open(request)).count() >= MAX_PENDING {
        return Err(Contradiction::TooManyRequests.into());
    }
    Ok(())
}

/// Lets the oldest history go. What is open or still to be delivered stays, and requests that nobody decided cannot push
/// out those that somebody did.
fn make_room(tx: &Tx<'_>, now: Times, history_limit: usize) -> Result<(), AuthenticatorError> {
    let requests = tx.requests()?;
    let is_decided = |request: &&RequestRecord| request.delivery().is_some_and(|d| d != Delivery::Queued);
    let is_undecided = |request: &&RequestRecord| match request.stage {
        Stage::Pending => request.has_expired(now),
        Stage::Closed => true,
        Stage::Decided(_) => false,
    };
    let decided = requests.iter().filter(is_decided).skip(history_limit);
    let undecided = requests.iter().filter(is_undecided).skip(history_limit.min(MAX_UNDECIDED));
    for past in decided.chain(undecided) {
        tx.forget_request(&past.id, now.device)?;
    }
    Ok(())
}
