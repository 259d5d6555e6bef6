//! One try at delivering a decision: committed, sent, judged, written down.
//!
//! If the server refuses the token for its times and its own clock explains that, the token is signed anew for that clock
//! and sent once more, within the same try: the person hears of a wrong clock, not of a failure.

use std::sync::Arc;

use super::context::Context;
use super::signing::sign;
use super::telling::told_at;
use crate::account::{AccountRecord, AccountState};
use crate::clock::{self, Times};
use crate::delivery::{Answer, Ended, Outcome, QueueReason};
use crate::error::{AuthenticatorError, Contradiction, Party, StorageFailure};
use crate::http::{Call, CallFailure, Verb};
use crate::lifecycle::{Decided, Event, Position, Progress, Stage};
use crate::log;
use crate::profile::wire;
use crate::random;
use crate::reply::Reply;
use crate::request::RequestRecord;
use crate::response;
use crate::sending::{SignedToken, Wait};
use crate::store::Tx;
use crate::store::trying::Trying;
use crate::wire::{AnswerFacts, SignedCall, Wire};

/// A committed decision that is about to be sent.
pub(super) struct Try {
    pub(super) record: RequestRecord,
    pub(super) account: AccountRecord,
    pub(super) decided: Decided,
    pub(super) token: SignedToken,
    /// What time the server was thought to have when this was committed.
    pub(super) server_now: i64,
    /// The device's time then.
    pub(super) begun_at: i64,
}

impl Try {
    /// The accounts that the answer names.
    fn named(&self) -> Vec<String> {
        self.record.named_accounts(self.decided.choice, &self.decided.account_ids)
    }

    fn facts<'a>(&'a self, named: &'a [String]) -> AnswerFacts<'a> {
        self.record.answer_facts(self.decided.choice, named)
    }

    fn wire(&self) -> &'static dyn Wire {
        wire(self.account.discovery.profile)
    }

    /// Whether the reply is a refusal that the difference of the clocks explains.
    fn blames_the_clock(&self, reply: &Reply) -> bool {
        let named = self.named();
        let facts = self.facts(&named);
        self.wire().blames_the_clock(SignedCall::Answer(&facts), reply)
            && reply.date.is_some_and(|date| clock::explains_refusal(date, self.server_now))
    }

    fn judge(&self, last: Result<Reply, CallFailure>) -> Ended {
        match last {
            Ok(reply) => {
                let named = self.named();
                let arrived_before = self.decided.sending.may_have_arrived;
                Ended::answered(self.wire(), &self.facts(&named), reply, arrived_before)
            }
            Err(CallFailure::Untrusted(failure)) => Ended::not_sent(QueueReason::Untrusted { failure }),
            Err(CallFailure::NotReached) => Ended::not_sent(QueueReason::Unreachable),
            Err(CallFailure::Lost) => Ended::lost(),
        }
    }
}

/// What taking up a decision leads to.
pub(super) enum Begun {
    /// Nothing is left to send.
    Settled(Answer),
    /// It is committed and about to be sent.
    UnderWay(Box<Try>),
}

/// Writes the decision, the token and the lease in one transaction, if nothing happened to the request meanwhile.
pub(super) fn commit(
    context: &Context,
    mut record: RequestRecord,
    account: AccountRecord,
    token: SignedToken,
    server_now: i64,
    trying: &Trying,
) -> Result<Begun, AuthenticatorError> {
    let now = context.now()?;
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
        let leased = trying.believes_leases() && sending.is_leased(now);
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
    Ok(Begun::UnderWay(Box::new(Try { record, account, decided, token, server_now, begun_at: now })))
}

/// A request with its account, as far as there still is one. A request without either a decision or an account is closed.
pub(super) fn load(
    tx: &Tx<'_>,
    id: &str,
) -> Result<(RequestRecord, Option<AccountRecord>), AuthenticatorError> {
    let record = tx.request(id)?.ok_or(AuthenticatorError::UnknownRequest)?;
    let account = tx.account(&record.device_id)?.filter(|account| !account.gone_at_server);
    if account.is_none() && record.stage == Stage::Pending {
        return Err(Contradiction::RequestClosed.into());
    }
    Ok((record, account))
}

