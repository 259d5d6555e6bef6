//! Removing takes the device from the server first, and leaves nothing behind but the history.

use authpush_core::{Delivery, RequestState, RetryTrigger, Undelivered};
use authpush_sandbox::{Fault, FaultKind, FaultTarget};
use authpush_tests::{Bank, Phone};
use serde_json::json;

#[tokio::test]
async fn account_and_key_go_and_the_history_stays() {
    for bank in [Bank::open_banking().await, Bank::classic().await] {
        let phone = Phone::of(&bank).await;
        let account = phone.scan(&bank.qr()).await.unwrap();
        let _ = bank.login(None);
        let decided = phone.receive(&bank.last_push()).await.unwrap();
        phone.approve(&decided.id, &[]).await.unwrap();
        let _ = bank.login(None);
        let open = phone.receive(&bank.last_push()).await.unwrap();
        phone.authenticator.remove_account(account.device_id.clone(), Undelivered::Deliver).await.unwrap();
        assert!(bank.control().devices().is_empty());
        assert!(phone.authenticator.accounts().await.unwrap().is_empty());
        assert_eq!(phone.keys(), 0);
        let entries = phone.authenticator.history(Some(account.device_id.clone()), None).await.unwrap();
        let state = |id: &str| entries.iter().find(|entry| entry.request.id == id).unwrap().request.state;
        assert_eq!((state(&decided.id), state(&open.id)), (RequestState::Approved, RequestState::Expired));
        assert_eq!(phone.deny(&open.id).await.unwrap_err().code(), "request_closed");
        assert_eq!(phone.receive(&bank.last_push()).await.unwrap_err().code(), "unknown_device");

        let jwt = bank.seen("/remove")[0].jwt.clone().unwrap();
        assert_eq!(jwt["header"], json!({"alg": "RS256", "typ": "JWT", "did": account.device_id}));
        let mut claims: Vec<_> = jwt["claims"].as_object().unwrap().keys().map(String::as_str).collect();
        claims.sort_unstable();
        assert_eq!(claims, ["act", "aud", "exp", "iat", "iss", "jti", "nbf", "sub"]);
        assert_eq!(jwt["claims"]["act"], "REMOVE");
    }
}

#[tokio::test]
async fn a_device_that_the_server_does_not_have_is_removed_here() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&bank.qr()).await.unwrap();
    bank.fault(FaultTarget::Remove, FaultKind::CloseAfterProcessing);
    let removal = phone.authenticator.remove_account(account.device_id.clone(), Undelivered::Deliver).await;
    assert_eq!(removal.unwrap_err().code(), "removal_unconfirmed");
    assert_eq!((phone.only_account().await.device_id, phone.keys()), (account.device_id.clone(), 1));
    phone.authenticator.remove_account(account.device_id, Undelivered::Deliver).await.unwrap();
    assert!(phone.authenticator.accounts().await.unwrap().is_empty());
}

#[tokio::test]
async fn whatever_else_the_server_says_keeps_the_account() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&bank.qr()).await.unwrap();
    for (status, body, code, retryable) in [
        (400, r#"{"code":"UE-10000"}"#, "server_refused", false),
        (401, r#"{"code":"PDM-15001"}"#, "server_refused", false),
        (404, r#"{"code":"PDM-10004"}"#, "server_refused", false),
        (500, r#"{"code":"PDM-10004"}"#, "removal_unconfirmed", true),
        (503, "", "server_busy", true),
    ] {
        bank.control()
            .fault(Fault::new(FaultTarget::Remove, FaultKind::Status).with_status(status).with_body(body));
        let removal =
            phone.authenticator.remove_account(account.device_id.clone(), Undelivered::Deliver).await;
        let error = removal.unwrap_err();
        assert_eq!((error.code().as_str(), error.retryable()), (code, retryable), "{status} {body}");
        assert_eq!(phone.keys(), 1);
    }
}

#[tokio::test]
async fn an_undelivered_decision_is_delivered_first_or_abandoned_on_purpose() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    let busy = || Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(503);
    bank.control().fault(busy().times(2));
    phone.approve(&request.id, &["12345"]).await.unwrap();
    let removal = phone.authenticator.remove_account(account.device_id.clone(), Undelivered::Deliver).await;
    assert_eq!(removal.unwrap_err().code(), "decision_pending");
    assert_eq!(bank.answers().0, 2, "it was tried first");
    assert!(bank.seen("/remove").is_empty());
    phone.authenticator.remove_account(account.device_id.clone(), Undelivered::Abandon).await.unwrap();
    let entries = phone.authenticator.history(None, None).await.unwrap();
    assert_eq!(entries[0].answer.as_ref().unwrap().delivery, Delivery::Expired);
    assert!(phone.authenticator.retry(RetryTrigger::Person).await.unwrap().is_empty());
    assert_eq!(bank.answers().0, 2);
}

#[tokio::test]
async fn an_answer_that_comes_after_its_account_was_forgotten_is_still_written_down() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Delay).with_delay_ms(300));
    let forgetting = async {
        while !bank.control().faults().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        phone.authenticator.forget_account(account.device_id.clone()).await.unwrap();
        let entry = phone.authenticator.entry(request.id.clone()).await.unwrap();
        assert_eq!(entry.answer.unwrap().delivery, Delivery::Unconfirmed);
    };
    let (answer, ()) = tokio::join!(phone.approve(&request.id, &["12345"]), forgetting);
    assert_eq!(answer.unwrap().delivery, Delivery::Delivered);
    let entry = phone.authenticator.entry(request.id.clone()).await.unwrap();
    assert_eq!(entry.answer.unwrap().delivery, Delivery::Delivered);
}

#[tokio::test]
async fn forgetting_tells_nobody() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&bank.qr()).await.unwrap();
    phone.authenticator.forget_account(account.device_id.clone()).await.unwrap();
    assert_eq!(bank.control().devices().len(), 1);
    assert!(bank.seen("/remove").is_empty());
    assert_eq!(phone.keys(), 0);
    let again = phone.authenticator.forget_account(account.device_id).await;
    assert_eq!(again.unwrap_err().code(), "unknown_device");
}
