//! The documents of `--json`. Their keys are a contract; more may be added, none taken away.

use authpush_core::{
    Account, AccountState, Amount, Answer, AuthRequest, AuthenticatorError, Choice, ClockWarning, Consent,
    Detail, HistoryEntry, OfferedAccount, PaymentParty, QueueReason, Received, RequestState, RequestWarning,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::moment::rfc3339;

/// ACCOUNT.
pub(crate) fn account(account: &Account) -> Value {
    json!({
        "device_id": account.device_id,
        "profile": account.profile.name(),
        "username": account.username,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "tenant_domain": account.tenant_domain,
        "organization_id": account.organization_id,
        "host": account.host,
        "key_bits": account.key_bits,
        "key_store": account.key_store,
        "push_id": account.push_id,
        "state": account_state(account.state),
        "created_at": rfc3339(account.created_at),
    })
}

/// REQUEST.
pub(crate) fn request(request: &AuthRequest) -> Value {
    let warning = |warning: &RequestWarning| match warning {
        RequestWarning::NamesAnotherUser { username } => {
            json!({ "code": "names_another_user", "username": username })
        }
    };
    json!({
        "id": request.id,
        "device_id": request.device_id,
        "profile": request.profile.name(),
        "username": request.username,
        "display_name": request.display_name,
        "organization": request.organization,
        "application_name": request.application_name,
        "application_url": request.application_url,
        "browser_name": request.browser_name,
        "os_name": request.os_name,
        "ip_address": request.ip_address,
        "location": request.location,
        "connection_code": request.connection_code,
        "number_challenge": request.number_challenge,
        "number_tries_left": request.number_challenge.then_some(request.number_tries_left),
        "details": request.details,
        "received_at": rfc3339(request.received_at),
        "expires_at": rfc3339(request.expires_at),
        "state": request_state(request.state),
        "consent": request.consent.as_ref().map(consent),
        "warnings": request.warnings.iter().map(warning).collect::<Vec<_>>(),
    })
}

/// What a push turned out to be.
pub(crate) fn received(received: &Received) -> Value {
    match received {
        Received::Request { request: known, duplicate } => {
            json!({ "request": request(known), "duplicate": duplicate })
        }
        Received::Informational { scenario } => json!({ "informational": { "scenario": scenario } }),
    }
}

/// A REQUEST with its answer.
pub(crate) fn entry(entry: &HistoryEntry) -> Value {
    let mut value = request(&entry.request);
    if let Some(keys) = value.as_object_mut() {
        keys.insert("answer".to_owned(), entry.answer.as_ref().map_or(Value::Null, answer));
    }
    value
}

/// ANSWER.
pub(crate) fn answer(answer: &Answer) -> Value {
    json!({
        "request_id": answer.request_id,
        "device_id": answer.device_id,
        "decision": decision(answer.decision),
        "approved_account_ids": answer.approved_account_ids,
        "delivery": name(&answer.delivery),
        "server": answer.server.as_ref().map(|word| json!({ "status": word.status, "code": word.code })),
        "reason": answer.reason.map(queue_reason),
        "clock_offset_seconds": answer.clock_offset_seconds,
        "warnings": clock_warnings(&answer.warnings),
        "decided_at": rfc3339(answer.decided_at),
    })
}

/// What a person should hear of about the clocks.
pub(crate) fn clock_warnings(warnings: &[ClockWarning]) -> Vec<&'static str> {
    let name = |warning: &ClockWarning| match warning {
        ClockWarning::Corrected => "clock_corrected",
    };
    warnings.iter().map(name).collect()
}

fn consent(consent: &Consent) -> Value {
    let sections =
        consent.sections.iter().map(|section| json!({ "title": section.title, "lines": section.lines }));
    let amount = |amount: &Amount| json!({ "value": amount.value, "currency": amount.currency });
    let account =
        |account: &OfferedAccount| json!({ "id": account.id, "display_name": account.display_name });
    let detail = |detail: &Detail| (detail.name.clone(), Value::from(detail.value.clone()));
    json!({
        "kind": name(&consent.kind),
        "application": consent.application,
        "binding_message": consent.binding_message,
        "sections": sections.collect::<Vec<_>>(),
        "permissions": consent.permissions,
        "expires_at": consent.expires_at.and_then(rfc3339),
        "transactions_from": consent.transactions_from.and_then(rfc3339),
        "transactions_to": consent.transactions_to.and_then(rfc3339),
        "amount": consent.amount.as_ref().map(amount),
        "payment_type": consent.payment_type,
        "debtor": consent.debtor.as_ref().map(party),
        "creditor": consent.creditor.as_ref().map(party),
        "accounts": consent.accounts.iter().map(account).collect::<Vec<_>>(),
        "scopes": consent.scopes,
        "error": consent.error.map(|error| name(&error)),
        "server_message": consent.server_message,
        "additional_information":
            consent.additional_information.iter().map(detail).collect::<Map<String, Value>>(),
    })
}

fn party(party: &PaymentParty) -> Value {
    json!({
        "scheme": party.scheme,
        "identification": party.identification,
        "name": party.name,
        "secondary_identification": party.secondary_identification,
    })
}

/// `approved` or `denied`.
pub(crate) fn decision(choice: Choice) -> &'static str {
    match choice {
        Choice::Approve => "approved",
        Choice::Deny => "denied",
    }
}

pub(crate) fn request_state(state: RequestState) -> &'static str {
    match state {
        RequestState::Pending => "pending",
        RequestState::Approved => "approved",
        RequestState::Denied => "denied",
        RequestState::Expired => "expired",
    }
}

pub(crate) fn account_state(state: AccountState) -> &'static str {
    match state {
        AccountState::Registering => "registering",
        AccountState::Active => "active",
        AccountState::Unconfirmed => "unconfirmed",
    }
}

/// The cause itself, where there is one within the reason.
pub(crate) fn queue_reason(reason: QueueReason) -> String {
    match reason {
        QueueReason::Unreachable => "unreachable".to_owned(),
        QueueReason::Busy => "busy".to_owned(),
        QueueReason::Untrusted { failure } => AuthenticatorError::from(failure).code(),
        QueueReason::NeedsUser => "needs_user".to_owned(),
        QueueReason::Key { failure } => AuthenticatorError::from(failure).code(),
        QueueReason::UnderWay => "under_way".to_owned(),
    }
}

/// The name by which the core serialises a plain enumeration: lower-case with underscores.
pub(crate) fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
