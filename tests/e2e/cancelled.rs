//! A caller that stops waiting neither loses a decision nor doubles it.

use std::time::Duration;

use authpush_core::{Delivery, RequestState};
use authpush_sandbox::Verdict;
use authpush_tests::{Bank, Phone};
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn a_cancelled_approval_followed_by_a_denial_reaches_the_server_as_one_decision() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let (mut approved, mut denied) = (0, 0);
    // From a caller that leaves at once to one that waits for the end.
    let moments = (0..40).map(|moment| Duration::from_micros(moment * 400));
    for patience in moments.chain([Duration::from_secs(10)]) {
        let session = bank.login(None);
        let request = phone.receive(&bank.last_push()).await.unwrap();
        let _ = timeout(patience, phone.approve(&request.id, &[])).await;
        let state = match phone.deny(&request.id).await {
            Ok(_) => RequestState::Denied,
            Err(error) => {
                assert_eq!(error.code(), "already_decided");
                RequestState::Approved
            }
        };
        delivered(&phone, &request.id, state).await;
        let mut heard = bank.seen("/push-auth/authenticate");
        heard.retain(|entry| entry.jwt.as_ref().is_some_and(|jwt| jwt["claims"]["sid"] == session.as_str()));
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0].verdict, Verdict::Accepted);
        let wanted = if state == RequestState::Approved { "SUCCESSFUL" } else { "DENIED" };
        assert_eq!(heard[0].jwt.as_ref().unwrap()["claims"]["res"], wanted);
        match state {
            RequestState::Approved => approved += 1,
            _ => denied += 1,
        }
    }
    assert!(approved > 0 && denied > 0, "{approved} approved, {denied} denied: only one of both was tried");
}

/// Waits until the decision that was left alone has arrived.
async fn delivered(phone: &Phone, id: &str, state: RequestState) {
    let arrived = async {
        loop {
            let entry = phone.authenticator.entry(id.to_owned()).await.unwrap();
            assert_eq!(entry.request.state, state);
            if entry.answer.is_some_and(|answer| answer.delivery == Delivery::Delivered) {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), arrived).await.unwrap();
}
