//! The push service may repeat itself; a request is one request.

use authpush_core::{Delivery, Received, RequestState};
use authpush_tests::{Bank, Phone};
use serde_json::{Value, json};

#[tokio::test]
async fn the_same_push_is_the_same_request_also_after_the_answer() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let push = bank.last_push();
    let receive =
        async |push: String| match phone.authenticator.process_auth_request(push, None).await.unwrap() {
            Received::Request { request, duplicate } => (request, duplicate),
            Received::Informational { scenario } => panic!("{scenario}"),
        };
    let (first, duplicate) = receive(push.clone()).await;
    assert!(!duplicate);
    let (again, duplicate) = receive(bank.last_push_data().to_string()).await;
    assert!(duplicate);
    assert_eq!(again, first);
    phone.approve(&first.id, &["12345"]).await.unwrap();
    let (after, duplicate) = receive(push).await;
    assert!(duplicate);
    assert_eq!(after.state, RequestState::Approved);
    assert_eq!(phone.approve(&first.id, &["12345"]).await.unwrap().delivery, Delivery::Delivered);
    assert_eq!(bank.answers(), (1, 1));
}

#[tokio::test]
async fn the_same_session_with_other_content_is_a_conflict_and_the_first_stays() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("payments");
    let push = bank.last_push_data();
    let first = phone.receive(&push.to_string()).await.unwrap();
    for (key, value) in [
        ("challenge", json!("other")),
        ("applicationName", json!("Evil")),
        ("metadata", json!(push["metadata"].as_str().unwrap().replace("AB12", "ZZ99"))),
        ("metadata", Value::Null),
    ] {
        let mut other = push.clone();
        other[key] = value;
        assert_eq!(phone.receive(&other.to_string()).await.unwrap_err().code(), "push_conflict", "{key}");
    }
    assert_eq!(phone.authenticator.requests(None).await.unwrap(), [first]);
}

#[tokio::test]
async fn a_deleted_request_is_not_opened_again() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let session = bank.login(None);
    let push = bank.last_push();
    let request = phone.receive(&push).await.unwrap();
    let pending = phone.authenticator.delete_from_history(request.id.clone()).await;
    assert_eq!(pending.unwrap_err().code(), "decision_pending");
    phone.deny(&request.id).await.unwrap();
    phone.authenticator.delete_from_history(request.id.clone()).await.unwrap();
    assert!(phone.authenticator.history(None, None).await.unwrap().is_empty());
    assert_eq!(phone.receive(&push).await.unwrap_err().code(), "request_closed");
    assert_eq!(phone.approve(&request.id, &[]).await.unwrap_err().code(), "unknown_request");
    assert_eq!(bank.verdict(&session), authpush_sandbox::LoginStatus::Denied);
}

#[tokio::test]
async fn the_oldest_history_goes_and_undecided_requests_cannot_push_it_out() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await.reopened(|settings| settings.history_limit = Some(2)).await.unwrap();
    phone.scan(&bank.qr()).await.unwrap();
    let mut pushes = Vec::new();
    for n in 0..4 {
        phone.clock.turn(n * 10);
        let _ = bank.login(None);
        pushes.push(bank.last_push());
        let request = phone.receive(&pushes[pushes.len() - 1]).await.unwrap();
        phone.deny(&request.id).await.unwrap();
    }
    let denied = || phone.authenticator.requests(Some(RequestState::Denied));
    assert_eq!(denied().await.unwrap().len(), 3, "two, and the newest");
    assert_eq!(phone.receive(&pushes[0]).await.unwrap_err().code(), "request_closed");
    for n in 1..6 {
        phone.clock.turn(n * 1000);
        let _ = bank.login(None);
        phone.receive(&bank.last_push()).await.unwrap();
    }
    assert_eq!(denied().await.unwrap().len(), 2);
    assert!(phone.authenticator.history(None, None).await.unwrap().len() <= 5);
}

#[tokio::test]
async fn the_newest_request_comes_first_also_within_one_second() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..6 {
        let _ = bank.login(None);
        ids.push(phone.receive(&bank.last_push()).await.unwrap().id);
    }
    ids.reverse();
    let listed = phone.authenticator.requests(None).await.unwrap();
    assert_eq!(listed.into_iter().map(|request| request.id).collect::<Vec<_>>(), ids);
}

#[tokio::test]
async fn a_flood_is_turned_away_and_evicts_nothing() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.login(None);
    let push = bank.last_push_data();
    let first = phone.receive(&push.to_string()).await.unwrap();
    let flood = |n: usize| {
        let mut other = push.clone();
        other["sessionDataKey"] = format!("flood-{n}").into();
        other.to_string()
    };
    for n in 1..20 {
        phone.receive(&flood(n)).await.unwrap();
    }
    let error = phone.receive(&flood(20)).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.retryable()), ("too_many_requests", true));
    assert_eq!(phone.authenticator.requests(None).await.unwrap().len(), 20);
    assert_eq!(phone.deny(&first.id).await.unwrap().delivery, Delivery::Delivered);
    phone.receive(&flood(20)).await.unwrap();
}
