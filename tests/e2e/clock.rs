//! A phone whose clock is wrong answers all the same, and says that its clock is wrong.

use authpush_core::{ClockWarning, Delivery, RequestState, Undelivered};
use authpush_sandbox::LoginStatus;
use authpush_tests::{Bank, Phone};

const DAY: i64 = 24 * 3600;

/// More than a decision needs.
const READINGS: usize = 12;

#[tokio::test]
async fn days_off_in_either_direction_with_the_offset_known() {
    for ahead in [3 * DAY, -3 * DAY] {
        let bank = Bank::open_banking().await;
        let phone = Phone::of(&bank).await;
        phone.clock.turn(ahead);
        phone.scan(&bank.qr()).await.unwrap();
        let consent = bank.ask("accounts");
        let request = phone.receive(&bank.last_push()).await.unwrap();
        let answer = phone.approve(&request.id, &["12345"]).await.unwrap();
        assert_eq!(answer.delivery, Delivery::Delivered);
        assert!((answer.clock_offset_seconds + ahead).abs() < 10);
        assert_eq!(bank.consent(&consent).0, "authorised");
        assert_eq!(bank.answers(), (1, 1), "the registration had told the clock");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_between_calls_costs_one_more_call() {
    for (ahead, then) in [(0, 2 * DAY), (0, -2 * DAY), (2 * DAY, 0), (DAY, -DAY)] {
        let bank = Bank::open_banking().await;
        let phone = Phone::of(&bank).await;
        phone.clock.turn(ahead);
        phone.scan(&bank.qr()).await.unwrap();
        let consent = bank.ask("accounts");
        let request = phone.receive(&bank.last_push()).await.unwrap();
        phone.clock.turn(then);
        let answer = phone.approve(&request.id, &["12345"]).await.unwrap();
        assert_eq!(answer.delivery, Delivery::Delivered, "{ahead} {then}");
        assert!((answer.clock_offset_seconds + then).abs() < 10);
        assert_eq!(bank.consent(&consent).0, "authorised");
        let seen = bank.seen("authenticate");
        // A clock that is behind makes a token that has ended; one that is ahead, one that has not begun.
        assert_eq!(seen.len(), 2, "{ahead} {then}");
        assert_eq!(answer.warnings, [ClockWarning::Corrected]);
        let jti = |n: usize| seen[n].jwt.clone().unwrap()["claims"]["jti"].clone();
        assert_eq!(jti(0), jti(1), "one decision, one token id");
    }
}

#[tokio::test]
async fn a_classic_server_that_only_says_500_is_understood_too() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let session = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    phone.clock.turn(-2 * DAY);
    assert_eq!(phone.approve(&request.id, &[]).await.unwrap().delivery, Delivery::Delivered);
    assert_eq!(bank.answers(), (2, 1));
    assert_eq!(bank.verdict(&session), LoginStatus::Authenticated);
}

#[tokio::test]
async fn a_bad_signature_is_not_taken_for_a_bad_clock() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.answer_with(500, r#"{"error":"PBA-15005","error_description":"x"}"#);
    let answer = phone.approve(&request.id, &["12345"]).await.unwrap();
    assert_eq!(answer.delivery, Delivery::Refused);
    assert_eq!(bank.answers().0, 1);
    assert!(answer.warnings.is_empty());
}

#[tokio::test]
async fn an_older_token_that_is_refused_is_not_taken_for_a_bad_clock() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.answer_with(503, "");
    phone.approve(&request.id, &[]).await.unwrap();
    phone.clock.turn(100);
    bank.control().set_clock_offset(100);
    bank.answer_with(500, "");
    let answers = phone.authenticator.retry(authpush_core::RetryTrigger::Person).await.unwrap();
    assert_eq!(answers[0].delivery, Delivery::Unconfirmed);
    assert!(answers[0].warnings.is_empty());
    assert_eq!(bank.answers().0, 2);
}

#[tokio::test]
async fn a_removal_survives_a_wrong_clock() {
    for then in [2 * DAY, -2 * DAY] {
        let bank = Bank::open_banking().await;
        let phone = Phone::of(&bank).await;
        let account = phone.scan(&bank.qr()).await.unwrap();
        phone.clock.turn(then);
        let removal =
            phone.authenticator.remove_account(account.device_id, Undelivered::Deliver).await.unwrap();
        assert_eq!(removal.warnings, [ClockWarning::Corrected]);
        assert!(bank.control().devices().is_empty());
    }
}

#[tokio::test]
async fn a_clock_that_fails_at_any_moment_loses_no_decision_and_no_answer() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let mut sent = 0;
    for readings in 0..READINGS {
        let _session = bank.login(None);
        let request = phone.receive(&bank.last_push()).await.unwrap();
        let review = phone.authenticator.process_consent_data(request.id.clone()).await.unwrap();
        let decision = review.approve(Vec::new()).unwrap();
        phone.clock.fails_after(Some(readings));
        let told = phone.authenticator.send_auth_request(decision).await;
        phone.clock.fails_after(None);
        let entry = phone.authenticator.entry(request.id).await.unwrap();
        match &told {
            Err(error) => {
                assert_eq!((error.code(), bank.answers().1), ("clock_failed".to_owned(), sent));
                assert_eq!((entry.request.state, entry.answer), (RequestState::Pending, None));
            }
            Ok(answer) => {
                sent += 1;
                assert_eq!((answer.delivery, bank.answers().1), (Delivery::Delivered, sent));
                assert_eq!(entry.answer.map(|answer| answer.delivery), Some(Delivery::Delivered));
            }
        }
    }
    // Some fail before anything is sent, some afterwards, and the last not at all.
    assert!((2..READINGS).contains(&sent), "{sent} of {READINGS} were sent");
}
