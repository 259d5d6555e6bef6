//! The is7 profile over real TLS: roots, several devices, the number, and the faces of refusal.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

mod support;

use authpush_sandbox::{
    DeviceLine, Event, Fault, FaultKind, FaultTarget, Is7Settings, LoginStatus, NewInformational, NewLogin,
    NewUser, Options, Profile, Quirks, Sandbox,
};
use serde_json::{Value, json};
use support::{
    client,
    is7::{Phone, login, refusal, texts},
    json_of, now, post, sandbox,
};

async fn server() -> Sandbox {
    sandbox(Profile::Is7, Quirks::AsServer).await
}

#[tokio::test]
async fn an_approval_from_the_code_to_the_browser() {
    let sandbox = server().await;
    let (control, http) = (sandbox.control(), client(&sandbox));
    let url = format!("{}/t/carbon.super/api/users/v1/me/push/discovery-data", sandbox.url());
    assert_eq!(http.get(&url).send().await.unwrap().status(), 401);
    let qr = json_of(http.get(&url).basic_auth("alice", Some("alice")).send().await.unwrap()).await;
    let keys: Vec<&String> = qr.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["deviceId", "username", "host", "tenantDomain", "challenge"]);

    let mut events = sandbox.events();
    let phone = Phone::enrol(&sandbox, "alice", "token").await;
    assert!(matches!(events.recv().await.unwrap(), Event::Registered { .. }));
    let mut pushes = control.subscribe("token");
    let opened = control.login(login("alice")).unwrap();
    assert_eq!(opened.number, None);
    let push = pushes.next().await.unwrap();
    let data = texts(&push.message["data"]);
    assert_eq!(push.message["notification"]["body"], "alice from carbon.super is trying to login");
    assert!(push.message.get("token").is_none(), "what the app gets");
    let sent = &control.pushes()[0].message["message"];
    assert_eq!((&sent["token"], &sent["data"]), (&json!("token"), &push.message["data"]));
    for (key, value) in [
        ("relativePath", "/t/carbon.super"),
        ("username", "alice"),
        ("tenantDomain", "carbon.super"),
        ("userStoreDomain", "PRIMARY"),
        ("applicationName", "ShopApp"),
        ("notificationScenario", "AUTHENTICATION"),
        ("pushId", &opened.session_data_key),
        ("deviceId", phone.id()),
    ] {
        assert_eq!(data[key], value, "{key}");
    }
    assert!(!data.contains_key("numberChallenge") && !data.contains_key("organizationId"));

    let poll = format!("{}/push-auth/check-status", phone.root);
    let status = async || {
        let url = format!("{poll}?pushAuthId={}", opened.session_data_key);
        json_of(http.get(url).send().await.unwrap()).await["status"].clone()
    };
    assert_eq!(status().await, "PENDING");
    let several_lines = format!(
        "{{\n\"authResponse\":\n\"{}\"\n}}",
        phone.token(&Phone::claims(&push.message["data"], "APPROVED"))
    );
    let response = phone.send(&several_lines).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.bytes().await.unwrap().len(), 0);
    assert_eq!(status().await, "COMPLETED");
    assert_eq!(status().await, "PENDING", "it says so once");
    assert_eq!(control.login_status(&opened.session_data_key).unwrap().status, LoginStatus::Authenticated);
    let late = phone.answer(&Phone::claims(&push.message["data"], "APPROVED")).await;
    assert_eq!(refusal(late).await, (400, "PBA-15010".to_owned()), "the context is gone");
    assert_eq!(refusal(http.get(&poll).send().await.unwrap()).await, (404, "PBA-15001".to_owned()));
    sandbox.stop().await;
}

