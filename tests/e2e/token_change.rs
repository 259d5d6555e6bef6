//! A new push token or name reaches the server with the user's own token, or not at all.

use authpush_core::AccountState;
use authpush_sandbox::{Fault, FaultKind, FaultTarget};
use authpush_tests::{Bank, Phone};

/// `admin:admin` is no bearer token; the sandbox gives one out at its token endpoint, to be used here by its audit alone.
const BEARER: &str = "user-token";

#[tokio::test]
async fn a_new_token_is_patched_in() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&bank.qr()).await.unwrap();
    bank.control().fault(Fault::new(FaultTarget::Edit, FaultKind::Status).with_status(200));
    let changed = phone
        .authenticator
        .set_push_id(account.device_id.clone(), "another-token-2".to_owned(), Some(BEARER.to_owned()))
        .await
        .unwrap();
    assert_eq!(changed.push_id, "anoth…");
    let seen = bank.seen(&account.device_id);
    assert_eq!(seen[0].method, "PATCH");
    assert_eq!(
        seen[0].path,
        format!("/t/carbon.super/api/users/v1/me/push-auth/devices/{}", account.device_id)
    );
    assert_eq!(seen[0].body, r#"[{"operation":"REPLACE","path":"/push-id","value":"another-token-2"}]"#);
    bank.control().fault(Fault::new(FaultTarget::Edit, FaultKind::Status).with_status(200));
    phone
        .authenticator
        .set_device_name(account.device_id.clone(), "n".repeat(60), Some(BEARER.to_owned()))
        .await
        .unwrap();
    let expected =
        format!(r#"[{{"operation":"REPLACE","path":"/device-name","value":"{}"}}]"#, "n".repeat(45));
    assert_eq!(bank.seen(&account.device_id)[1].body, expected);
}

#[tokio::test]
async fn without_the_users_token_the_way_is_a_new_enrolment() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&bank.qr()).await.unwrap();
    let change = |bearer: Option<&str>| {
        let bearer = bearer.map(str::to_owned);
        phone.authenticator.set_push_id(account.device_id.clone(), "t2".to_owned(), bearer)
    };
    assert_eq!(change(None).await.unwrap_err().code(), "reenrol_required");
    assert!(bank.seen(&account.device_id).is_empty());
    assert_eq!(change(Some("a b\r\nX: y")).await.unwrap_err().code(), "invalid_argument");
    assert_eq!(change(Some("not-a-token")).await.unwrap_err().code(), "server_refused");
    let missing = Fault::new(FaultTarget::Edit, FaultKind::Status)
        .with_status(404)
        .with_body(r#"{"code":"PDM-10002"}"#);
    bank.control().fault(missing);
    assert_eq!(change(Some(BEARER)).await.unwrap_err().code(), "unknown_device");
    let account = phone.only_account().await;
    assert_eq!((account.state, account.push_id.as_str()), (AccountState::Unconfirmed, "push…"));
}
