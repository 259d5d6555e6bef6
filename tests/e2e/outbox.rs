//! A decision that could not be delivered is kept, tried again while it can count, and delivered once.

use authpush_core::{AccountState, Delivery, QueueReason, RetryTrigger, ServerMeaning};
use authpush_sandbox::{Fault, FaultKind, FaultTarget};
use authpush_tests::{Bank, Phone};

async fn asked(bank: &Bank) -> (Phone, String, String) {
    let phone = Phone::of(bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let consent = bank.ask("payments");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    (phone, request.id, consent)
}

#[tokio::test]
async fn a_server_that_is_away_gets_it_when_it_is_back() {
    let data = tempfile::tempdir().unwrap();
    let bank = Bank::durable(data.path()).await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    let options = bank.close().await;
    let answer = phone.approve(&request.id, &["12345"]).await.unwrap();
    assert_eq!((answer.delivery, answer.reason), (Delivery::Queued, Some(QueueReason::Unreachable)));
    assert_eq!(phone.approve(&request.id, &["67890"]).await.unwrap_err().code(), "already_decided");
    assert_eq!(phone.deny(&request.id).await.unwrap_err().code(), "already_decided");
    let phone = phone.reopened(|_| {}).await.unwrap();
    let still = phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
    assert_eq!(still[0].delivery, Delivery::Queued);

    // The sessions of the real server survive; the sandbox's do not, so it is told to take the answer.
    let bank = Bank::start(options).await;
    bank.answer_with(202, "");
    let answers = phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
    assert_eq!(answers.iter().map(|answer| answer.delivery).collect::<Vec<_>>(), [Delivery::Delivered]);
    assert!(phone.authenticator.retry(RetryTrigger::Person).await.unwrap().is_empty());
    let seen = bank.seen("authenticate");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].jwt.clone().unwrap()["claims"]["mta"], r#"{"approvedAccountIds":["12345"]}"#);
}

#[tokio::test]
async fn a_busy_server_is_left_alone_for_as_long_as_it_says() {
    for status in [503, 429] {
        let bank = Bank::open_banking().await;
        let (phone, id, consent) = asked(&bank).await;
        let fault = Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(status);
        bank.control().fault(fault.with_header("Retry-After", "120"));
        let answer = phone.approve(&id, &["12345"]).await.unwrap();
        assert_eq!((answer.delivery, answer.reason), (Delivery::Queued, Some(QueueReason::Busy)));
        assert_eq!(answer.server.unwrap().status, u32::from(status));
        assert_eq!(phone.approve(&id, &["12345"]).await.unwrap().delivery, Delivery::Queued);
        assert_eq!(phone.person.times_asked(), 1, "nothing is sent, so nobody is asked");
        phone.clock.turn(110);
        assert!(
            phone.authenticator.retry(RetryTrigger::Person).await.unwrap().is_empty(),
            "not even for a person"
        );
        assert_eq!(bank.answers().0, 1);
        phone.clock.turn(125);
        let answers = phone.authenticator.retry(RetryTrigger::System).await.unwrap();
        assert_eq!(answers[0].delivery, Delivery::Delivered);
        assert_eq!(bank.consent(&consent).0, "authorised");
    }
}

#[tokio::test]
async fn the_back_off_binds_the_system_and_not_the_person() {
    let bank = Bank::open_banking().await;
    let (phone, id, _) = asked(&bank).await;
    for _ in 0..3 {
        bank.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(503));
        let _ = phone.approve(&id, &["12345"]).await.unwrap();
    }
    assert!(phone.authenticator.retry(RetryTrigger::System).await.unwrap().is_empty());
    assert_eq!(
        phone.authenticator.retry(RetryTrigger::Person).await.unwrap()[0].delivery,
        Delivery::Delivered
    );
}

#[tokio::test]
async fn an_old_token_is_signed_anew_with_the_same_id() {
    let bank = Bank::open_banking().await;
    let (phone, id, _) = asked(&bank).await;
    let busy = || Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(503);
    bank.control().fault(busy());
    phone.approve(&id, &["12345"]).await.unwrap();
    let mut ahead = 0;
    for (later, fresh) in [(500, false), (200, true)] {
        ahead += later;
        phone.clock.turn(ahead);
        bank.control().set_clock_offset(ahead);
        bank.control().fault(busy());
        phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
        let seen = bank.seen("authenticate");
        let [.., before, last] = seen.as_slice() else { panic!("two tries") };
        assert_eq!(before.body != last.body, fresh, "after {ahead} s");
        let jti = |entry: &authpush_sandbox::AuditEntry| entry.jwt.clone().unwrap()["claims"]["jti"].clone();
        assert_eq!(jti(before), jti(last));
    }
    assert_eq!(
        phone.authenticator.retry(RetryTrigger::Person).await.unwrap()[0].delivery,
        Delivery::Delivered
    );
}

