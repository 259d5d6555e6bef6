//! From a push to a delivered decision.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod support;

use authpush_sandbox::{Fault, FaultKind, FaultTarget, NewLogin, Profile};
use serde_json::json;
use support::Desk;

#[test]
fn a_push_is_taken_in_however_the_platform_wraps_it() {
    let desk = Desk::new();
    let device_id = desk.enrol();
    let shapes: [fn(&serde_json::Value) -> serde_json::Value; 3] = [
        |data| json!({ "data": data }),
        Clone::clone,
        |data| {
            let mut user_info = data.clone();
            user_info["aps"] = json!({ "alert": "x" });
            user_info
        },
    ];
    for wrap in shapes {
        let (_, push) = desk.ask("payments");
        let wrapped = wrap(&push["data"]);
        let received = desk.run(&["receive", &wrapped.to_string()]).json(0);
        let request = &received["request"];
        assert_eq!(received["duplicate"], false);
        assert_eq!(request["device_id"], device_id.as_str());
        assert_eq!(request["state"], "pending");
        assert_eq!(request["application_name"], "ShopApp");
        assert_eq!(request["consent"]["kind"], "payments");
        assert_eq!(request["consent"]["binding_message"], "AB12");
        assert_eq!(request["consent"]["accounts"][0]["id"], "12345");
        assert!(request["received_at"].as_str().unwrap().ends_with('Z'));
        let again = desk.run_with(&["receive", "-"], &wrapped.to_string()).json(0);
        assert_eq!((&again["duplicate"], &again["request"]["id"]), (&json!(true), &request["id"]));
    }
    assert_eq!(
        desk.run(&["requests", "--state", "pending"]).json(0)["requests"].as_array().unwrap().len(),
        3
    );
    assert_eq!(desk.run(&["requests", "--state", "denied"]).json(0)["requests"], json!([]));
}

#[test]
fn a_push_for_nobody_here_is_refused() {
    let desk = Desk::new();
    desk.enrol();
    let (_, push) = desk.ask("accounts");
    let mut other = push["data"].clone();
    other["deviceId"] = json!("00000000-0000-0000-0000-000000000000");
    assert_eq!(desk.run(&["receive", &other.to_string()]).error(1), "unknown_device");
    assert_eq!(desk.run(&["receive", "{}"]).error(1), "invalid_push");
}

#[test]
fn an_approval_covers_the_chosen_account_and_is_delivered() {
    let desk = Desk::new();
    desk.enrol();
    let (consent, id) = desk.payment();
    let answer = desk.run(&["approve", &id, "--account-id", "67890", "--yes"]).json(0)["answer"].take();
    assert_eq!(answer["request_id"], id.as_str());
    assert_eq!(answer["decision"], "approved");
    assert_eq!(answer["delivery"], "delivered");
    assert_eq!(answer["approved_account_ids"], json!(["67890"]));
    assert_eq!(answer["server"], json!({ "status": 202, "code": null }));
    assert_eq!(desk.control().consent(&consent).unwrap().authorised_account_ids(), ["67890"]);
    // The same once more is the same answer; the other decision is an error.
    assert_eq!(desk.run(&["approve", &id]).json(0)["answer"], answer);
    assert_eq!(desk.run(&["deny", &id]).error(1), "already_decided");
}

#[test]
fn an_approval_needs_a_person_and_an_account_and_one_that_is_offered() {
    let desk = Desk::new();
    desk.enrol();
    let (consent, id) = desk.payment();
    assert_eq!(desk.run(&["approve", &id, "--account-id", "12345"]).error(1), "user_verification_failed");
    assert_eq!(desk.run(&["approve", &id, "--yes"]).error(1), "account_required");
    let other = desk.run(&["approve", &id, "--account-id", "1", "--yes"]);
    assert_eq!(other.error(1), "account_not_offered");
    assert_eq!(other.stdout, "");
    assert_eq!(desk.run(&["approve", "nothing", "--yes"]).error(1), "unknown_request");
    assert_eq!(desk.consent_status(&consent), "awaitingAuthorisation");
}

#[test]
fn a_denial_needs_nobody_and_is_unconfirmed_where_the_server_stumbles() {
    let desk = Desk::new();
    desk.enrol();
    let (consent, id) = desk.payment();
    let answer = desk.run(&["deny", &id]).json(3)["answer"].take();
    assert_eq!((&answer["decision"], &answer["delivery"]), (&json!("denied"), &json!("unconfirmed")));
    assert_eq!(answer["server"]["status"], 500);
    assert_eq!(answer["approved_account_ids"], json!([]));
    assert_eq!(desk.consent_status(&consent), "rejected");
    assert_eq!(desk.run(&["approve", &id, "--account-id", "12345", "--yes"]).error(1), "already_decided");
    assert_eq!(desk.run(&["approve", &id, "--yes"]).error(1), "already_decided");
}

