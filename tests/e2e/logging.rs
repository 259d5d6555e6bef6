//! The log says what happened, and nothing of whom or what it was about.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use authpush_core::{LogLevel, LogLine, LogSink, LogSinkError, Undelivered};
use authpush_sandbox::{FaultKind, FaultTarget};
use authpush_tests::{Bank, Phone};
use tokio::time::{sleep, timeout};

#[derive(Default)]
struct Memory {
    lines: Mutex<Vec<LogLine>>,
}

impl LogSink for Memory {
    fn write(&self, line: LogLine) -> Result<(), LogSinkError> {
        self.lines.lock().unwrap().push(line);
        Ok(())
    }
}

impl Memory {
    async fn until(&self, event: &str) -> Vec<LogLine> {
        let told = async {
            loop {
                let lines = self.lines.lock().unwrap().clone();
                if lines.iter().any(|line| line.event == event) {
                    return lines;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), told).await.unwrap()
    }
}

async fn story(level: LogLevel) -> (Vec<LogLine>, Vec<String>) {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let log = Arc::new(Memory::default());
    phone.authenticator.set_log(log.clone(), level).await.unwrap();
    let account = phone.scan(&bank.qr()).await.unwrap();
    let consent = bank.ask("payments");
    let push = bank.last_push_data();
    let request = phone.receive(&bank.last_push()).await.unwrap();
    bank.fault(FaultTarget::Answer, FaultKind::Drop);
    phone.approve(&request.id, &["12345"]).await.unwrap();
    phone.approve(&request.id, &["12345"]).await.unwrap();
    phone.deny(&request.id).await.unwrap_err();
    phone.scan("not a QR code of anybody").await.unwrap_err();
    phone.authenticator.remove_account(account.device_id.clone(), Undelivered::Deliver).await.unwrap();
    let mut secrets = vec![account.device_id, account.username, account.host, consent];
    secrets.extend(["push-token-1", "12345", "AB12", "Pixel", "not a QR"].map(str::to_owned));
    secrets.extend(["sessionDataKey", "challenge"].map(|key| push[key].as_str().unwrap().to_owned()));
    let consent = request.consent.unwrap();
    secrets.extend(consent.sections.into_iter().flat_map(|section| section.lines));
    secrets.extend(consent.application);
    (log.until("account_removed").await, secrets)
}

#[tokio::test]
async fn every_step_is_told_and_no_line_holds_what_others_wrote() {
    let (lines, secrets) = story(LogLevel::Debug).await;
    let events: Vec<_> = lines.iter().map(|line| line.event.as_str()).collect();
    for event in [
        "account_added",
        "request_received",
        "decision_kept",
        "server_not_reached",
        "answer_unconfirmed",
        "answer_delivered",
        "failed",
        "account_removed",
        "server_answered",
    ] {
        assert!(events.contains(&event), "no {event} in {events:?}");
    }
    for secret in secrets.iter().filter(|secret| secret.len() > 2) {
        assert!(!format!("{lines:?}").contains(secret.as_str()), "{secret} in {lines:?}");
    }
    assert!(lines.iter().any(|line| line.text == "send_auth_request failed: already_decided"), "{lines:?}");
    assert!(lines.iter().any(|line| line.text == "POST answered, status 201"), "{lines:?}");
}

#[tokio::test]
async fn a_level_leaves_out_what_is_more_detailed() {
    let (lines, _) = story(LogLevel::Info).await;
    assert!(lines.iter().all(|line| line.level <= LogLevel::Info), "{lines:?}");
    assert!(lines.iter().any(|line| line.level == LogLevel::Warn), "{lines:?}");
}
