//! Enrolling leaves exactly one working account, or none, whatever the network does meanwhile.

use authpush_core::AccountState;
use authpush_sandbox::{Fault, FaultKind, FaultTarget};
use authpush_tests::{Bank, Phone, PhoneSettings};
use serde_json::Value;

#[tokio::test]
async fn the_server_gets_exactly_what_it_wants() {
    for bank in [Bank::open_banking().await, Bank::classic().await] {
        let phone = Phone::of(&bank).await;
        let account = phone.scan(&bank.qr()).await.unwrap();
        assert_eq!(account.state, AccountState::Active);
        assert_eq!((account.key_bits, account.key_store.as_str()), (2048, "software"));
        assert_eq!(account.host, bank.url());
        let seen = bank.seen("/push-auth/devices");
        let body: Value = serde_json::from_str(&seen[0].body).unwrap();
        let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["deviceId", "model", "name", "pushId", "publicKey", "signature"]);
        assert_eq!(body["deviceId"], account.device_id.as_str());
        assert_eq!(seen[0].body.lines().count(), 1);
        assert_eq!(bank.control().devices().len(), 1);
    }
}

#[tokio::test]
async fn bigger_keys_are_made_on_request_and_odd_ones_never() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    let device = |key_bits| authpush_core::Device {
        name: "n".repeat(60),
        model: String::new(),
        key_bits,
        provider: None,
    };
    let error =
        phone.authenticator.add_account(bank.qr(), "token".to_owned(), device(1024)).await.unwrap_err();
    assert_eq!(error.code(), "invalid_argument");
    let account = phone.authenticator.add_account(bank.qr(), "token".to_owned(), device(3072)).await.unwrap();
    assert_eq!(account.key_bits, 3072);
    let registered = bank.control().devices();
    assert_eq!(registered[0].name, "n".repeat(45));
    assert_eq!(registered[0].model, "Device");
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_same_qr_and_the_first_push() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let qr = bank.qr();
    bank.fault(FaultTarget::Register, FaultKind::CloseAfterProcessing);
    assert_eq!(phone.scan(&qr).await.unwrap_err().code(), "registration_unconfirmed");
    assert_eq!(phone.only_account().await.state, AccountState::Registering);

    let phone = phone.reopened(|_| {}).await.unwrap();
    assert_eq!(phone.scan(&qr).await.unwrap().state, AccountState::Unconfirmed);
    let keys: Vec<_> = bank.seen("/devices").iter().map(|entry| public_key(&entry.body)).collect();
    assert_eq!(keys[0], keys[1], "the same key both times");
    assert_eq!(phone.keys(), 1);

    let consent = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    assert_eq!(phone.only_account().await.state, AccountState::Active);
    phone.approve(&request.id, &["12345"]).await.unwrap();
    assert_eq!(bank.consent(&consent).0, "authorised");
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_good_by_the_same_qr() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let qr = bank.qr();
    bank.fault(FaultTarget::Register, FaultKind::Drop);
    assert_eq!(phone.scan(&qr).await.unwrap_err().code(), "registration_unconfirmed");
    assert_eq!(phone.scan(&qr).await.unwrap().state, AccountState::Active);
    assert_eq!(phone.scan(&qr).await.unwrap_err().code(), "already_registered");
}

#[tokio::test]
async fn a_refusal_leaves_neither_account_nor_key() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let mut qr: Value = serde_json::from_str(&bank.qr()).unwrap();
    qr["chg"] = "another-challenge".into();
    let error = phone.scan(&qr.to_string()).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.retryable()), ("server_refused", false));
    assert!(phone.authenticator.accounts().await.unwrap().is_empty());
    assert_eq!(phone.keys(), 0);
    for (status, body) in [(404, ""), (500, r#"{"code":"PDM-15011"}"#), (500, r#"{"code":"SE-50000"}"#)] {
        let fault = Fault::new(FaultTarget::Register, FaultKind::Status).with_status(status).with_body(body);
        bank.control().fault(fault);
        assert_eq!(phone.scan(&bank.qr()).await.unwrap_err().code(), "server_refused", "{status}");
        assert_eq!(phone.keys(), 0);
    }
}