#[tokio::test]
async fn every_word_of_the_server_has_its_meaning() {
    let denied = r#"{"error":"Bad Request","error_description":"Authentication Failed"}"#;
    for (status, body, delivery, meaning) in [
        (200, "", Delivery::Delivered, ServerMeaning::Taken),
        (204, "", Delivery::Delivered, ServerMeaning::Taken),
        (302, "", Delivery::Refused, ServerMeaning::Refused),
        (400, denied, Delivery::Refused, ServerMeaning::Refused),
        (401, "", Delivery::Refused, ServerMeaning::Refused),
        (404, "<html>", Delivery::Refused, ServerMeaning::Refused),
        (408, "", Delivery::Unconfirmed, ServerMeaning::Unclear),
        (410, "", Delivery::AnsweredElsewhere, ServerMeaning::AnsweredElsewhere),
        (500, "", Delivery::Unconfirmed, ServerMeaning::Unclear),
        (500, "<html>PBA-15005</html>", Delivery::Unconfirmed, ServerMeaning::Unclear),
        (500, r#"{"error":"PBA-15003"}"#, Delivery::Refused, ServerMeaning::Refused),
        (500, r#"{"error":"PBA-15006"}"#, Delivery::Refused, ServerMeaning::Refused),
        (500, r#"{"error":"PBA-15004"}"#, Delivery::Refused, ServerMeaning::UnknownDevice),
        (500, r#"{"error":"internal server error"}"#, Delivery::Unconfirmed, ServerMeaning::Unclear),
        (502, "", Delivery::Unconfirmed, ServerMeaning::Unclear),
        (504, "", Delivery::Unconfirmed, ServerMeaning::Unclear),
    ] {
        let bank = Bank::open_banking().await;
        let (phone, id, _) = asked(&bank).await;
        bank.answer_with(status, body);
        let answer = phone.approve(&id, &["12345"]).await.unwrap();
        assert_eq!(answer.delivery, delivery, "{status} {body}");
        let word = answer.server.clone().unwrap();
        assert_eq!((word.status, word.meaning), (u32::from(status), meaning));
        assert_eq!(
            answer.error().is_some(),
            matches!(delivery, Delivery::Refused | Delivery::AnsweredElsewhere)
        );
        assert!(phone.authenticator.retry(RetryTrigger::Person).await.unwrap().is_empty());
        assert_eq!(bank.answers().0, 1);
        let doubted = matches!(delivery, Delivery::Unconfirmed) || meaning == ServerMeaning::UnknownDevice;
        let state = phone.only_account().await.state;
        assert_eq!(state == AccountState::Unconfirmed, doubted, "{status} {body}");
    }
}

#[tokio::test]
async fn answered_elsewhere_after_a_lost_answer_may_have_been_us() {
    let bank = Bank::open_banking().await;
    let (phone, id, _) = asked(&bank).await;
    bank.fault(FaultTarget::Answer, FaultKind::CloseBefore);
    assert_eq!(phone.approve(&id, &["12345"]).await.unwrap().delivery, Delivery::Unconfirmed);
    bank.answer_with(410, "");
    assert_eq!(phone.approve(&id, &["12345"]).await.unwrap().delivery, Delivery::Unconfirmed);
}

#[tokio::test]
async fn a_cut_body_is_still_an_answer() {
    for kind in [FaultKind::Truncate, FaultKind::Oversize] {
        let bank = Bank::classic().await;
        let phone = Phone::of(&bank).await;
        phone.scan(&bank.qr()).await.unwrap();
        let _ = bank.login(None);
        let request = phone.receive(&bank.last_push()).await.unwrap();
        bank.fault(FaultTarget::Answer, kind);
        assert_eq!(phone.approve(&request.id, &[]).await.unwrap().delivery, Delivery::Delivered, "{kind:?}");
    }
}
