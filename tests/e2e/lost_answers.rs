//! An answer that is lost after the server acted on it is *unconfirmed*: never resent by itself, never a second decision.

use authpush_core::{AccountState, Delivery, RetryTrigger};
use authpush_sandbox::{FaultKind, FaultTarget};
use authpush_tests::{Bank, Phone};

#[tokio::test]
async fn a_lost_answer_is_unconfirmed_and_left_alone() {
    let kinds = [
        FaultKind::CloseAfterProcessing,
        FaultKind::DropAfterProcessing,
        FaultKind::Drop,
        FaultKind::Garbage,
    ];
    for kind in kinds {
        let bank = Bank::open_banking().await;
        let phone = Phone::of(&bank).await;
        phone.scan(&bank.qr()).await.unwrap();
        let consent = bank.ask("payments");
        let request = phone.receive(&bank.last_push()).await.unwrap();
        bank.fault(FaultTarget::Answer, kind);
        let answer = phone.approve(&request.id, &["12345"]).await.unwrap();
        assert_eq!((answer.delivery, answer.server), (Delivery::Unconfirmed, None), "{kind:?}");
        assert_eq!(phone.only_account().await.state, AccountState::Unconfirmed);
        let phone = phone.reopened(|_| {}).await.unwrap();
        assert!(phone.authenticator.retry(RetryTrigger::Person).await.unwrap().is_empty());
        assert_eq!(bank.answers().0, 1);
        assert_eq!(phone.deny(&request.id).await.unwrap_err().code(), "already_decided");

        let again = phone.approve(&request.id, &["12345"]).await.unwrap();
        let processed = matches!(kind, FaultKind::CloseAfterProcessing | FaultKind::DropAfterProcessing);
        let expected = if processed { Delivery::Unconfirmed } else { Delivery::Delivered };
        assert_eq!(again.delivery, expected, "{kind:?}");
        assert_eq!(bank.consent(&consent), ("authorised".to_owned(), vec!["12345".to_owned()]));
        assert_eq!(bank.control().consent(&consent).unwrap().authorisations.len(), 1);
        let seen = bank.seen("authenticate");
        let jti = |n: usize| seen[n].jwt.clone().unwrap()["claims"]["jti"].clone();
        assert_eq!(jti(0), jti(1));
    }
}

#[tokio::test]
async fn a_server_that_takes_too_long_leaves_it_unconfirmed() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let consent = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    let phone = phone.reopened(|settings| settings.timeout_seconds = Some(1)).await.unwrap();
    bank.control()
        .fault(authpush_sandbox::Fault::new(FaultTarget::Answer, FaultKind::Delay).with_delay_ms(2000));
    let answer = phone.approve(&request.id, &["12345"]).await.unwrap();
    assert_eq!(answer.delivery, Delivery::Unconfirmed);
    assert!(["authorised", "awaitingAuthorisation"].contains(&bank.consent(&consent).0.as_str()));
}

#[tokio::test]
async fn the_next_definite_word_settles_the_account() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.fault(FaultTarget::Answer, FaultKind::Drop);
    phone.approve(&request.id, &["12345"]).await.unwrap();
    assert_eq!(phone.only_account().await.state, AccountState::Unconfirmed);
    assert_eq!(phone.approve(&request.id, &["12345"]).await.unwrap().delivery, Delivery::Delivered);
    assert_eq!(phone.only_account().await.state, AccountState::Active);
}
