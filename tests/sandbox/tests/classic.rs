//! The classic profile over real TLS: enrolment, login, removal, and the faces of refusal.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

mod support;

use authpush_sandbox::{Event, LoginStatus, NewLogin, NewUser, Profile, Quirks, Verdict};
use serde_json::{Value, json};
use support::{Phone, client, json_of, now, post, sandbox, token};

fn login() -> NewLogin {
    NewLogin { username: "alice".to_owned(), ..NewLogin::default() }
}

#[tokio::test]
async fn discovery_asks_who_is_there() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let url = format!("{}/t/carbon.super/api/users/v1/me/push-auth/discovery-data", sandbox.url());
    let client = client(&sandbox);
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    assert_eq!(client.get(&url).basic_auth("alice", Some("x")).send().await.unwrap().status(), 401);
    let token = client
        .post(format!("{}/oauth2/token", sandbox.url()))
        .basic_auth("shop", Some("shop-secret"))
        .body("grant_type=password&username=alice&password=alice")
        .send()
        .await
        .unwrap();
    let bearer = json_of(token).await["access_token"].as_str().unwrap().to_owned();
    for request in [
        client.get(&url).basic_auth("alice@carbon.super", Some("alice")),
        client.get(&url).basic_auth("admin", Some("admin")),
        client.get(&url).bearer_auth(bearer),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let qr = json_of(response).await;
        assert_eq!(qr["ae"], "/push-auth/authenticate");
        assert_eq!(qr["bp"], "/t/carbon.super/api/users/v1/me");
        assert_eq!(qr["hst"], sandbox.url());
    }
    let other = format!("{}/api/openbanking/ciba/push-auth/discovery-data", sandbox.url());
    assert_eq!(client.get(other).send().await.unwrap().status(), 404);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_login_from_the_push_to_the_browser() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let control = sandbox.control();
    let mut events = sandbox.events();
    let phone = Phone::enrol(&sandbox, " token ").await;
    assert!(matches!(events.recv().await.unwrap(), Event::Registered { .. }));
    let mut pushes = control.subscribe("token");
    for (res, verdict) in [("SUCCESSFUL", LoginStatus::Authenticated), ("DENIED", LoginStatus::Denied)] {
        let opened = control.login(login()).unwrap();
        let push = pushes.next().await.unwrap();
        assert_eq!(push.message["to"], "token", "trimmed");
        let data = &push.message["data"];
        assert_eq!(data["metadata"], Value::Null);
        assert_eq!(control.login_status(&opened.session_data_key).unwrap().status, LoginStatus::Pending);
        let claims = Phone::claims(data, res, &Value::Null);
        assert_eq!(phone.answer(&claims).await.status(), 202);
        assert_eq!(control.login_status(&opened.session_data_key).unwrap().status, verdict);
        assert_eq!(phone.answer(&claims).await.status(), 500, "the context is gone");
    }
    let removal = json!({ "nbf": now(), "exp": now() + 900, "act": "REMOVE" });
    assert_eq!(phone.remove(&removal).await.status(), 204);
    let gone = phone.remove(&removal).await;
    assert_eq!((gone.status().as_u16(), json_of(gone).await["code"].clone()), (400, json!("PDM-10004")));
    let failed = control.login(login()).unwrap();
    assert_eq!(failed.status, LoginStatus::Failed("registered.device.unavailable".to_owned()));
    sandbox.stop().await;
}

#[tokio::test]
async fn the_servlet_believes_and_the_browser_judges() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let control = sandbox.control();
    let phone = Phone::enrol(&sandbox, "token").await;
    let opened = control.login(login()).unwrap();
    let data = control.pushes().last().unwrap().message["data"].clone();
    let good = Phone::claims(&data, "SUCCESSFUL", &Value::Null);
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        claims[key] = value;
        claims
    };
    for (claims, status, marker) in [
        (with("sid", Value::Null), 400, "PBA-15002"),
        (with("sid", json!(7)), 500, "PBA-15006"),
        (with("sid", json!("unknown")), 500, ""),
        (with("exp", json!(now() + 200)), 500, "PBA-15005"),
        (with("nbf", Value::Null), 500, "PBA-15005"),
        (with("exp", Value::Null), 500, ""),
    ] {
        let response = phone.answer(&claims).await;
        assert_eq!(response.status(), status, "{claims}");
        let body = response.text().await.unwrap();
        assert!(body.starts_with("<!doctype html>") && body.contains(marker), "{body}");
    }
    for (body, status) in [
        (String::new(), 500),
        ("[]".to_owned(), 500),
        (json!({ "authResponse": "" }).to_string(), 400),
        (json!({ "authResponse": "a.b" }).to_string(), 500),
        (json!({ "authResponse": token("other", &good) }).to_string(), 500),
        (format!("{{\n\"authResponse\":\"{}\"}}", token(phone.did(), &good)), 500),
    ] {
        assert_eq!(phone.answer_raw(body.clone()).await.status(), status, "{body}");
    }
    let reasons = control.audit();
    assert!(reasons.iter().any(|entry| entry.reason.contains("several lines")));
    assert!(reasons.iter().all(|entry| entry.verdict == Verdict::Accepted || !entry.reason.is_empty()));

    assert_eq!(phone.answer(&with("chg", json!("wrong"))).await.status(), 202, "a wrong challenge is stored");
    assert_eq!(phone.answer(&good).await.status(), 202, "and overwritten before the browser looks");
    assert_eq!(control.login_status(&opened.session_data_key).unwrap().status, LoginStatus::Authenticated);

    let opened = control.login(login()).unwrap();
    let data = control.pushes().last().unwrap().message["data"].clone();
    assert_eq!(phone.answer(&Phone::claims(&data, "MAYBE", &Value::Null)).await.status(), 202);
    let status = control.login_status(&opened.session_data_key).unwrap().status;
    assert!(matches!(status, LoginStatus::Failed(_)));

    let opened = control.login(login()).unwrap();
    control.set_clock_offset(901);
    let status = control.login_status(&opened.session_data_key).unwrap().status;
    assert_eq!(status, LoginStatus::Failed("the wait page gave up after 15 minutes".to_owned()));
    sandbox.stop().await;
}

