//! The Open Banking profile over real TLS: consent, token, and what the real server does wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

mod support;

use authpush_sandbox::{
    CibaStart, Client, ConsentStatus, NewConsent, Profile, Quirks, Sandbox,
    shop::{Credentials, Poll, Shop, ShopError},
};
use serde_json::{Value, json};
use support::{Phone, accounts, client, json_of, now, sandbox};

/// Asks for a consent, and gives its id and the push that came.
fn ask(sandbox: &Sandbox, consent_type: &str) -> (String, Value) {
    let control = sandbox.control();
    let consent = control.create_consent(NewConsent::of_type(consent_type, "alice")).unwrap();
    let start = CibaStart { consent_id: consent.consent_id.clone(), ..CibaStart::default() };
    assert_eq!(control.ciba(start).unwrap().status, 200);
    (consent.consent_id, control.pushes().last().unwrap().message["data"].clone())
}

#[tokio::test]
async fn the_shop_gets_its_token() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let phone = Phone::enrol(&sandbox, "token").await;
    assert_eq!(phone.text("ae"), "/api/openbanking/ciba/push-auth/authenticate");
    let own = Shop::new(client(&sandbox), sandbox.url(), Credentials::generate("own").unwrap());
    own.enrol().await.unwrap();
    let built_in = Shop::new(client(&sandbox), sandbox.url(), sandbox.control().shop_credentials());
    for shop in [own, built_in] {
        let pending = shop.start_payment("alice", "165.88", "GBP", "ACME Inc", Some("AB12")).await.unwrap();
        assert_eq!(shop.poll(&pending).await.unwrap(), Poll::SlowDown, "within the first two seconds");
        let data = sandbox.control().pushes().last().unwrap().message["data"].clone();
        let metadata: Value = serde_json::from_str(data["metadata"].as_str().unwrap()).unwrap();
        assert_eq!(metadata["binding_message"], "AB12");
        let claims = Phone::claims(&data, "SUCCESSFUL", &accounts(&["12345"]));
        let answer = phone.answer(&claims).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (202, String::new()));
        assert_eq!(phone.answer(&claims).await.status(), 500, "a second answer");
        sandbox.control().set_clock_offset(10);
        let Poll::Token(token) = shop.poll(&pending).await.unwrap() else { panic!("no token") };
        sandbox.control().set_clock_offset(0);
        assert!(token.scope.ends_with(&format!("OB_CONSENT_ID_{}", pending.consent_id)), "{}", token.scope);
        assert!(matches!(shop.poll(&pending).await, Err(ShopError::Refused { status: 400, .. })), "redeemed");
        let consent = sandbox.control().consent(&pending.consent_id).unwrap();
        assert_eq!(consent.authorised_account_ids(), ["12345"]);
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_denial_works_and_is_answered_with_500() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let phone = Phone::enrol(&sandbox, "token").await;
    let (consent_id, data) = ask(&sandbox, "accounts");
    let response = phone.answer(&Phone::claims(&data, "DENIED", &accounts(&["12345"]))).await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["content-type"], "text/html;charset=utf-8");
    assert_eq!(sandbox.control().consent(&consent_id).unwrap().status, ConsentStatus::Rejected);

    let (consent_id, data) = ask(&sandbox, "accounts");
    assert_eq!(phone.answer(&Phone::claims(&data, "DENIED", &accounts(&[]))).await.status(), 500);
    assert_eq!(sandbox.control().consent(&consent_id).unwrap().status, ConsentStatus::AwaitingAuthorisation);

    let (_, data) = ask(&sandbox, "fundsconfirmations");
    assert_eq!(phone.answer(&Phone::claims(&data, "SUCCESSFUL", &accounts(&["1"]))).await.status(), 500);
    sandbox.stop().await;
}

#[tokio::test]
async fn mended_a_denial_is_told_to_both_sides() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::Mended).await;
    let phone = Phone::enrol(&sandbox, "token").await;
    let shop = Shop::new(client(&sandbox), sandbox.url(), sandbox.control().shop_credentials());
    let consent = NewConsent::of_type("accounts", "alice");
    let pending = shop.authorise(&consent, Some("Table 7: two coffees")).await.unwrap();
    let data = sandbox.control().pushes().last().unwrap().message["data"].clone();
    let claims = Phone::claims(&data, "DENIED", &accounts(&["12345"]));
    assert_eq!(phone.answer(&claims).await.status(), 202);
    assert_eq!(phone.answer(&claims).await.status(), 410, "a second answer");
    assert_eq!(shop.poll(&pending).await.unwrap(), Poll::Denied);
    let (_, data) = ask(&sandbox, "fundsconfirmations");
    assert_eq!(phone.answer(&Phone::claims(&data, "SUCCESSFUL", &accounts(&["1"]))).await.status(), 202);
    sandbox.stop().await;
}