/// Sends it, and writes down what became of it. `trying` is held until that is done.
pub(super) async fn run(
    context: &Arc<Context>,
    mut try_: Try,
    trying: Trying,
) -> Result<Answer, AuthenticatorError> {
    let first = post(context, &try_).await;
    let mut corrected = false;
    let last = match first {
        Ok(reply) if try_.blames_the_clock(&reply) => match sign_anew(context, &try_, &reply).await {
            Ok(token) => {
                try_.token = token;
                corrected = true;
                match post(context, &try_).await {
                    // The second call did not leave, and the first one may have been taken for all that is known.
                    Err(CallFailure::NotReached | CallFailure::Untrusted(_))
                        if try_.judge(Ok(reply.clone())).outcome == Outcome::Unconfirmed =>
                    {
                        Ok(reply)
                    }
                    second => second,
                }
            }
            // It was refused, and cannot be signed now: what the server said stands.
            Err(_) => Ok(reply),
        },
        other => other,
    };
    let ended = try_.judge(last);
    let answer = context.blocking(move |context| write_down(context, &try_, &ended, corrected)).await;
    drop(trying);
    if let Ok(answer) = &answer {
        context.log.note(&log::Event::Told { answer });
    }
    answer
}

async fn post(context: &Arc<Context>, try_: &Try) -> Result<Reply, CallFailure> {
    let named = try_.named();
    let token = try_.wire().answer(&try_.account.discovery, &try_.facts(&named));
    let call = Call {
        verb: Verb::Post,
        // From the account as it was stored, never from the push.
        origin: &try_.account.discovery.origin,
        path: &token.path,
        body: response::body(&token, &try_.token.compact),
        bearer: None,
    };
    context.call(call).await
}

/// Signs for the clock that the server has just shown, and commits that token before it is used.
async fn sign_anew(
    context: &Arc<Context>,
    try_: &Try,
    reply: &Reply,
) -> Result<SignedToken, AuthenticatorError> {
    let server_now = reply.date.ok_or(AuthenticatorError::Internal)?;
    let (record, account, decided) = (try_.record.clone(), try_.account.clone(), try_.decided.clone());
    context
        .blocking(move |context| {
            let token = sign(context, &record, &account, &decided, server_now)?;
            context.store.write(|tx| {
                let (mut record, _) = load(tx, &record.id)?;
                let Stage::Decided(decided) = &mut record.stage else {
                    return Err(AuthenticatorError::Internal);
                };
                decided.sending.token = Some(token.clone());
                tx.put_request(&record)
            })?;
            Ok(token)
        })
        .await
}

fn write_down(
    context: &Context,
    try_: &Try,
    ended: &Ended,
    corrected: bool,
) -> Result<Answer, AuthenticatorError> {
    // What the server said is written down, even if the clock has failed since.
    let now = context.now().unwrap_or(try_.begun_at);
    let jitter = random::below(1001)?;
    let record = context.store.write(|tx| {
        let mut record = tx.request(&try_.record.id)?.ok_or(AuthenticatorError::UnknownRequest)?;
        let offset = tx.clock_offset(&try_.account.discovery.origin)?;
        record.stage.advance(Event::Outcome(ended.outcome))?;
        if let Stage::Decided(decided) = &mut record.stage {
            decided.sending.note(ended, now, jitter);
            decided.sending.may_have_arrived |= ended.may_have_arrived;
            decided.sending.clock_offset = offset;
            if corrected && let Some(at) = decided.at_device {
                // What had been taken for the server's time when the person decided was wrong.
                decided.at = at.saturating_add(offset);
            }
            decided.sending.clock_corrected |= corrected;
        }
        if record.delivery_is_over(Times::new(now, offset)) && ended.outcome == Outcome::Queued {
            // Nothing more will be tried.
            record.stage.end()?;
        }
        tx.put_request(&record)?;
        if let Some(mut account) = tx.account(&record.device_id)? {
            account.state = doubt(ended).unwrap_or(account.state);
            tx.put_account(&account)?;
        }
        Ok(record)
    })?;
    told_at(context, &record, now)?.ok_or(AuthenticatorError::Internal)
}

/// What an outcome says about the account: whether the server knows the device.
fn doubt(ended: &Ended) -> Option<AccountState> {
    match ended.outcome {
        Outcome::Delivered | Outcome::AnsweredElsewhere => Some(AccountState::Active),
        Outcome::Unconfirmed => Some(AccountState::Unconfirmed),
        Outcome::Refused if ended.unknown_device => Some(AccountState::Unconfirmed),
        Outcome::Refused | Outcome::Queued => None,
    }
}