#[tokio::test]
async fn registrations_that_fail() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let mut phone = Phone::enrol(&sandbox, "token").await;
    let used = phone.register(&phone.registration()).await;
    assert_eq!(used.status(), 400);
    let first = json_of(used).await;
    assert_eq!((&first["code"], &first["message"]), (&json!("PDM-10001"), &Value::Null));
    let used_device = phone.did().to_owned();

    phone.qr = sandbox.control().enrolment("alice").unwrap();
    let good = phone.registration();
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    let duplicate = good.clone();
    for (body, status, code) in [
        (duplicate, 500, "PDM-15011"),
        (with("name", json!("x".repeat(46))), 500, "PDM-15011"),
        (with("model", Value::Null), 500, "PDM-15011"),
        (with("signature", Value::Null), 500, "SE-50000"),
        (with("publicKey", json!("-_")), 500, "SE-50000"),
        (with("publicKey", json!("AAAA")), 500, "PDM-15011"),
        (with("pushId", json!("other")), 400, "PDM-10001"),
        (with("deviceId", json!("other")), 400, "PDM-10001"),
        (with("deviceId", json!({})), 400, "UE-10000"),
    ] {
        let response = phone.register(&body).await;
        assert_eq!(response.status(), status, "{body}");
        let error = json_of(response).await;
        assert_eq!(error["code"], code, "{body}");
        if code == "PDM-10001" {
            assert!(error["message"].as_str().unwrap().contains(&used_device), "the first text sticks");
        }
    }
    let empty = format!("{}{}{}", phone.text("hst"), phone.text("bp"), phone.text("re"));
    assert_eq!(post(&phone.client, &empty, String::new()).await.status(), 400);
    assert_eq!(post(&phone.client, &empty, "{".to_owned()).await.status(), 400);

    phone.push_id = "x".repeat(256);
    assert_eq!(phone.register(&phone.registration()).await.status(), 500);
    phone.push_id = "second".to_owned();
    assert_eq!(phone.register(&phone.registration()).await.status(), 201, "the challenge was not used up");
    let failed = sandbox.control().login(login()).unwrap();
    assert_eq!(failed.status, LoginStatus::Failed("devices.over.limit".to_owned()));
    sandbox.stop().await;
}

#[tokio::test]
async fn the_users_side_of_the_device_api() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    sandbox.control().create_user(NewUser { username: "bob".to_owned(), ..NewUser::default() }).unwrap();
    let phone = Phone::enrol(&sandbox, "token").await;
    let devices = format!("{}{}/push-auth/devices", phone.text("hst"), phone.text("bp"));
    let one = format!("{devices}/{}", phone.did());
    let get = async |url: &str, user: &str| {
        phone.client.get(url).basic_auth(user, Some(user)).send().await.unwrap()
    };
    let list = json_of(get(&devices, "alice").await).await;
    assert!(list[0]["registrationTime"].is_i64() && list[0].get("pushId").is_none());
    assert_eq!(json_of(get(&devices, "bob").await).await, json!([]));
    assert_eq!(json_of(get(&one, "bob").await).await["pushId"], "token", "no ownership check");
    assert_eq!(get(&format!("{devices}/x"), "alice").await.status(), 404);

    let patch = async |body: Value| {
        let request = phone.client.patch(&one).basic_auth("alice", Some("alice"));
        request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap()
    };
    let change =
        |operation: &str, path: &str| json!([{ "operation": operation, "path": path, "value": "new" }]);
    assert_eq!(patch(change("REPLACE", "/push-id")).await.status(), 200);
    assert_eq!(patch(change("replace", "/push-id")).await.status(), 400);
    assert_eq!(patch(change("REPLACE", "/model")).await.status(), 400);
    assert_eq!(patch(json!([{ "operation": "REPLACE" }])).await.status(), 500);
    assert_eq!(sandbox.control().devices()[0].push_id, "new");
    let delete = phone.client.delete(&one).basic_auth("alice", Some("alice")).send().await.unwrap();
    assert_eq!(delete.status(), 204);
    sandbox.stop().await;
}