#[tokio::test]
async fn what_the_browser_makes_of_an_answer() {
    let sandbox = server().await;
    let control = sandbox.control();
    let phone = Phone::enrol(&sandbox, "alice", "token").await;
    let cases: [(&str, Option<&str>, Option<Value>, &str); 8] = [
        ("DENIED", None, None, "denied"),
        ("approved", None, None, "error.push.token.response.failure"),
        ("MAYBE", None, None, "error.push.token.response.failure"),
        ("APPROVED", Some("other"), None, "error.push.authentication.failed"),
        ("APPROVED", None, Some(json!("right")), "authenticated"),
        ("APPROVED", None, Some(json!("100")), "error.push.number.challenge.failed"),
        ("APPROVED", None, Some(json!(7)), "error.push.number.challenge.failed"),
        ("DENIED", None, Some(Value::Null), "denied"),
    ];
    for (response, challenge, number, verdict) in cases {
        let asked = NewLogin { number_challenge: number.is_some(), ..login("alice") };
        let opened = control.login(asked).unwrap();
        let data = control.pushes().last().unwrap().message["message"]["data"].clone();
        assert_eq!(data.get("numberChallenge").and_then(Value::as_str), opened.number.as_deref());
        let mut claims = Phone::claims(&data, response);
        if let Some(number) = number {
            let shown = opened.number.unwrap();
            assert!(shown.parse::<u8>().unwrap() < 100 && (shown == "0" || !shown.starts_with('0')));
            claims["numberChallenge"] = if number == "right" { json!(shown) } else { number };
        }
        if let Some(challenge) = challenge {
            claims["challenge"] = json!(challenge);
        }
        assert_eq!(phone.answer(&claims).await.status(), 200, "stored unjudged");
        match control.login_status(&opened.session_data_key).unwrap().status {
            LoginStatus::Authenticated => assert_eq!(verdict, "authenticated"),
            LoginStatus::Denied => assert_eq!(verdict, "denied"),
            LoginStatus::Failed(why) => assert!(why.starts_with(verdict), "{why}"),
            LoginStatus::Pending => panic!("{response}: pending"),
        }
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn the_first_of_two_devices_decides() {
    let sandbox = server().await;
    let control = sandbox.control();
    let first = Phone::enrol(&sandbox, "alice", "one").await;
    assert!(control.pushes().is_empty());
    let second = Phone::enrol(&sandbox, "alice", "two").await;
    let notice = &control.pushes()[0];
    assert_eq!(notice.push_id, "one", "the device that was there hears of the new one");
    let data = texts(&notice.message["message"]["data"]);
    assert_eq!(
        (data["notificationScenario"].as_str(), data["deviceId"].as_str()),
        ("DEVICE_REGISTRATION", first.id())
    );
    assert!(!data.contains_key("pushId") && !data.contains_key("challenge"));

    let opened = control.login(login("alice")).unwrap();
    let data = control.subscribe("two").next().await.unwrap().message["data"].clone();
    assert_eq!(control.pushes().len(), 3);
    assert_eq!(second.answer(&Phone::claims(&data, "DENIED")).await.status(), 200);
    let late = async || refusal(first.answer(&Phone::claims(&data, "APPROVED")).await).await;
    assert_eq!(late().await, (410, "PBA-15011".to_owned()));
    let back = format!("{}/commonauth?sessionDataKey={}", sandbox.url(), opened.session_data_key);
    let page = first.client.get(back).send().await.unwrap();
    assert!(page.headers()["location"].to_str().unwrap().ends_with("error.push.user.denied.consent"));
    assert_eq!(late().await, (410, "PBA-15011".to_owned()), "the status is remembered until it is polled");
    assert_eq!(control.login_status(&opened.session_data_key).unwrap().status, LoginStatus::Denied);
    assert_eq!(late().await, (400, "PBA-15010".to_owned()));

    let told = control
        .informational(NewInformational { username: "alice".to_owned(), ..NewInformational::default() });
    assert_eq!(told.unwrap().len(), 2);
    control.set_is7_settings(Is7Settings { max_devices: 2, ..Is7Settings::default() });
    let third = Phone::reading(&sandbox, "alice", "three");
    let full = third.register(&third.registration()).await;
    assert_eq!(full.status(), 400);
    assert_eq!(json_of(full).await["code"], "PDH-15019");
    sandbox.stop().await;
}

#[tokio::test]
async fn the_older_line_has_one_device_and_takes_the_last_answer() {
    let sandbox = server().await;
    let control = sandbox.control();
    let older = Is7Settings { device_line: DeviceLine::One, relative_path: false, ..Is7Settings::default() };
    control.set_is7_settings(older);
    let phone = Phone::enrol(&sandbox, "alice", "one").await;
    let second = Phone::reading(&sandbox, "alice", "two");
    let response = second.register(&second.registration()).await;
    assert_eq!(response.status(), 400);
    let body = json_of(response).await;
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "message", "traceId"]);
    assert_eq!(body["code"], "PDH-15003");

    let opened = control.login(login("alice")).unwrap();
    let data = control.pushes()[0].message["message"]["data"].clone();
    assert!(data.get("relativePath").is_none());
    for response in ["DENIED", "APPROVED"] {
        assert_eq!(phone.answer(&Phone::claims(&data, response)).await.status(), 200);
    }
    assert_eq!(control.login_status(&opened.session_data_key).unwrap().status, LoginStatus::Authenticated);
    sandbox.stop().await;
}

