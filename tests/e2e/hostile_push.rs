//! Hundreds of bad pushes: a typed error each, and nothing stored. What is stored cannot mislead a screen.

use authpush_core::RequestWarning;
use authpush_tests::{Bank, Phone};
use serde_json::{Value, json};

async fn enrolled() -> (Bank, Phone, Value) {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("payments");
    let push = bank.last_push_data();
    (bank, phone, push)
}

#[tokio::test]
async fn bad_values_are_refused_and_nothing_is_stored() {
    let (_bank, phone, good) = enrolled().await;
    let mut tried = 0;
    let odd = [
        json!(7),
        json!(false),
        json!([]),
        json!({}),
        json!(["x"]),
        json!("x".repeat(70_000)),
        json!("a.b"),
        json!("a b"),
        json!("\u{0}"),
        json!("a\u{202e}b"),
        json!("../x"),
        json!("é"),
        json!(null),
        json!(""),
    ];
    for key in ["deviceId", "sessionDataKey", "challenge"] {
        for value in &odd {
            let mut push = good.clone();
            push[key] = value.clone();
            let code = phone.receive(&push.to_string()).await.unwrap_err().code();
            let known = ["invalid_push", "unknown_device"].contains(&code.as_str());
            assert!(known, "{key} {:.40} {code}", value.to_string());
            tried += 1;
        }
    }
    let shown = [
        "username",
        "displayName",
        "organization",
        "applicationName",
        "applicationUrl",
        "browserName",
        "deviceName",
        "ipAddress",
        "location",
    ];
    for key in shown {
        for value in [json!(7), json!(true), json!([]), json!({"a": 1})] {
            let mut push = good.clone();
            push[key] = value;
            assert_eq!(phone.receive(&push.to_string()).await.unwrap_err().code(), "invalid_push", "{key}");
            tried += 1;
        }
    }
    assert!(tried > 70, "{tried}");
    for text in [
        "",
        "{}",
        "[]",
        "null",
        "{\"data\":[]}",
        "{\"data\":{}}",
        "{",
        &"[".repeat(5000),
        &"x".repeat(300_000),
    ] {
        assert_eq!(phone.receive(text).await.unwrap_err().code(), "invalid_push", "{text:.40}");
    }
    let mut both = good.clone();
    both["data"] = good.clone();
    assert_eq!(phone.receive(&both.to_string()).await.unwrap_err().code(), "invalid_push");
    let twice = good.to_string().replacen('{', "{\"challenge\":\"other\",", 1);
    assert_eq!(phone.receive(&twice).await.unwrap_err().code(), "invalid_push");
    assert!(phone.authenticator.requests(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_push_for_another_device_or_kind_of_server_is_refused() {
    let (_bank, phone, good) = enrolled().await;
    let mut other = good.clone();
    other["deviceId"] = "somebody-else".into();
    assert_eq!(phone.receive(&other.to_string()).await.unwrap_err().code(), "unknown_device");
    let mut newer = good.clone();
    let object = newer.as_object_mut().unwrap();
    let session = object.remove("sessionDataKey").unwrap();
    object.insert("pushId".to_owned(), session);
    assert_eq!(phone.receive(&newer.to_string()).await.unwrap_err().code(), "unsupported_push");
    assert!(phone.authenticator.requests(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_push_cannot_choose_who_is_asked_or_where_the_answer_goes() {
    let (bank, phone, mut push) = enrolled().await;
    for (key, value) in [
        ("username", "bob"),
        ("hst", "https://evil.example"),
        ("host", "https://evil.example"),
        ("relativePath", "/t/evil"),
        ("organization", "evil"),
        ("aud", "https://evil.example"),
    ] {
        push[key] = value.into();
    }
    let request = phone.receive(&push.to_string()).await.unwrap();
    assert_eq!(request.username, "alice");
    assert_eq!(request.warnings, [RequestWarning::NamesAnotherUser { username: "bob".to_owned() }]);
    phone.approve(&request.id, &["12345"]).await.unwrap();
    let jwt = bank.seen("authenticate")[0].jwt.clone().unwrap();
    assert_eq!(jwt["claims"]["sub"], "alice@carbon.super");
    assert_eq!(jwt["claims"]["aud"], format!("{}/t/carbon.super/", bank.url()));
}

#[tokio::test]
async fn everything_shown_is_plain_and_bounded() {
    let (_bank, phone, mut push) = enrolled().await;
    let nasty = "Shop\u{202e}\u{2066}\u{200b}\u{7}\n\u{2028}Pay 1 GBP\u{e0041}";
    let metadata = json!({
        "consentData": [{"title": nasty, "data": [nasty, "x".repeat(3000)]}], "type": "accounts", "application": nasty,
        "binding_message": nasty, "accounts": [{"account_id": "1", "display_name": nasty}], nasty: nasty,
    });
    push["metadata"] = metadata.to_string().into();
    push["applicationName"] = nasty.into();
    push["displayName"] = "y".repeat(60_000).into();
    push["ipAddress"] = "null null".into();
    push["browserName"] = Value::Null;
    let request = phone.receive(&push.to_string()).await.unwrap();
    let shown = format!("{request:?}");
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0041}')
    };
    // Debug escapes what is hidden, so an escape would show as well.
    assert!(!shown.contains(hidden) && !shown.contains("\\u{") && !shown.contains("\\n"), "{shown}");
    assert_eq!(request.display_name.unwrap().chars().count(), 255);
    assert_eq!((request.ip_address, request.browser_name), (None, None));
    let consent = request.consent.unwrap();
    assert_eq!(consent.error, None);
    assert_eq!(consent.sections[0].lines[1].len(), 3000, "nothing of a consent is cut");
    assert_eq!(consent.additional_information.len(), 1);
}
