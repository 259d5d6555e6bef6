//! QR → discovery → registration → account.
//!
//! The account and its key are on disk before the first byte goes out, so a registration whose answer was lost can be
//! settled later: by the same QR code, by the first push, or by a removal.

use std::sync::Arc;

use super::context::{Context, call_error};
use super::leaving::{self, Undelivered};
use crate::account::{AccountRecord, AccountState, key_alias};
use crate::device::Reachable;
use crate::discovery::Discovery;
use crate::error::{Action, AuthenticatorError, Contradiction, Unavailability};
use crate::http::{Call, CallFailure, Verb};
use crate::log::Event;
use crate::profile::wire;
use crate::registration;
use crate::reply::Reply;
use crate::store::Tx;
use crate::text::{LINE, display_safe};
use crate::wire::Registered;

/// What is known of an enrolment before it is tried.
struct Known {
    /// The same enrolment, begun before and not active.
    begun: Option<AccountRecord>,
    /// Device ids of other, not active accounts of the same user with the same push token.
    in_the_way: Vec<String>,
}

pub(super) async fn add_account(
    context: &Arc<Context>,
    discovery: Discovery,
    device: Reachable,
) -> Result<AccountRecord, AuthenticatorError> {
    context.http.check(&discovery.origin)?;
    let (sought, enrolled) = (discovery.clone(), device.clone());
    let known =
        context.blocking(move |context| context.store.read(|tx| look_up(tx, &sought, &enrolled))).await?;
    for device_id in known.in_the_way {
        // The server would take a second device of this user with this token for an accident of its database.
        leaving::remove(context, device_id, Undelivered::Deliver).await.map_err(|error| match error {
            AuthenticatorError::Conflict { .. } | AuthenticatorError::Untrusted { .. } => error,
            _ => Unavailability::RegistrationUnconfirmed.into(),
        })?;
    }
    let enrolled = device.clone();
    let account = context.blocking(move |context| prepare(context, discovery, &enrolled)).await?;
    let outcome = register(context, &account).await?;
    let settled = context.blocking(move |context| settle(context, &account, &outcome)).await?;
    context.log.note(&Event::AccountAdded { profile: settled.discovery.profile, key_bits: settled.key_bits });
    Ok(settled)
}

/// What is in the way of this enrolment, or what it goes on from.
fn look_up(tx: &Tx<'_>, discovery: &Discovery, device: &Reachable) -> Result<Known, AuthenticatorError> {
    let mut in_the_way = Vec::new();
    let (gone, begun): (Vec<_>, Vec<_>) =
        tx.account(&discovery.device_id)?.into_iter().partition(|known| known.gone_at_server);
    // Only its clean-up was cut off.
    in_the_way.extend(gone.into_iter().map(|known| known.discovery.device_id));
    let begun = begun.into_iter().next();
    match &begun {
        Some(known) if !known.discovery.is_same_enrolment(discovery) => {
            return Err(Contradiction::Device.into());
        }
        Some(known) if known.state == AccountState::Active => {
            return Err(Contradiction::AlreadyRegistered.into());
        }
        _ => {}
    }
    for other in tx.accounts()? {
        let same_place = other.discovery.device_id != discovery.device_id
            && other.push_id == device.push_id
            && other.discovery.is_same_user(discovery);
        match other.state {
            _ if !same_place => {}
            _ if other.gone_at_server => in_the_way.push(other.discovery.device_id),
            AccountState::Active => return Err(Contradiction::AlreadyRegistered.into()),
            AccountState::Registering | AccountState::Unconfirmed => {
                in_the_way.push(other.discovery.device_id);
            }
        }
    }
    Ok(Known { begun, in_the_way })
}

/// Makes (or finds) the key, and stores the account with one more registration in doubt. What is returned carries the
/// what is now to be registered, which the stored one takes over when the server has it.
fn prepare(
    context: &Context,
    discovery: Discovery,
    reachable: &Reachable,
) -> Result<AccountRecord, AuthenticatorError> {
    let device = &reachable.device;
    // What may fail comes before the key, which would have to be taken back.
    let (key_store, created_at) = (display_safe(&context.key_store.kind()?, LINE), context.now()?);
    let alias = key_alias(&discovery);
    let spki = context.key_store.make_key(alias.clone(), device.key_bits)?;
    let (public_key, key_bits) = registration::public_key(&spki)?;
    let offered = AccountRecord {
        discovery,
        push_id: reachable.push_id.clone(),
        name: device.name.clone(),
        model: device.model.clone(),
        provider: device.provider.clone(),
        key_alias: alias,
        key_store,
        key_bits,
        public_key,
        state: AccountState::Registering,
        registrations_in_doubt: 0,
        gone_at_server: false,
        created_at,
    };
    let stored = context.store.write(|tx| {
        let known = look_up(tx, &offered.discovery, reachable)?;
        if !known.in_the_way.is_empty() {
            return Err(Contradiction::AccountChanged.into());
        }
        let mut stored = match known.begun {
            // An earlier registration may have reached the server, with the push token of that time.
            Some(begun) if begun.registrations_in_doubt > 0 || begun.state == AccountState::Unconfirmed => {
                begun
            }
            Some(begun) => AccountRecord { created_at: begun.created_at, ..offered.clone() },
            None => offered.clone(),
        };
        stored.registrations_in_doubt = stored.registrations_in_doubt.saturating_add(1);
        tx.put_account(&stored)?;
        Ok(AccountRecord {
            push_id: offered.push_id.clone(),
            name: offered.name.clone(),
            model: offered.model.clone(),
            provider: offered.provider.clone(),
            key_bits: offered.key_bits,
            public_key: offered.public_key.clone(),
            ..stored
        })
    });
    if stored.is_err() {
        drop_unused_key(context, &offered)?;
    }
    stored
}

