//! A request ends with its time for lists and notifications; the server alone judges a person who is late.

use authpush_core::{Delivery, RequestState, RetryTrigger};
use authpush_sandbox::{Fault, FaultKind, FaultTarget};
use authpush_tests::{Bank, Phone};

const HOUR: i64 = 3600;

#[tokio::test]
async fn a_request_expires_by_profile() {
    for (bank, life) in [(Bank::classic().await, HOUR / 4), (Bank::open_banking().await, HOUR)] {
        let phone = Phone::of(&bank).await;
        phone.scan(&bank.qr()).await.unwrap();
        let _ = bank.login(None);
        let request = phone.receive(&bank.last_push()).await.unwrap();
        assert_eq!(request.expires_at - request.received_at, life);
        phone.clock.turn(life - 5);
        assert_eq!(phone.authenticator.requests(Some(RequestState::Pending)).await.unwrap().len(), 1);
        phone.clock.turn(life + 5);
        assert_eq!(phone.authenticator.requests(Some(RequestState::Expired)).await.unwrap().len(), 1);
        assert!(phone.authenticator.requests(Some(RequestState::Pending)).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_believable_sent_time_counts_and_no_other() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    for (sent_before, counts) in [(60, true), (HOUR / 4 + 60, false), (-60, false)] {
        let _ = bank.login(None);
        let now = authpush_tests::ManualClock::true_time();
        let received = phone
            .authenticator
            .process_auth_request(bank.last_push(), Some(now - sent_before))
            .await
            .unwrap()
            .request()
            .unwrap();
        let life = received.expires_at - received.received_at;
        assert_eq!(life < HOUR / 4 - 30, counts, "{sent_before}");
    }
}

#[tokio::test]
async fn a_late_decision_is_sent_once_and_the_server_judges() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    phone.clock.turn(HOUR / 4 + 60);
    assert_eq!(phone.approve(&request.id, &[]).await.unwrap().delivery, Delivery::Delivered);
}

#[tokio::test]
async fn a_late_decision_that_cannot_be_sent_has_a_little_while() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    for (later, delivery) in [(100, Delivery::Delivered), (400, Delivery::Expired)] {
        phone.clock.turn(0);
        bank.control().set_clock_offset(0);
        let _ = bank.login(None);
        let request = phone.receive(&bank.last_push()).await.unwrap();
        let late = HOUR / 4 + 60;
        phone.clock.turn(late);
        bank.control().set_clock_offset(late);
        bank.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(503));
        assert_eq!(phone.deny(&request.id).await.unwrap().delivery, Delivery::Queued);
        phone.clock.turn(late + later);
        bank.control().set_clock_offset(late + later);
        let answers = phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
        assert_eq!(answers[0].delivery, delivery, "{later} s later");
    }
}

#[tokio::test]
async fn one_answer_with_a_wrong_date_ends_nothing() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let consent = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.control().set_clock_offset(2 * HOUR);
    bank.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(503));
    assert_eq!(phone.approve(&request.id, &["12345"]).await.unwrap().delivery, Delivery::Queued);
    bank.control().set_clock_offset(0);
    let answers = phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
    assert_eq!(answers[0].delivery, Delivery::Delivered);
    assert_eq!(bank.consent(&consent).0, "authorised");
}

#[tokio::test]
async fn a_decision_that_may_have_arrived_is_never_told_to_be_expired() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let consent = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.fault(FaultTarget::Answer, FaultKind::CloseAfterProcessing);
    assert_eq!(phone.approve(&request.id, &["12345"]).await.unwrap().delivery, Delivery::Unconfirmed);
    bank.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(503));
    assert_eq!(phone.approve(&request.id, &["12345"]).await.unwrap().delivery, Delivery::Queued);
    phone.clock.turn(HOUR + 60);
    let told = phone.authenticator.entry(request.id.clone()).await.unwrap().answer.unwrap();
    assert_eq!(told.delivery, Delivery::Unconfirmed);
    let answers = phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
    assert_eq!(answers.iter().map(|answer| answer.delivery).collect::<Vec<_>>(), [Delivery::Unconfirmed]);
    assert_eq!(bank.consent(&consent).0, "authorised");
}

#[tokio::test]
async fn a_queued_decision_ends_with_its_request() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(503));
    assert_eq!(phone.approve(&request.id, &["12345"]).await.unwrap().delivery, Delivery::Queued);
    phone.clock.turn(HOUR + 60);
    let told = phone.authenticator.entry(request.id.clone()).await.unwrap().answer.unwrap();
    assert_eq!(told.delivery, Delivery::Expired);
    let answers = phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
    assert_eq!(answers.iter().map(|answer| answer.delivery).collect::<Vec<_>>(), [Delivery::Expired]);
    phone.clock.turn(0);
    assert!(phone.authenticator.retry(RetryTrigger::Person).await.unwrap().is_empty());
    assert_eq!(bank.answers().0, 1);
}
