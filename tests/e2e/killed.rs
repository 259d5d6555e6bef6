//! Killed at any instant of an approval: the decision is not made, or it is kept and `retry` delivers it.

use std::time::Duration;

use authpush_core::{Delivery, RequestState, RetryTrigger};
use authpush_sandbox::{Fault, FaultKind, FaultTarget};
use authpush_tests::{Bank, Phone};

use crate::two_processes::device;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_decides() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let certificate = phone.home().join("../bank.pem");
    std::fs::write(&certificate, bank.certificate()).unwrap();
    let (mut not_made, mut kept) = (0, 0);
    for after in (0..60).map(|n| Duration::from_millis(n * 3)) {
        let _ = bank.login(None);
        let request = phone.receive(&bank.last_push()).await.unwrap();
        let before = bank.answers().1;
        let mut child = device(&phone, &certificate, "approve", &request.id);
        tokio::time::sleep(after).await;
        child.kill().await.unwrap();
        let entry = phone.authenticator.entry(request.id.clone()).await.unwrap();
        match entry.request.state {
            RequestState::Pending => {
                not_made += 1;
                assert_eq!(bank.answers().1, before, "nothing leaves before the decision is on disk");
                phone.deny(&request.id).await.unwrap();
            }
            RequestState::Approved => {
                kept += 1;
                phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
                let answer = phone.authenticator.entry(request.id).await.unwrap().answer.unwrap();
                assert!(bank.answers().1 > before, "{after:?} {answer:?}");
                // A classic server takes the same answer twice; what matters is that it is one decision.
                assert_eq!(answer.delivery, Delivery::Delivered, "{after:?}");
            }
            state => panic!("{state:?} after {after:?}"),
        }
    }
    assert!(not_made > 0 && kept > 0, "{not_made} not made, {kept} kept: the sweep must cover both");
}

/// A phone whose approval was killed while the server worked on it, and the consent's id.
async fn killed_under_way(bank: &Bank) -> (Phone, String) {
    let phone = Phone::of(bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let certificate = phone.home().join("../bank.pem");
    std::fs::write(&certificate, bank.certificate()).unwrap();
    let consent = bank.ask("payments");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Delay).with_delay_ms(60_000));
    let mut child = device(&phone, &certificate, "approve", &request.id);
    // Sent when the server has taken the fault; it will not answer in this test's life.
    while !bank.control().faults().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    child.kill().await.unwrap();
    let told = phone.authenticator.entry(request.id.clone()).await.unwrap().answer.unwrap();
    assert_eq!(told.delivery, Delivery::Queued);
    (phone, consent)
}

async fn retried(phone: &Phone) -> Vec<Delivery> {
    let answers = phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
    answers.iter().map(|answer| answer.delivery).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_server_works_on_it() {
    let bank = Bank::open_banking().await;
    let (phone, consent) = killed_under_way(&bank).await;
    assert_eq!(retried(&phone).await, [Delivery::Delivered]);
    assert_eq!(bank.consent(&consent), ("authorised".to_owned(), vec!["12345".to_owned()]));
    assert_eq!(bank.control().consent(&consent).unwrap().authorisations.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_may_have_been_what_the_server_has() {
    let bank = Bank::open_banking().await;
    let (phone, ..) = killed_under_way(&bank).await;
    bank.answer_with(410, "");
    assert_eq!(retried(&phone).await, [Delivery::Unconfirmed], "perhaps it was this device that was quicker");

    let bank = Bank::open_banking().await;
    let (phone, ..) = killed_under_way(&bank).await;
    phone.clock.turn(3700);
    assert_eq!(retried(&phone).await, [Delivery::Unconfirmed], "nobody knows that it did not count");
}

#[tokio::test]
async fn a_caller_that_goes_away_stops_nothing() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let consent = bank.ask("payments");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.control().fault(Fault::new(FaultTarget::Answer, FaultKind::Delay).with_delay_ms(200));
    let waiting =
        tokio::time::timeout(Duration::from_millis(100), phone.approve(&request.id, &["12345"])).await;
    assert!(waiting.is_err(), "the caller has gone");
    let delivered = async {
        loop {
            let answer = phone.authenticator.entry(request.id.clone()).await.unwrap().answer;
            if answer.is_some_and(|answer| answer.delivery == Delivery::Delivered) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), delivered).await.unwrap();
    assert_eq!(bank.consent(&consent).0, "authorised");
    assert_eq!(bank.answers(), (1, 1));
}