/// A key that was made for an account which then could not be stored.
fn drop_unused_key(context: &Context, offered: &AccountRecord) -> Result<(), AuthenticatorError> {
    let used = context.store.read(|tx| tx.account(&offered.discovery.device_id))?;
    if used.is_some_and(|account| account.key_alias == offered.key_alias) {
        return Ok(());
    }
    Ok(context.key_store.delete_key(offered.key_alias.clone())?)
}

/// Sends the registration. What went wrong before anything was sent is an outcome too: it must be taken back.
async fn register(
    context: &Arc<Context>,
    account: &AccountRecord,
) -> Result<Result<Reply, AuthenticatorError>, AuthenticatorError> {
    let (alias, input) = (
        account.key_alias.clone(),
        registration::signing_input(&account.discovery.challenge, &account.push_id),
    );
    let signed = context.blocking(move |context| Ok(context.key_store.sign(alias, input)?)).await;
    let signature = match signed {
        Ok(signature) => signature,
        Err(error) => return Ok(Err(error)),
    };
    let call = Call {
        verb: Verb::Post,
        origin: &account.discovery.origin,
        path: &account.discovery.paths.register,
        body: registration::body(account, &signature),
        bearer: None,
    };
    match context.call(call).await {
        Ok(reply) => Ok(Ok(reply)),
        // Stays in doubt as it was stored.
        Err(CallFailure::Lost) => Err(Unavailability::RegistrationUnconfirmed.into()),
        Err(failure) => Ok(Err(call_error(failure, Unavailability::RegistrationUnconfirmed))),
    }
}

/// Brings the stored account to what the server said.
fn settle(
    context: &Context,
    offered: &AccountRecord,
    outcome: &Result<Reply, AuthenticatorError>,
) -> Result<AccountRecord, AuthenticatorError> {
    let verdict = context.store.write(|tx| {
        let Some(mut account) = tx.account(&offered.discovery.device_id)? else {
            return Err(Contradiction::AccountChanged.into());
        };
        let verdict = judge(&mut account, offered, outcome);
        match &verdict {
            Verdict::Forget(_) => tx.delete_account(&account.discovery.device_id)?,
            Verdict::Keep(_) => tx.put_account(&account)?,
        }
        Ok(verdict)
    })?;
    match verdict {
        Verdict::Keep(result) => result.map(|account| *account),
        Verdict::Forget(error) => {
            context.key_store.delete_key(offered.key_alias.clone())?;
            Err(error)
        }
    }
}

/// What becomes of an account after a registration.
enum Verdict {
    Keep(Result<Box<AccountRecord>, AuthenticatorError>),
    Forget(AuthenticatorError),
}

fn judge(
    account: &mut AccountRecord,
    offered: &AccountRecord,
    outcome: &Result<Reply, AuthenticatorError>,
) -> Verdict {
    let others_in_doubt = account.registrations_in_doubt.saturating_sub(1);
    let reply = match outcome {
        Ok(reply) => reply,
        Err(error) => {
            account.registrations_in_doubt = others_in_doubt;
            return Verdict::Keep(Err(error.clone()));
        }
    };
    let refused = AuthenticatorError::Refused {
        action: Action::Registration,
        status: reply.status.into(),
        code: reply.code.clone(),
    };
    match wire(account.discovery.profile).registered(reply) {
        Registered::Yes => {
            *account = AccountRecord {
                state: AccountState::Active,
                registrations_in_doubt: 0,
                created_at: account.created_at,
                ..offered.clone()
            };
            Verdict::Keep(Ok(Box::new(account.clone())))
        }
        Registered::No | Registered::NoOrBefore
            if others_in_doubt == 0 && account.state == AccountState::Registering =>
        {
            Verdict::Forget(refused)
        }
        Registered::NoOrBefore => {
            account.registrations_in_doubt = others_in_doubt;
            if account.state == AccountState::Registering {
                account.state = AccountState::Unconfirmed;
            }
            if account.push_id == offered.push_id && account.public_key == offered.public_key {
                Verdict::Keep(Ok(Box::new(account.clone())))
            } else {
                // The server, if it has the device, has it with the earlier token, or with a key that is lost.
                Verdict::Keep(Err(AuthenticatorError::ReenrolRequired))
            }
        }
        Registered::No => {
            account.registrations_in_doubt = others_in_doubt;
            Verdict::Keep(if account.state == AccountState::Active {
                Ok(Box::new(account.clone()))
            } else {
                Err(refused)
            })
        }
        Registered::Unknown if reply.is_busy() => {
            account.registrations_in_doubt = others_in_doubt;
            Verdict::Keep(Err(Unavailability::Busy.into()))
        }
        // A redirect is not followed, and nobody knows what lies behind it.
        Registered::Unknown if reply.is_client_refusal() => Verdict::Keep(Err(refused)),
        Registered::Unknown => Verdict::Keep(Err(Unavailability::RegistrationUnconfirmed.into())),
    }
}
