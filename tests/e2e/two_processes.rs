//! Several processes on one store: no corruption, no lost and no doubled decision.

use std::path::Path;
use std::process::Stdio;

use authpush_core::{Delivery, RequestState};
use authpush_tests::{Bank, Phone};
use tokio::process::{Child, Command};

pub(crate) fn device(phone: &Phone, certificate: &Path, command: &str, argument: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_authpush-test-device"))
        .args([&phone.home(), certificate])
        .args([command, argument])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn said(child: Child) -> String {
    let output = child.wait_with_output().await.unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_decide_the_same_request_and_one_decision_is_made() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let certificate = phone.home().join("../bank.pem");
    std::fs::write(&certificate, bank.certificate()).unwrap();
    for round in 0..4 {
        let consent = bank.ask("accounts");
        let request = phone.receive(&bank.last_push()).await.unwrap();
        let before = bank.answers().0;
        let one = device(&phone, &certificate, "approve", &request.id);
        let two = device(&phone, &certificate, "deny", &request.id);
        let told = [said(one).await, said(two).await];
        let contradictions = told.iter().filter(|line| *line == "error already_decided").count();
        assert_eq!(contradictions, 1, "round {round}: {told:?}");
        assert_eq!(bank.answers().0, before + 1, "round {round}: {told:?}");
        let state = phone.authenticator.entry(request.id).await.unwrap().request.state;
        let expected = if state == RequestState::Approved { "authorised" } else { "rejected" };
        assert_eq!(bank.consent(&consent).0, expected, "round {round}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_make_the_same_decision_and_it_is_sent_once() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let certificate = phone.home().join("../bank.pem");
    std::fs::write(&certificate, bank.certificate()).unwrap();
    let _ = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    let children: Vec<_> = (0..4).map(|_| device(&phone, &certificate, "approve", &request.id)).collect();
    let mut delivered = 0;
    for child in children {
        let told = said(child).await;
        assert!(["Delivered", "Queued"].contains(&told.as_str()), "{told}");
        delivered += usize::from(told == "Delivered");
    }
    assert!(delivered >= 1);
    assert_eq!(bank.answers(), (1, 1));
    let answer = phone.authenticator.entry(request.id).await.unwrap().answer.unwrap();
    assert_eq!(answer.delivery, Delivery::Delivered);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_push_in_many_processes_is_one_request() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let (certificate, push) = (phone.home().join("../bank.pem"), phone.home().join("../push.json"));
    std::fs::write(&certificate, bank.certificate()).unwrap();
    let _ = bank.ask("payments");
    std::fs::write(&push, bank.last_push()).unwrap();
    let argument = push.display().to_string();
    let children: Vec<_> = (0..6).map(|_| device(&phone, &certificate, "receive", &argument)).collect();
    let mut ids = Vec::new();
    for child in children {
        ids.push(said(child).await);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let requests = phone.authenticator.requests(None).await.unwrap();
    assert_eq!((requests.len(), &requests[0].id), (1, &ids[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_home_may_be_opened_by_many_at_once() {
    let bank = Bank::open_banking().await;
    let fresh = tempfile::tempdir().unwrap();
    let certificate = fresh.path().join("bank.pem");
    std::fs::write(&certificate, bank.certificate()).unwrap();
    for round in 0..3 {
        let home = fresh.path().join(format!("home-{round}"));
        let start = || {
            Command::new(env!("CARGO_BIN_EXE_authpush-test-device"))
                .args([&home, &certificate])
                .args(["retry", "-"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let children: Vec<_> = (0..6).map(|_| start()).collect();
        for child in children {
            assert_eq!(said(child).await, "0", "round {round}");
        }
    }
}
