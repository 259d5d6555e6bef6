//! A decision's token: the stored one while the server would still take it, else a new one with the same id.

use super::context::Context;
use crate::account::AccountRecord;
use crate::error::AuthenticatorError;
use crate::lifecycle::Decided;
use crate::profile::wire;
use crate::request::RequestRecord;
use crate::response;
use crate::sending::SignedToken;

/// The stored token while the server would still take it, else a new one with the same id.
pub(super) fn usable_token(
    context: &Context,
    record: &RequestRecord,
    account: &AccountRecord,
    decided: &Decided,
    server_now: i64,
) -> Result<SignedToken, AuthenticatorError> {
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
