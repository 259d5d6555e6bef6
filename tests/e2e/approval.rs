//! An approval reaches the server as what was shown and chosen, signed, after the person was verified.

use authpush_core::{ConsentKind, Delivery, RequestState, UserVerifierError};
use authpush_sandbox::{LoginStatus, NewConsent};
use authpush_tests::{Bank, ManualClock, Phone};
use serde_json::{Value, json};

#[tokio::test]
async fn a_payment_is_shown_whole_and_approved_with_the_chosen_account() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let consent_id = bank.ask("payments");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    let consent = request.consent.clone().unwrap();
    assert_eq!(consent.kind, ConsentKind::Payments);
    assert_eq!(consent.error, None);
    assert_eq!(consent.binding_message.as_deref(), Some("AB12"));
    assert!(consent.amount.is_some() && consent.creditor.is_some());
    assert_eq!(consent.accounts.len(), 2);

    let answer = phone.approve(&request.id, &["67890"]).await.unwrap();
    assert_eq!(answer.delivery, Delivery::Delivered);
    assert_eq!(answer.server.unwrap().status, 202);
    assert_eq!(bank.consent(&consent_id), ("authorised".to_owned(), vec!["67890".to_owned()]));
    assert_eq!(phone.person.times_asked(), 1);
    let prompt = phone.person.last_prompt().unwrap();
    assert_eq!(prompt.binding_message.as_deref(), Some("AB12"));
    assert!(prompt.amount.is_some());
    let stored = phone.authenticator.requests(Some(RequestState::Approved)).await.unwrap();
    assert_eq!(stored.len(), 1);
}

#[tokio::test]
async fn the_token_has_exactly_the_agreed_header_and_claims() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let push = bank.last_push_data();
    let request = phone.receive(&bank.last_push()).await.unwrap();
    phone.approve(&request.id, &["12345", "67890"]).await.unwrap();
    let seen = bank.seen("/push-auth/authenticate");
    assert_eq!(seen[0].path, "/api/openbanking/ciba/push-auth/authenticate");
    assert_eq!(seen[0].body.lines().count(), 1);
    let jwt = seen[0].jwt.clone().unwrap();
    assert_eq!(jwt["header"], json!({"alg": "RS256", "typ": "JWT", "did": account.device_id}));
    let claims = jwt["claims"].as_object().unwrap();
    let mut names: Vec<_> = claims.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "chg", "exp", "iat", "iss", "jti", "mta", "nbf", "res", "sid", "sub"]);
    assert_eq!(claims["sub"], "alice@carbon.super");
    assert_eq!(claims["iss"], "wso2verify");
    assert_eq!(claims["aud"], format!("{}/t/carbon.super/", bank.url()));
    assert_eq!(claims["sid"], push["sessionDataKey"]);
    assert_eq!(claims["chg"], push["challenge"]);
    assert_eq!(claims["res"], "SUCCESSFUL");
    assert_eq!(claims["mta"], r#"{"approvedAccountIds":["12345","67890"]}"#);
    let time = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(time("exp") - time("iat"), 900);
    assert_eq!(time("nbf"), time("iat"));
    assert!((ManualClock::true_time() - time("iat")).abs() < 30);
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!((jti.len(), &jti[14..15]), (36, "4"));
}

#[tokio::test]
async fn a_login_at_a_classic_server_is_approved() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let session = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    assert_eq!(request.consent, None);
    let answer = phone.approve(&request.id, &[]).await.unwrap();
    assert_eq!(answer.delivery, Delivery::Delivered);
    assert_eq!(bank.verdict(&session), LoginStatus::Authenticated);
    let jwt = bank.seen("/push-auth/authenticate")[0].jwt.clone().unwrap();
    assert_eq!(jwt["claims"].get("mta"), None);
    assert_eq!(jwt["claims"]["exp"].as_i64().unwrap() - jwt["claims"]["iat"].as_i64().unwrap(), 1200);
}

#[tokio::test]
async fn a_classic_server_gets_its_metadata_back_as_it_came() {
    let bank = Bank::classic().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.login(Some("order \u{202e}7\n"));
    let request = phone.receive(&bank.last_push()).await.unwrap();
    assert_eq!(request.details.as_deref(), Some("order \u{FFFD}7"));
    phone.approve(&request.id, &[]).await.unwrap();
    let jwt = bank.seen("/push-auth/authenticate")[0].jwt.clone().unwrap();
    assert_eq!(jwt["claims"]["mta"], "order \u{202e}7\n");
}