#[tokio::test]
async fn answers_that_fail() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let phone = Phone::enrol(&sandbox, "token").await;
    let (_, data) = ask(&sandbox, "accounts");
    let good = Phone::claims(&data, "SUCCESSFUL", &accounts(&["12345"]));
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        claims[key] = value;
        claims
    };
    for (claims, status, error) in [
        (with("sid", Value::Null), 400, Some("PBA-15002")),
        (with("sid", json!(1)), 500, Some("PBA-15006")),
        (with("sid", json!("x")), 500, None),
        (with("chg", json!("x")), 400, Some("Bad Request")),
        (with("chg", Value::Null), 500, None),
        (with("res", json!("X")), 400, Some("Bad Request")),
        (with("res", Value::Null), 500, None),
        (with("mta", Value::Null), 500, None),
        (with("mta", json!({ "approvedAccountIds": ["1"] })), 400, Some("Bad Request")),
        (with("mta", json!("[]")), 500, None),
        (with("exp", json!(now())), 500, Some("PBA-15005")),
        (with("exp", Value::Null), 500, None),
    ] {
        let response = phone.answer(&claims).await;
        assert_eq!(response.status(), status, "{claims}");
        if let Some(error) = error {
            assert_eq!(json_of(response).await["error"], error, "{claims}");
        }
    }
    for (body, status) in [("[]", 400), ("{", 500), ("{}", 400), (r#"{"authResponse":"a"}"#, 500)] {
        assert_eq!(phone.answer_raw(body.to_owned()).await.status(), status, "{body}");
    }
    let lines = serde_json::to_string_pretty(&json!({ "authResponse": support::token(phone.did(), &good) }));
    assert_eq!(phone.answer_raw(lines.unwrap()).await.status(), 202, "several lines are fine here");
    sandbox.stop().await;
}

#[tokio::test]
async fn requests_of_the_third_party_that_fail() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let _phone = Phone::enrol(&sandbox, "token").await;
    let consent = sandbox.control().create_consent(NewConsent::of_type("accounts", "alice")).unwrap();
    let key = sandbox.control().shop_credentials();
    let good = json!({
        "iss": "shop", "aud": format!("{}/oauth2/ciba", sandbox.url()), "jti": "1", "iat": now() - 1,
        "nbf": now() - 1, "exp": now() + 1800, "scope": "openid accounts", "login_hint": "alice@carbon.super",
        "requested_expiry": "7200", "openbanking_intent_id": { "value": consent.consent_id },
    });
    let http = client(&sandbox);
    let send = async |claims: &Value, user: &str| {
        let body = format!("request={}", key.sign(claims).unwrap());
        let request =
            http.post(format!("{}/oauth2/ciba", sandbox.url())).basic_auth(user, Some("shop-secret"));
        let response = request.body(body).send().await.unwrap();
        (response.status().as_u16(), json_of(response).await)
    };
    assert_eq!(send(&good, "nobody").await.1["error"], "invalid_client");
    let (status, body) = send(&good, "shop").await;
    assert_eq!((status, &body["expires_in"], &body["interval"]), (200, &json!(3600), &json!(2)));
    for (key, value, error) in [
        ("iss", json!("other"), "invalid_request"),
        ("login_hint", Value::Null, "unauthorized_user"),
        ("id_token_hint", json!("x"), "invalid_request"),
        ("login_hint_token", json!("x"), "invalid_request"),
        ("aud", json!("https://other.example"), "invalid_request"),
        ("aud", json!([good["aud"], good["aud"]]), "invalid_request"),
        ("jti", json!(" "), "invalid_request"),
        ("exp", json!(now() + 200), "invalid_request"),
        ("exp", json!(now() + 4000), "invalid_request"),
        ("iat", json!(now() + 60), "invalid_request"),
        ("nbf", Value::Null, "invalid_request"),
        ("scope", json!(""), "invalid_request"),
        ("binding_message", json!("AB 12"), "invalid_binding_message"),
        ("requested_expiry", json!(0), "invalid_request"),
        ("openbanking_intent_id", json!({ "value": "" }), "invalid_request"),
        ("openbanking_intent_id", Value::Null, "invalid_request"),
    ] {
        let mut claims = good.clone();
        claims[key] = value;
        let (status, body) = send(&claims, "shop").await;
        assert_eq!((status, body["error"].as_str()), (400, Some(error)), "{claims}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_third_party_with_an_rsa_key() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let _phone = Phone::enrol(&sandbox, "token").await;
    let control = sandbox.control();
    control
        .create_client(Client {
            client_id: "rsa".to_owned(),
            client_secret: Some("s".to_owned()),
            public_key: Some(support::public_key_pem()),
            jwks: None,
            application: None,
        })
        .unwrap();
    let consent = control.create_consent(NewConsent::of_type("payments", "alice")).unwrap();
    let claims = json!({
        "iss": "rsa", "aud": sandbox.url(), "jti": "1", "iat": now(), "nbf": now(), "exp": now() + 900,
        "scope": "openid payments", "login_hint": "alice",
        "openbanking_intent_id": { "value": consent.consent_id },
    });
    let http = client(&sandbox);
    for (alg, status) in [("PS256", 200), ("RS256", 400), ("PS384", 401), ("ES256", 400)] {
        let form = format!("client_id=rsa&client_secret=s&request={}", support::request_object(alg, &claims));
        let response = http.post(format!("{}/oauth2/ciba", sandbox.url())).body(form).send().await.unwrap();
        assert_eq!(response.status(), status, "{alg}");
    }
    let data = control.pushes().last().unwrap().message["data"].clone();
    assert_eq!(data["applicationName"], "rsa");
    sandbox.stop().await;
}
