//! Hundreds of bad QR codes: a typed error each, nothing sent, nothing stored, no key made.

use authpush_tests::{Bank, Phone};
use serde_json::{Value, json};

/// Values that no key of a QR code may have.
fn odd_values() -> Vec<Value> {
    vec![
        json!(7),
        json!(true),
        json!([]),
        json!({}),
        json!(["x"]),
        json!("x".repeat(70_000)),
        json!("\u{0}"),
        json!("a\u{202e}b"),
        json!("a\nb"),
        json!("\u{feff}"),
        json!("../.."),
        json!("a/../b"),
        json!("%2e%2e"),
    ]
}

#[tokio::test]
async fn bad_values_are_refused_by_name() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let good: Value = serde_json::from_str(&bank.qr()).unwrap();
    let mut tried = 0;
    for key in ["did", "un", "hst", "bp", "chg", "td", "re", "ae"] {
        let mut values = odd_values();
        if !["td", "re", "ae"].contains(&key) {
            values.extend([json!(null), json!("")]);
        }
        for value in values {
            // Plain text that climbs nowhere is a legitimate device id or user name, if an odd one.
            let plain = ["../..", "a/../b", "%2e%2e"].iter().any(|text| value == *text);
            if plain && ["did", "un"].contains(&key) {
                continue;
            }
            let mut qr = good.clone();
            qr[key] = value.clone();
            let error = phone.scan(&qr.to_string()).await.unwrap_err();
            let code = error.code();
            assert!(
                code == "invalid_qr" || code == "unsupported_qr",
                "{key} {code} {:.40}",
                value.to_string()
            );
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
    assert_nothing_happened(&bank, &phone).await;
}

#[tokio::test]
async fn bad_addresses_and_paths_are_refused() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let good: Value = serde_json::from_str(&bank.qr()).unwrap();
    let host = bank.url().trim_start_matches("https://").to_owned();
    let hosts = [
        format!("https://user@{host}"),
        format!("https://{host}@evil.example"),
        format!("https://{host}/path"),
        format!("https://{host}?q"),
        format!("https://{host}#f"),
        format!("https://{host}//"),
        format!("ftp://{host}"),
        format!("https:/{host}"),
        format!("https:\\\\{host}"),
        format!(" https://{host}"),
        host.clone(),
        "https://".to_owned(),
        "https://:9446".to_owned(),
        "https://bank.example:0".to_owned(),
        "https://bank.example:99999".to_owned(),
        "https://[::1%25eth0]".to_owned(),
        "https://a..b".to_owned(),
        "javascript:alert(1)".to_owned(),
        "file:///etc/passwd".to_owned(),
        "https://bank.example\\.evil.example".to_owned(),
    ];
    for hst in hosts {
        let mut qr = good.clone();
        qr["hst"] = hst.clone().into();
        assert_eq!(phone.scan(&qr.to_string()).await.unwrap_err().code(), "invalid_qr", "{hst}");
    }
    for path in [
        "push-auth",
        "/",
        "//evil.example",
        "/a/../b",
        "/./a",
        "/%2e%2e/a",
        "/%2E%2e/a",
        "/a%2fb",
        "/a%5cb",
        "/a\\b",
        "/a%00",
        "/a?b",
        "/a#b",
        "/a b",
        "/a%",
        "/a%252e",
        "/\u{e9}",
        "/a;b",
        "https://evil.example/",
        "/a\r\nX:y",
    ] {
        for key in ["bp", "re", "ae"] {
            let mut qr = good.clone();
            qr[key] = path.into();
            assert_eq!(phone.scan(&qr.to_string()).await.unwrap_err().code(), "invalid_qr", "{key} {path}");
        }
    }
    for missing in ["did", "un", "hst", "bp", "chg"] {
        let mut qr = good.clone();
        qr.as_object_mut().unwrap().remove(missing);
        let error = phone.scan(&qr.to_string()).await.unwrap_err();
        assert!(error.to_string().contains(missing), "{missing}: {error}");
    }
    for blank in ["did", "un"] {
        let mut qr = good.clone();
        qr[blank] = " \u{3000}".into();
        assert_eq!(phone.scan(&qr.to_string()).await.unwrap_err().code(), "invalid_qr", "{blank}");
    }
    let mut prefix_only = good.clone();
    prefix_only["ae"] = "/api/openbanking/ciba".into();
    assert_eq!(phone.scan(&prefix_only.to_string()).await.unwrap_err().code(), "invalid_qr");
    let mut other_tenant = good;
    other_tenant["td"] = "other".into();
    assert_eq!(phone.scan(&other_tenant.to_string()).await.unwrap_err().code(), "invalid_qr");
    assert_nothing_happened(&bank, &phone).await;
}

#[tokio::test]
async fn texts_that_are_no_discovery_data_are_refused() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let good = bank.qr();
    let deep = format!("{{\"did\":{}1{}}}", "[".repeat(1000), "]".repeat(1000));
    let twice = good.replacen('{', "{\"hst\":\"https://evil.example\",", 1);
    for text in [
        "",
        " ",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{}",
        "{",
        "https://bank.example",
        "otpauth://totp/a?secret=B",
        r#"{"deviceId":"d","challenge":"c","host":"https://a.example","username":"u"}"#,
        &deep,
        &twice,
        &good[1..],
        &format!("{good}{good}"),
        &"x".repeat(70_000),
    ] {
        let code = phone.scan(text).await.unwrap_err().code();
        assert!(code == "invalid_qr" || code == "unsupported_qr", "{text:.60}: {code}");
    }
    assert_nothing_happened(&bank, &phone).await;
    assert!(phone.scan(&format!("\n {good} ")).await.is_ok(), "white space around it is forgiven");
}

#[tokio::test]
async fn what_may_be_absent_has_its_default() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    let mut qr: Value = serde_json::from_str(&bank.qr()).unwrap();
    for key in ["td", "re", "ae", "rde", "fn", "ln"] {
        qr.as_object_mut().unwrap().remove(key);
    }
    qr["unknown"] = json!({"ignored": true});
    qr["hst"] = format!("{}/", bank.url()).into();
    let account = phone.scan(&qr.to_string()).await.unwrap();
    assert_eq!(account.tenant_domain.as_deref(), Some("carbon.super"));
    assert_eq!(account.host, bank.url());
    let session = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    phone.approve(&request.id, &[]).await.unwrap();
    assert_eq!(bank.verdict(&session), authpush_sandbox::LoginStatus::Authenticated);
}

async fn assert_nothing_happened(bank: &Bank, phone: &Phone) {
    assert!(bank.control().audit().is_empty());
    assert!(phone.authenticator.accounts().await.unwrap().is_empty());
    assert_eq!(phone.keys(), 0);
}