#[tokio::test]
async fn users_of_organisations_live_below_their_own_roots() {
    let sandbox = server().await;
    let (control, http) = (sandbox.control(), client(&sandbox));
    let organization = |username: &str, id: &str, combined: bool| NewUser {
        username: username.to_owned(),
        organization_id: Some(id.to_owned()),
        organization_name: Some("Sales".to_owned()),
        combined,
        ..NewUser::default()
    };
    control.create_user(organization("bob", "1f2e", false)).unwrap();
    control.create_user(organization("carol", "3a4b", true)).unwrap();
    control
        .create_user(NewUser { combined: true, ..NewUser { username: "x".to_owned(), ..NewUser::default() } })
        .unwrap_err();
    for (username, root, tenant) in [("bob", "/o/1f2e", false), ("carol", "/t/carbon.super/o/3a4b", true)] {
        let phone = Phone::enrol(&sandbox, username, username).await;
        assert_eq!(phone.root, format!("{}{root}", sandbox.url()));
        assert_eq!(phone.qr["organizationName"], "Sales");
        control.login(login(username)).unwrap();
        let data = control.subscribe(username).next().await.unwrap().message["data"].clone();
        assert_eq!((&data["relativePath"], data.get("tenantDomain").is_some()), (&json!(root), tenant));
        assert_eq!(data["organizationName"], "Sales");

        let elsewhere = Phone { root: format!("{}/t/carbon.super", sandbox.url()), ..reading_again(&phone) };
        let refused = elsewhere.answer(&Phone::claims(&data, "APPROVED")).await;
        assert_eq!(refusal(refused).await, (400, "PBA-15010".to_owned()));
        assert_eq!(elsewhere.remove(&json!({ "exp": now() + 60 })).await.status(), 400);
        let discovery = elsewhere.api("discovery-data");
        let asked = http.get(discovery).basic_auth(username, Some(username)).send().await.unwrap();
        assert_eq!(asked.status(), 401);
        let nowhere = Phone { root: format!("{}/o/none", sandbox.url()), ..reading_again(&phone) };
        assert_eq!(nowhere.answer(&Phone::claims(&data, "APPROVED")).await.status(), 404);
        assert_eq!(phone.answer(&Phone::claims(&data, "APPROVED")).await.status(), 200);
    }
    let mut wrong_root = Phone::reading(&sandbox, "bob", "t");
    wrong_root.root = format!("{}/t/carbon.super", sandbox.url());
    let response = wrong_root.register(&wrong_root.registration()).await;
    assert_eq!(json_of(response).await["code"], "PDH-15002");

    let secondary = NewUser {
        username: "dave".to_owned(),
        user_store_domain: Some("SECONDARY".to_owned()),
        ..NewUser::default()
    };
    control.create_user(secondary).unwrap();
    let phone = Phone::enrol(&sandbox, "SECONDARY/dave", "dave").await;
    assert_eq!(phone.qr["username"], "SECONDARY/dave");
    control.login(login("dave")).unwrap();
    let data = control.subscribe("dave").next().await.unwrap().message["data"].clone();
    assert_eq!((&data["username"], &data["userStoreDomain"]), (&json!("dave"), &json!("SECONDARY")));
    sandbox.stop().await;
}

