//! The keys that scripts depend on.

use super::*;
use authpush_core::{
    Consent, ConsentError, Delivery, KeyFailure, Profile, ServerMeaning, ServerWord, TrustFailure,
};

use crate::samples;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn an_answer() -> Answer {
    Answer {
        request_id: "r1".to_owned(),
        device_id: "d1".to_owned(),
        decision: Choice::Approve,
        approved_account_ids: vec!["12345".to_owned()],
        delivery: Delivery::AnsweredElsewhere,
        server: Some(ServerWord { status: 410, code: None, meaning: ServerMeaning::AnsweredElsewhere }),
        reason: None,
        clock_offset_seconds: -3,
        warnings: vec![ClockWarning::Corrected],
        decided_at: 0,
    }
}

#[test]
fn an_account_has_the_keys_of_the_contract() {
    let value = account(&Account {
        device_id: "d1".to_owned(),
        profile: Profile::OpenBanking,
        username: "alice".to_owned(),
        first_name: None,
        last_name: None,
        tenant_domain: Some("carbon.super".to_owned()),
        organization_id: None,
        host: "https://bank.example".to_owned(),
        key_bits: 2048,
        key_store: "software".to_owned(),
        push_id: "pu…".to_owned(),
        state: AccountState::Unconfirmed,
        created_at: 0,
    });
    assert_eq!(
        value,
        json!({
            "device_id": "d1", "profile": "open-banking", "username": "alice", "first_name": null,
            "last_name": null, "tenant_domain": "carbon.super", "organization_id": null,
            "host": "https://bank.example", "key_bits": 2048, "key_store": "software", "push_id": "pu…",
            "state": "unconfirmed", "created_at": "1970-01-01T00:00:00Z",
        })
    );
}

#[test]
fn a_request_has_the_keys_of_the_contract() {
    let value = request(&samples::request(Some(samples::payment())));
    for key in [
        "id",
        "device_id",
        "profile",
        "username",
        "display_name",
        "organization",
        "application_name",
        "application_url",
        "browser_name",
        "os_name",
        "ip_address",
        "location",
        "connection_code",
        "number_challenge",
        "received_at",
        "expires_at",
        "state",
        "consent",
        "details",
        "warnings",
    ] {
        assert!(keys(&value).contains(&key), "{key}");
    }
    assert_eq!(value["state"], "pending");
    assert_eq!(value["organization"], Value::Null);
    assert_eq!(value["received_at"], "2026-01-31T11:46:40Z");
    assert_eq!(value["warnings"], json!([{ "code": "names_another_user", "username": "mallory" }]));
    assert_eq!(request(&samples::request(None))["consent"], Value::Null);
}

#[test]
fn a_consent_has_the_keys_of_the_contract() {
    let consent = Consent { error: Some(ConsentError::TooLong), ..samples::payment() };
    let value = request(&samples::request(Some(consent)))["consent"].take();
    for key in [
        "kind",
        "application",
        "binding_message",
        "sections",
        "permissions",
        "expires_at",
        "transactions_from",
        "transactions_to",
        "amount",
        "payment_type",
        "debtor",
        "creditor",
        "accounts",
        "scopes",
        "error",
        "additional_information",
        "server_message",
    ] {
        assert!(keys(&value).contains(&key), "{key}");
    }
    assert_eq!(value["kind"], "payments");
    assert_eq!(value["amount"], json!({ "value": "10.00", "currency": "GBP" }));
    assert_eq!(value["creditor"]["secondary_identification"], Value::Null);
    assert_eq!(value["accounts"], json!([{ "id": "12345", "display_name": "Salary" }]));
    assert_eq!(value["error"], "too_long");
    assert_eq!(value["additional_information"], json!({ "risk": "low" }));
}

#[test]
fn an_answer_has_the_keys_of_the_contract() {
    assert_eq!(
        answer(&an_answer()),
        json!({
            "request_id": "r1", "device_id": "d1", "decision": "approved", "approved_account_ids": ["12345"],
            "delivery": "answered_elsewhere", "server": { "status": 410, "code": null }, "reason": null,
            "clock_offset_seconds": -3, "warnings": ["clock_corrected"],
            "decided_at": "1970-01-01T00:00:00Z",
        })
    );
}

#[test]
fn a_history_entry_is_a_request_with_one_more_key() {
    let undecided = entry(&HistoryEntry { request: samples::request(None), answer: None });
    assert!(keys(&undecided).contains(&"answer") && undecided["answer"].is_null());
    let decided = entry(&HistoryEntry { request: samples::request(None), answer: Some(an_answer()) });
    assert_eq!(decided["answer"]["request_id"], "r1");
}

#[test]
fn a_reason_is_the_cause_within_it() {
    assert_eq!(queue_reason(QueueReason::Untrusted { failure: TrustFailure::PinMismatch }), "pin_mismatch");
    assert_eq!(queue_reason(QueueReason::Key { failure: KeyFailure::Lost }), "key_lost");
    assert_eq!(queue_reason(QueueReason::UnderWay), "under_way");
}