#[test]
fn an_unconfirmed_approval_is_repeated_with_its_own_accounts() {
    let desk = Desk::new();
    desk.enrol();
    let (_, id) = desk.payment();
    desk.control().fault(Fault::new(FaultTarget::Answer, FaultKind::CloseBefore));
    let first = desk.run(&["approve", &id, "--account-id", "12345", "--yes"]).json(3);
    assert_eq!(first["answer"]["delivery"], "unconfirmed");
    let second = desk.run(&["approve", &id, "--yes"]).json(0);
    assert_eq!(second["answer"]["delivery"], "delivered");
    assert_eq!(second["answer"]["approved_account_ids"], json!(["12345"]));
}

#[test]
fn what_is_queued_is_delivered_by_retry() {
    let desk = Desk::new();
    desk.enrol();
    let (consent, id) = desk.payment();
    desk.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(503));
    let queued = desk.run(&["approve", &id, "--account-id", "12345", "--yes"]).json(3)["answer"].take();
    assert_eq!((&queued["delivery"], &queued["reason"]), (&json!("queued"), &json!("busy")));
    let answers = desk.run(&["retry"]).json(0)["answers"].take();
    assert_eq!(answers[0]["delivery"], "delivered");
    assert_eq!(desk.consent_status(&consent), "authorised");
    assert_eq!(desk.run(&["retry"]).json(0)["answers"], json!([]));
}

#[test]
fn a_server_that_asked_for_patience_is_left_alone_and_the_person_told() {
    let desk = Desk::new();
    desk.enrol();
    let (_, id) = desk.payment();
    let busy = Fault::new(FaultTarget::Answer, FaultKind::Status).with_header("Retry-After", "600");
    desk.control().fault(busy);
    desk.run(&["approve", &id, "--account-id", "12345", "--yes"]).json(3);
    desk.control().clear_audit();
    let retried = desk.run(&["retry"]);
    assert_eq!((retried.json(0)["answers"].take(), retried.stderr.as_str()), (json!([]), ""));
    let told = desk.run_as_text(&["retry"]);
    assert!(told.status == 0 && told.stderr.contains("1 more not tried"), "{told:?}");
    assert_eq!(desk.control().audit().len(), 0);
}

#[test]
fn a_refusal_is_an_answer_and_a_failure() {
    let desk = Desk::new();
    desk.enrol();
    let (_, id) = desk.payment();
    desk.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(403));
    let refused = desk.run(&["approve", &id, "--account-id", "12345", "--yes"]);
    assert_eq!(refused.error(1), "server_refused");
    assert_eq!(refused.json(1)["answer"]["delivery"], "refused");
}

#[test]
fn an_answer_given_elsewhere_is_too_late() {
    let desk = Desk::new();
    desk.enrol();
    let (_, id) = desk.payment();
    desk.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(410));
    let late = desk.run(&["deny", &id]);
    assert_eq!(late.error(1), "answered_elsewhere");
    assert_eq!(late.json(1)["answer"]["delivery"], "answered_elsewhere");
}

#[test]
fn a_login_is_answered_without_accounts() {
    let desk = Desk::with(Profile::Classic);
    desk.enrol();
    let login = NewLogin { username: "alice".to_owned(), ..NewLogin::default() };
    let login = desk.control().login(login).unwrap();
    let id = desk.receive(&desk.last_push());
    let answer = desk.run(&["approve", "--yes", &id]).json(0);
    assert_eq!(answer["answer"]["approved_account_ids"], json!([]));
    let report = serde_json::to_value(desk.control().login_status(&login.session_data_key).unwrap()).unwrap();
    assert_eq!(report["status"], "authenticated");
}

#[test]
fn the_history_tells_what_was_asked_and_decided_newest_first() {
    let desk = Desk::new();
    let device = desk.enrol();
    let (_, first) = desk.payment();
    desk.run(&["approve", &first, "--account-id", "12345", "--yes"]).json(0);
    let (_, second) = desk.payment();
    let entries = desk.run(&["history"]).json(0)["entries"].take();
    let ids: Vec<&str> = entries.as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&first.as_str()) && ids.contains(&second.as_str()) && ids.len() == 2);
    let of = |id: &str| entries.as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap().clone();
    assert_eq!(of(&first)["answer"]["delivery"], "delivered");
    assert_eq!(of(&first)["state"], "approved");
    assert_eq!(of(&second)["answer"], json!(null));
    let limited = desk.run(&["history", "--limit", "1", "--device", &device]).json(0);
    assert_eq!(limited["entries"].as_array().unwrap().len(), 1);
    assert_eq!(desk.run(&["history", "--device", "other"]).json(0)["entries"], json!([]));
}
