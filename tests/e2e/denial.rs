//! A denial never waits for anything, and an Open Banking server's odd answer to it is no reason to send it twice.

use authpush_core::{AccountState, Delivery, RequestState, RetryTrigger, UserVerifierError};
use authpush_sandbox::{LoginStatus, Options, Profile, Quirks};
use authpush_tests::{Bank, Phone};

#[tokio::test]
async fn an_open_banking_denial_is_recorded_once_and_unconfirmed() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let consent = bank.ask("payments");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    let answer = phone.deny(&request.id).await.unwrap();
    assert_eq!(answer.delivery, Delivery::Unconfirmed);
    let word = answer.server.unwrap();
    assert_eq!((word.status, word.code), (500, None));
    assert_eq!(bank.consent(&consent).0, "rejected");
    let jwt = bank.seen("authenticate")[0].jwt.clone().unwrap();
    assert_eq!(jwt["claims"]["res"], "DENIED");
    assert_eq!(jwt["claims"]["mta"], r#"{"approvedAccountIds":["12345"]}"#);
    assert_eq!(phone.only_account().await.state, AccountState::Unconfirmed);

    assert!(phone.authenticator.retry(RetryTrigger::Person).await.unwrap().is_empty());
    assert_eq!(bank.answers().0, 1, "never sent again by itself");
    assert_eq!(phone.approve(&request.id, &["12345"]).await.unwrap_err().code(), "already_decided");
    assert_eq!(phone.deny(&request.id).await.unwrap().delivery, Delivery::Unconfirmed);
    assert_eq!(bank.answers().0, 2, "once more when the person says it once more");
    assert_eq!(bank.consent(&consent).0, "rejected");
}

#[tokio::test]
async fn a_server_without_that_quirk_confirms_it() {
    let options = Options { profile: Profile::OpenBanking, quirks: Quirks::Mended, ..Options::default() };
    let bank = Bank::start(options).await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let consent = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    assert_eq!(phone.deny(&request.id).await.unwrap().delivery, Delivery::Delivered);
    assert_eq!(bank.consent(&consent).0, "rejected");
}

#[tokio::test]
async fn a_denial_does_not_wait_for_the_person_to_be_verified() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    phone.person.refuses(UserVerifierError::Unavailable);
    let session = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    let answer = phone.deny(&request.id).await.unwrap();
    assert_eq!(answer.delivery, Delivery::Delivered);
    assert_eq!(phone.person.times_asked(), 0);
    assert_eq!(bank.verdict(&session), LoginStatus::Denied);
    let denied = phone.authenticator.requests(Some(RequestState::Denied)).await.unwrap();
    assert_eq!(denied.len(), 1);
}

#[tokio::test]
async fn a_decision_once_made_is_told_again_and_not_sent_again() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    let first = phone.deny(&request.id).await.unwrap();
    assert_eq!(phone.deny(&request.id).await.unwrap(), first);
    assert_eq!(phone.approve(&request.id, &[]).await.unwrap_err().code(), "already_decided");
    assert_eq!(bank.answers(), (1, 1));
}