#[tokio::test]
async fn a_login_at_an_open_banking_server_goes_to_the_servlet_and_authorises_nothing() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let session = bank.login(None);
    let request = phone.receive(&bank.last_push()).await.unwrap();
    assert_eq!(request.consent, None);
    assert_eq!(phone.approve(&request.id, &["12345"]).await.unwrap_err().code(), "account_not_offered");
    phone.approve(&request.id, &[]).await.unwrap();
    assert_eq!(bank.verdict(&session), LoginStatus::Authenticated);
    let seen = bank.seen("authenticate");
    assert_eq!(seen[0].path, "/push-auth/authenticate");
    assert_eq!(seen[0].jwt.clone().unwrap()["claims"].get("mta"), None);
}

#[tokio::test]
async fn without_the_person_nothing_is_decided() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    for refusal in [UserVerifierError::Cancelled, UserVerifierError::Failed, UserVerifierError::Unavailable] {
        phone.person.refuses(refusal);
        let error = phone.approve(&request.id, &["12345"]).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.retryable()), ("user_verification_failed", true));
    }
    assert_eq!(bank.answers(), (0, 0));
    let entry = phone.authenticator.entry(request.id.clone()).await.unwrap();
    assert_eq!((entry.request.state, entry.answer), (RequestState::Pending, None));
    phone.person.agrees();
    assert_eq!(phone.approve(&request.id, &["12345"]).await.unwrap().delivery, Delivery::Delivered);
}

#[tokio::test]
async fn only_offered_accounts_each_once_and_at_least_one() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    for (chosen, code) in [
        (&[][..], "account_required"),
        (&["99999"][..], "account_not_offered"),
        (&["12345", "12345"][..], "account_not_offered"),
        (&["12345", ""][..], "account_not_offered"),
    ] {
        assert_eq!(phone.approve(&request.id, chosen).await.unwrap_err().code(), code);
    }
    assert_eq!(phone.person.times_asked(), 0, "the person is not bothered with what cannot be");
    assert_eq!(bank.answers(), (0, 0));
}

#[tokio::test]
async fn what_cannot_be_read_can_be_denied_but_not_approved() {
    let good = r#"{"consentData":[{"title":"Permissions","data":["ReadBalances"]}],"type":"accounts","application":"Shop",
        "accounts":[{"account_id":"12345","display_name":"A"}]"#;
    for (metadata, named) in [
        (String::new(), "none"),
        ("{".to_owned(), "none"),
        ("null".to_owned(), "none"),
        ("[]".to_owned(), "none"),
        (good.to_owned(), "none"),
        (format!("{good},\"isError\":\"Consent expired\"}}"), "12345"),
        (format!("{good},\"type\":\"payments\"}}"), "none"),
        (good.replace("12345", "1\\u202e2") + "}", "none"),
        (
            good.replace("\"accounts\"", "\"payments\"").replacen("\"payments\":[", "\"accounts\":[", 1)
                + "}",
            "12345",
        ),
        (format!("{good},\"pad\":\"{}\"}}", "x".repeat(17_000)), "none"),
    ] {
        let bank = Bank::open_banking().await;
        let phone = Phone::of(&bank).await;
        phone.scan(&bank.qr()).await.unwrap();
        let _ = bank.ask_for(NewConsent {
            raw_metadata: Some(metadata.clone()),
            ..NewConsent::of_type("accounts", "alice")
        });
        let request = phone.receive(&bank.last_push()).await.unwrap();
        assert!(request.consent.as_ref().unwrap().error.is_some(), "{metadata}");
        let refused = phone.approve(&request.id, &["12345"]).await.unwrap_err();
        assert_eq!(refused.code(), "consent_unreadable", "{metadata}");
        phone.deny(&request.id).await.unwrap();
        let jwt = bank.seen("authenticate")[0].jwt.clone().unwrap();
        assert_eq!(jwt["claims"]["res"], "DENIED");
        let mta: Value = serde_json::from_str(jwt["claims"]["mta"].as_str().unwrap()).unwrap();
        assert_eq!(mta, json!({"approvedAccountIds": [named]}), "{metadata}");
    }
}
