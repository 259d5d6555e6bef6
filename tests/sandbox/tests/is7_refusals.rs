//! The is7 profile over real TLS: registrations and answers that are refused.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

mod support;

use authpush_sandbox::{Is7Settings, Profile, Quirks};
use serde_json::{Value, json};
use support::{
    is7::{Phone, login, refusal, token},
    json_of, now, post, sandbox,
};

#[tokio::test]
async fn registrations_that_fail() {
    let sandbox = sandbox(Profile::Is7, Quirks::AsServer).await;
    let control = sandbox.control();
    let phone = Phone::reading(&sandbox, "alice", "token");
    control.set_clock_offset(181);
    let response = phone.register(&phone.registration()).await;
    assert_eq!(
        (response.status().as_u16(), json_of(response).await["code"].clone()),
        (400, json!("PDH-15002"))
    );
    control.set_clock_offset(179);
    let good = phone.registration();
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    let cases = [
        (with("deviceId", json!("other")), 400, json!("PDH-15002"), ""),
        (with("deviceId", json!({})), 400, json!("UE-10000"), ""),
        (with("deviceToken", json!("other")), 400, json!("PDH-15005"), ""),
        (with("signature", Value::Null), 500, json!("SE-50000"), ""),
        (with("publicKey", json!("-_")), 500, json!("SE-50000"), ""),
        (with("publicKey", json!("AAAA")), 500, Value::Null, "PDH-15004 - "),
        (with("name", Value::Null), 500, Value::Null, "PDH-15007 - "),
        (with("name", json!("x".repeat(256))), 500, Value::Null, "PDH-15007 - "),
        (with("provider", json!({ "name": "fcm" })), 500, json!("SE-50000"), ""),
        (with("provider", json!({ "name": "AmazonSNS" })), 500, Value::Null, "No push sender"),
        (with("provider", json!("FCM")), 400, json!("UE-10000"), ""),
    ];
    for (body, status, code, message) in cases {
        let response = phone.register(&body).await;
        assert_eq!(response.status(), status, "{body}");
        let error = json_of(response).await;
        assert_eq!(error["code"], code, "{body}");
        assert!(error["message"].as_str().unwrap().starts_with(message), "{error}");
        assert!(error["traceId"].is_string());
    }
    let two = vec!["FCM".to_owned(), "AmazonSNS".to_owned()];
    control.set_is7_settings(Is7Settings { push_senders: two, ..Is7Settings::default() });
    let response = phone.register(&good).await;
    assert_eq!(
        (response.status().as_u16(), json_of(response).await["code"].clone()),
        (500, json!("PDH-15013"))
    );
    let named = |metadata: Value| with("provider", json!({ "name": "AmazonSNS", "metadata": metadata }));
    assert_eq!(phone.register(&named(json!({ "platform": "apns" }))).await.status(), 400);
    assert_eq!(phone.register(&named(json!({ "platform": "APNS" }))).await.status(), 201);
    let again = phone.register(&good).await;
    assert_eq!(json_of(again).await["code"], "PDH-15002", "used");

    let get = async |rest: &str| {
        let request = phone.client.get(phone.api(rest)).basic_auth("alice", Some("alice"));
        json_of(request.send().await.unwrap()).await
    };
    assert_eq!(get("devices").await[0]["provider"], "AmazonSNS");
    assert_eq!(get(&format!("devices/{}", phone.id())).await["name"], "Alice's phone");
    assert_eq!(get("devices/x").await["code"], "PDH-15009");
    assert_eq!(
        post(&phone.client, &phone.api(&format!("devices/{}/update", phone.id())), String::new())
            .await
            .status(),
        404
    );
    let patch = phone.client.patch(phone.api(&format!("devices/{}", phone.id())));
    assert_eq!(patch.send().await.unwrap().status(), 405);
    sandbox.stop().await;
}

#[tokio::test]
async fn answers_that_are_refused() {
    for quirks in [Quirks::AsServer, Quirks::Mended] {
        let sandbox = sandbox(Profile::Is7, quirks).await;
        let control = sandbox.control();
        let phone = Phone::enrol(&sandbox, "alice", "token").await;
        control.login(login("alice")).unwrap();
        let data = control.pushes()[0].message["message"]["data"].clone();
        let good = Phone::claims(&data, "APPROVED");
        let with = |key: &str, value: Value| {
            let mut claims = good.clone();
            claims[key] = value;
            claims
        };
        let body = |token: &str| json!({ "authResponse": token }).to_string();
        let signed = |claims: &Value| body(&phone.token(claims));
        let header = |header: Value| body(&token(&header, &good));
        let cases = [
            ("nothing", (500, "page"), (400, "PBA-15006")),
            ("{\"x\":1}", (500, "page"), (400, "PBA-15006")),
            (&body(" "), (400, "PBA-15006"), (400, "PBA-15006")),
            (&body("a.b"), (400, "PBA-15002"), (400, "PBA-15002")),
            (&header(json!({ "alg": "RS256" })), (500, "PBA-15003"), (404, "PBA-15003")),
            (&header(json!({ "alg": "RS256", "deviceId": "x" })), (500, "PBA-15003"), (404, "PBA-15003")),
            (&signed(&with("exp", json!(now() - 1))), (400, "PBA-15004"), (400, "PBA-15004")),
            (&signed(&with("exp", json!("x"))), (400, "PBA-15004"), (400, "PBA-15004")),
            (&signed(&with("exp", Value::Null)), (500, "page"), (400, "PBA-15004")),
            (&signed(&with("pushAuthId", json!(7))), (400, "PBA-15005"), (400, "PBA-15005")),
            (&signed(&with("pushAuthId", Value::Null)), (400, "PBA-15007"), (400, "PBA-15007")),
            (&signed(&with("pushAuthId", json!("other"))), (400, "PBA-15010"), (400, "PBA-15010")),
        ];
        for (body, as_server, mended) in cases {
            let response = phone.send(body).await;
            let (status, code) = if quirks == Quirks::AsServer {
                let (status, code) = refusal(response).await;
                assert_eq!((status, code.as_str()), as_server, "{body}");
                continue;
            } else {
                assert_eq!(response.headers()["content-type"], "application/json");
                (response.status().as_u16(), json_of(response).await["code"].clone())
            };
            assert_eq!((status, code), (mended.0, json!(mended.1)), "{body}");
        }
        let silent = phone.send(&header(json!({ "alg": "RS256", "deviceId": "" }))).await;
        assert_eq!(silent.status(), if quirks == Quirks::AsServer { 200 } else { 400 });
        assert_eq!(
            phone.answer(&with("exp", json!((now() - 900) * 1000))).await.status(),
            200,
            "milliseconds"
        );
        sandbox.stop().await;
    }
}