#[tokio::test]
async fn a_late_refusal_never_removes_what_may_be_registered() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let qr = bank.qr();
    bank.fault(FaultTarget::Register, FaultKind::CloseAfterProcessing);
    phone.scan(&qr).await.unwrap_err();
    let fault = Fault::new(FaultTarget::Register, FaultKind::Status).with_status(404);
    bank.control().fault(fault);
    assert_eq!(phone.scan(&qr).await.unwrap_err().code(), "server_refused");
    assert_eq!(phone.only_account().await.state, AccountState::Registering);
    assert_eq!(phone.keys(), 1);
}

#[tokio::test]
async fn a_busy_server_is_asked_again_later() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let qr = bank.qr();
    for status in [503, 429] {
        bank.control().fault(Fault::new(FaultTarget::Register, FaultKind::Status).with_status(status));
        let error = phone.scan(&qr).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.retryable()), ("server_busy", true));
        assert_eq!(phone.only_account().await.state, AccountState::Registering);
    }
    assert_eq!(phone.scan(&qr).await.unwrap().state, AccountState::Active);
}

#[tokio::test]
async fn a_known_device_id_with_other_data_is_a_conflict() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let qr = bank.qr();
    phone.scan(&qr).await.unwrap();
    for (key, value) in
        [("chg", "c2"), ("un", "bob"), ("hst", "https://other.example"), ("ae", "/push-auth/authenticate")]
    {
        let mut other: Value = serde_json::from_str(&qr).unwrap();
        other[key] = value.into();
        assert_eq!(phone.scan(&other.to_string()).await.unwrap_err().code(), "device_conflict", "{key}");
    }
    assert_eq!(bank.seen("/devices").len(), 1);
    assert_eq!(phone.keys(), 1);
}

#[tokio::test]
async fn the_same_user_with_the_same_token_is_already_registered() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    assert_eq!(phone.scan(&bank.qr()).await.unwrap_err().code(), "already_registered");
    assert_eq!(bank.seen("/devices").len(), 1);
}

#[tokio::test]
async fn an_unfinished_enrolment_makes_way_for_a_new_one() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    bank.fault(FaultTarget::Register, FaultKind::CloseAfterProcessing);
    phone.scan(&bank.qr()).await.unwrap_err();
    let account = phone.scan(&bank.qr()).await.unwrap();
    assert_eq!(account.state, AccountState::Active);
    assert_eq!(phone.only_account().await.device_id, account.device_id);
    let registered = bank.control().devices();
    assert_eq!(registered.len(), 1, "the first one was removed at the server");
    assert_eq!(phone.keys(), 1);
}

#[tokio::test]
async fn an_unfinished_enrolment_that_cannot_be_removed_stays_in_the_way() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    bank.fault(FaultTarget::Register, FaultKind::CloseAfterProcessing);
    phone.scan(&bank.qr()).await.unwrap_err();
    bank.control().fault(Fault::new(FaultTarget::Remove, FaultKind::Status).with_status(500));
    assert_eq!(phone.scan(&bank.qr()).await.unwrap_err().code(), "registration_unconfirmed");
    assert_eq!(bank.control().devices().len(), 1);
    assert_eq!(phone.only_account().await.state, AccountState::Registering);
}

#[tokio::test]
async fn two_scans_at_once_leave_one_account() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let other = phone.reopened(|_| {}).await.unwrap();
    let qr = bank.qr();
    let (one, two) = tokio::join!(phone.scan(&qr), other.scan(&qr));
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    assert_eq!(phone.only_account().await.state, AccountState::Active);
    assert_eq!(phone.keys(), 1);
}

#[tokio::test]
async fn nothing_is_made_for_a_server_that_may_not_be_talked_to() {
    let bank = Bank::open_banking().await;
    let mut settings = PhoneSettings::trusting(bank.certificate());
    settings.trust.allowed_hosts = vec!["bank.example".to_owned()];
    let phone = Phone::with(settings).await;
    assert_eq!(phone.scan(&bank.qr()).await.unwrap_err().code(), "host_not_allowed");
    let plain = bank.qr().replace("https://", "http://");
    assert_eq!(phone.scan(&plain).await.unwrap_err().code(), "insecure_url");
    assert!(phone.authenticator.accounts().await.unwrap().is_empty());
    assert_eq!(phone.keys(), 0);
    assert!(bank.seen("/devices").is_empty());
}

fn public_key(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body["publicKey"].as_str().unwrap().to_owned()
}
