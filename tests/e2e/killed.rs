//! Killed at any instant of an approval: the decision is not made, or it is kept and `retry` delivers it.

use std::time::Duration;

use authpush_core::{Delivery, RequestState, RetryTrigger};
use authpush_sandbox::{Fault, FaultKind, FaultTarget};
use authpush_tests::{Bank, Phone};

use crate::two_processes::device;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_decides() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank);
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

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_server_works_on_it() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank);
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
    let answers = phone.authenticator.retry(RetryTrigger::Person).await.unwrap();
    assert_eq!(answers.iter().map(|answer| answer.delivery).collect::<Vec<_>>(), [Delivery::Delivered]);
    assert_eq!(bank.consent(&consent), ("authorised".to_owned(), vec!["12345".to_owned()]));
    assert_eq!(bank.control().consent(&consent).unwrap().authorisations.len(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_stops_nothing() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank);
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
