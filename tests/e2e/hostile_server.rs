//! Whatever a server answers is an outcome or a typed error: no panic, no second call, no text of its passed on.

use std::time::Duration;

use authpush_core::{Delivery, Undelivered};
use authpush_tests::{Identity, Phone, PhoneSettings, Reaction, Wild};
use rcgen::IsCa;
use serde_json::json;

async fn enrolled() -> (Wild, Phone) {
    let identity = Identity::self_signed(&["127.0.0.1"], IsCa::NoCa);
    let settings =
        PhoneSettings { timeout_seconds: Some(1), ..PhoneSettings::trusting(identity.anchor_pem.clone()) };
    let wild = Wild::tls(identity, vec![Reaction::status("201 Created", "", "")]).await;
    let phone = Phone::with(settings).await;
    phone.scan(&wild.qr("d1")).await.unwrap();
    (wild, phone)
}

fn push(n: usize) -> String {
    let metadata = json!({
        "consentData": [{"title": "Permissions", "data": ["ReadBalances"]}], "type": "accounts", "application": "Shop",
        "accounts": [{"account_id": "12345", "display_name": "A"}],
    });
    json!({"deviceId": "d1", "sessionDataKey": format!("s{n}"), "challenge": "c", "username": "alice",
        "metadata": metadata.to_string()})
    .to_string()
}

fn odd_answers() -> Vec<(Reaction, Delivery)> {
    use Delivery::{Delivered, Queued, Refused, Unconfirmed};
    let huge = format!("{{\"error\":\"{}\"}}", "x".repeat(200_000));
    let deep = "[".repeat(100_000);
    let raw = |text: &str| Reaction::Bytes(text.as_bytes().to_vec());
    vec![
        (Reaction::status("202 Accepted", "Date: yesterday\r\n", ""), Delivered),
        (Reaction::status("299 Odd", "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "{"), Delivered),
        (Reaction::status("200 OK", "Content-Type: text/html\r\n", &huge), Delivered),
        (Reaction::status("304 Not Modified", "", ""), Refused),
        (Reaction::status("399 Odd", "", ""), Refused),
        (Reaction::status("499 Odd", "", &deep), Refused),
        (Reaction::status("500 Oops", "", &huge), Unconfirmed),
        (Reaction::status("500 Oops", "", &deep), Unconfirmed),
        (Reaction::status("500 Oops", "", r#"{"error":"PBA-15004","error":"PBA-15004"}"#), Unconfirmed),
        (Reaction::status("500 Oops", "", r#"{"error":15004}"#), Unconfirmed),
        (Reaction::status("500 Oops", "", "\u{202e}"), Unconfirmed),
        (Reaction::status("503 Later", "Retry-After: -5\r\n", ""), Queued),
        (Reaction::status("503 Later", "Retry-After: 99999999999999999999\r\n", ""), Queued),
        (Reaction::status("599 Odd", "", ""), Unconfirmed),
        (Reaction::status("600 Odd", "", ""), Unconfirmed),
        (Reaction::status("999 Odd", "", ""), Unconfirmed),
        (raw("HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\ncut"), Delivered),
        (raw("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Delivered),
        (raw("HTTP/1.1 100 Continue\r\n\r\n"), Unconfirmed),
        (raw("HTTP/1.1 20"), Unconfirmed),
        (raw("HTTP/9.9 202 OK\r\n\r\n"), Unconfirmed),
        (raw("\0\0\0\0\0\0\0\0"), Unconfirmed),
        (raw(&format!("HTTP/1.1 202 OK\r\nX: {}\r\n\r\n", "x".repeat(1_000_000))), Unconfirmed),
        (raw(&"HTTP/1.1 202 OK\r\n".repeat(3)), Unconfirmed),
        (Reaction::Close, Unconfirmed),
        (Reaction::Stall(Duration::from_millis(1500)), Unconfirmed),
    ]
}

#[tokio::test]
async fn odd_answers_to_a_decision_are_outcomes() {
    let (wild, phone) = enrolled().await;
    for (n, (reaction, delivery)) in odd_answers().into_iter().enumerate() {
        let before = wild.requests();
        wild.then(reaction.clone());
        let request = phone.receive(&push(n)).await.unwrap();
        let answer = phone.approve(&request.id, &["12345"]).await.unwrap();
        assert_eq!(answer.delivery, delivery, "{reaction:.60?}");
        let code = answer.server.and_then(|word| word.code);
        assert_eq!(code, None, "{reaction:.60?}");
        assert_eq!(wild.requests(), before + 1, "{reaction:.60?}");
    }
}

#[tokio::test]
async fn odd_answers_to_a_removal_keep_the_account() {
    let (wild, phone) = enrolled().await;
    for (reaction, delivery) in
        odd_answers().into_iter().filter(|(_, delivery)| *delivery != Delivery::Delivered)
    {
        wild.then(reaction.clone());
        let removal = phone.authenticator.remove_account("d1".to_owned(), Undelivered::Deliver).await;
        let code = removal.unwrap_err().code();
        let expected = match delivery {
            Delivery::Queued => "server_busy",
            Delivery::Refused => "server_refused",
            _ => "removal_unconfirmed",
        };
        assert_eq!(code, expected, "{reaction:.60?}");
        assert_eq!(phone.keys(), 1);
    }
}

#[tokio::test]
async fn odd_answers_to_a_registration_leave_it_to_the_same_qr() {
    let identity = Identity::self_signed(&["127.0.0.1"], IsCa::NoCa);
    let settings =
        PhoneSettings { timeout_seconds: Some(1), ..PhoneSettings::trusting(identity.anchor_pem.clone()) };
    let wild = Wild::tls(identity, Vec::new()).await;
    let phone = Phone::with(settings).await;
    for (reaction, delivery) in
        odd_answers().into_iter().filter(|(_, delivery)| *delivery == Delivery::Unconfirmed)
    {
        wild.then(reaction.clone());
        let error = phone.scan(&wild.qr("d1")).await.unwrap_err();
        assert_eq!(error.code(), "registration_unconfirmed", "{delivery:?} {reaction:.60?}");
        assert_eq!(phone.keys(), 1);
    }
    wild.then(Reaction::status("201 Created", "", ""));
    phone.scan(&wild.qr("d1")).await.unwrap();
}

#[tokio::test]
async fn a_server_that_has_gone_was_not_sent_anything() {
    let (wild, phone) = enrolled().await;
    let request = phone.receive(&push(0)).await.unwrap();
    drop(wild);
    let answer = phone.approve(&request.id, &["12345"]).await.unwrap();
    assert_eq!(answer.delivery, Delivery::Queued);
}