fn reading_again(phone: &Phone) -> Phone {
    Phone {
        client: phone.client.clone(),
        qr: phone.qr.clone(),
        device_token: phone.device_token.clone(),
        root: phone.root.clone(),
    }
}

#[tokio::test]
async fn clocks_faults_removal_and_resend() {
    let directory = tempfile::tempdir().unwrap();
    let options =
        Options { profile: Profile::Is7, data: Some(directory.path().to_owned()), ..Options::default() };
    let sandbox = Sandbox::start(options.clone()).await.unwrap();
    let phone = Phone::enrol(&sandbox, "alice", "token").await;
    let control = sandbox.control();
    let mut pushes = control.subscribe("token");
    let opened = control.login(NewLogin { number_challenge: true, ..login("alice") }).unwrap();
    let first = pushes.next().await.unwrap().message["data"].clone();
    control.set_clock_offset(601);
    let early = phone.answer(&Phone::claims(&first, "APPROVED")).await;
    assert_eq!(refusal(early).await, (400, "PBA-15004".to_owned()), "no skew");
    control.set_clock_offset(-3600);
    control.fault(Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(503));
    assert_eq!(phone.answer(&Phone::claims(&first, "APPROVED")).await.status(), 503);
    control.set_clock_offset(0);

    let resend = format!("{}/sandbox/logins/{}/resend", sandbox.url(), opened.session_data_key);
    let again = json_of(post(&phone.client, &resend, String::new()).await).await;
    let second = pushes.next().await.unwrap().message["data"].clone();
    assert_eq!(again["session_data_key"], second["pushId"]);
    assert_ne!(first["pushId"], second["pushId"]);
    let dropped = phone.answer(&Phone::claims(&first, "APPROVED")).await;
    assert_eq!(refusal(dropped).await, (400, "PBA-15010".to_owned()));
    let mut claims = Phone::claims(&second, "APPROVED");
    claims["numberChallenge"] = again["number"].clone();
    assert_eq!(phone.answer(&claims).await.status(), 200);
    assert_eq!(control.login_status(&opened.session_data_key).unwrap().status, LoginStatus::Authenticated);
    assert_eq!(post(&phone.client, &resend, String::new()).await.status(), 400, "decided");
    let entry = control.audit().into_iter().rfind(|entry| entry.path.ends_with("/authenticate")).unwrap();
    assert_eq!(entry.jwt.unwrap()["header"]["deviceId"], phone.id());

    let listen = sandbox.url().strip_prefix("https://").unwrap().parse().unwrap();
    sandbox.stop().await;
    let sandbox = Sandbox::start(Options { listen, ..options }).await.unwrap();
    let life = json!({ "exp": now() + 600 });
    let code = async |claims: &Value| {
        let response = phone.remove(claims).await;
        assert_eq!(response.status(), 400);
        json_of(response).await["code"].clone()
    };
    assert_eq!(code(&json!({ "exp": now() - 1 })).await, "PDH-15006");
    assert_eq!(phone.remove(&json!({})).await.status(), 500, "no exp");
    assert_eq!(phone.remove(&life).await.status(), 204);
    assert_eq!(code(&life).await, "PDH-15009");
    sandbox.stop().await;
}
