//! What is no part of the protocol: faults, the clock, the push stream, restarts, and the control API over HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

mod support;

use std::time::Duration;

use authpush_sandbox::{Fault, FaultKind, FaultTarget, NewLogin, Options, Profile, Quirks, Sandbox};
use serde_json::{Value, json};
use support::{Phone, client, json_of, now, post, sandbox};

#[tokio::test]
async fn every_fault_is_felt() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let control = sandbox.control();
    let http = client(&sandbox);
    let url = format!("{}/push-auth/check-status?sessionDataKey=x", sandbox.url());
    let get = async || http.get(&url).send().await;
    for (kind, processed) in [
        (FaultKind::Drop, false),
        (FaultKind::CloseBefore, false),
        (FaultKind::Garbage, false),
        (FaultKind::CloseAfterProcessing, true),
        (FaultKind::DropAfterProcessing, true),
    ] {
        control.clear_audit();
        control.fault(Fault::new(FaultTarget::Any, kind));
        let error = get().await.unwrap_err();
        assert!(!error.is_connect() && !error.is_timeout(), "{kind:?}: {error}");
        let audit = control.audit();
        assert_eq!((audit.len(), audit[0].fault), (1, Some(kind)));
        assert_eq!(audit[0].status == 200, processed, "{kind:?}");
    }
    control.fault(Fault::new(FaultTarget::Any, FaultKind::Truncate));
    let response = get().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
    control.fault(Fault::new(FaultTarget::Any, FaultKind::Oversize));
    assert_eq!(get().await.unwrap().bytes().await.unwrap().len(), 1 << 20);
    let busy =
        Fault::new(FaultTarget::Any, FaultKind::Status).with_status(429).with_header("Retry-After", "7");
    control.fault(busy.with_body("later"));
    let response = get().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(response.text().await.unwrap(), "later");
    control.fault(Fault::new(FaultTarget::Any, FaultKind::Delay).with_delay_ms(150));
    let begun = std::time::Instant::now();
    assert_eq!(get().await.unwrap().status(), 200);
    assert!(begun.elapsed() >= Duration::from_millis(150));
    control.fault(Fault::new(FaultTarget::Token, FaultKind::Drop));
    assert_eq!(get().await.unwrap().status(), 200, "another target");
    sandbox.stop().await;
}

#[tokio::test]
async fn the_clock_moves_the_date_and_the_checks() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let phone = Phone::enrol(&sandbox, "token").await;
    let control = sandbox.control();
    control.login(NewLogin { username: "alice".to_owned(), ..NewLogin::default() }).unwrap();
    let data = control.pushes()[0].message["data"].clone();
    let clock = format!("{}/sandbox/clock", sandbox.url());
    let response = post(&phone.client, &clock, json!({ "offset_seconds": 700 }).to_string()).await;
    let sent = httpdate::parse_http_date(response.headers()["date"].to_str().unwrap()).unwrap();
    let ahead = sent.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(ahead.abs_diff(u64::try_from(now() + 700).unwrap()) <= 2);
    let claims = Phone::claims(&data, "SUCCESSFUL", &Value::Null);
    assert_eq!(phone.answer(&claims).await.status(), 500, "only 200 s of life are left");
    control.set_clock_offset(0);
    assert_eq!(phone.answer(&claims).await.status(), 202);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_push_stream_keeps_what_nobody_had_and_replays_on_demand() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let http = client(&sandbox);
    let push = async |n: u32| {
        let body = json!({ "push_id": "a/b", "data": { "n": n } }).to_string();
        assert_eq!(post(&http, &format!("{}/sandbox/push", sandbox.url()), body).await.status(), 201);
    };
    let stream = format!("{}/sandbox/push/a%2Fb", sandbox.url());
    let read = async |response: &mut reqwest::Response, events: usize| {
        let mut text = String::new();
        while text.matches("event: push").count() < events || !text.ends_with("\n\n") {
            let chunk =
                tokio::time::timeout(Duration::from_secs(5), response.chunk()).await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
        text
    };
    push(1).await;
    push(2).await;
    let mut first = http.get(&stream).send().await.unwrap();
    assert_eq!(first.headers()["content-type"], "text/event-stream");
    let text = read(&mut first, 2).await;
    assert!(text.contains("id: 1\ndata: {\"to\":\"a/b\",\"data\":{\"n\":1}}\n\n"), "{text}");
    push(3).await;
    assert!(read(&mut first, 1).await.contains("\"n\":3"));
    let mut again = http.get(&stream).header("last-event-id", "1").send().await.unwrap();
    let text = read(&mut again, 2).await;
    assert!(!text.contains("\"n\":1") && text.contains("\"n\":3"), "{text}");
    let mut fresh = http.get(format!("{stream}?x=1")).send().await.unwrap();
    push(4).await;
    assert!(read(&mut fresh, 1).await.contains("\"n\":4"));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_restart_on_the_same_port_keeps_devices_and_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = Options { data: Some(directory.path().join("d")), ..Options::default() };
    let sandbox = Sandbox::start(options.clone()).await.unwrap();
    let phone = Phone::enrol(&sandbox, "token").await;
    let (url, certificate) = (sandbox.url().to_owned(), sandbox.ca_certificate_pem().to_owned());
    assert_eq!(std::fs::read_to_string(sandbox.ca_certificate_path().unwrap()).unwrap(), certificate);
    options.listen = url.strip_prefix("https://").unwrap().parse().unwrap();
    sandbox.stop().await;

    let sandbox = Sandbox::start(options).await.unwrap();
    assert_eq!((sandbox.url(), sandbox.ca_certificate_pem()), (url.as_str(), certificate.as_str()));
    assert_eq!(sandbox.control().devices()[0].device_id, phone.did());
    #[cfg(unix)]
    for file in std::fs::read_dir(directory.path().join("d")).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let removal = json!({ "nbf": now(), "exp": now() + 900 });
    assert_eq!(phone.remove(&removal).await.status(), 204);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_control_api_over_http() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let http = client(&sandbox);
    let base = format!("{}/sandbox", sandbox.url());
    let get = async |path: &str| json_of(http.get(format!("{base}{path}")).send().await.unwrap()).await;
    let send = async |path: &str, body: Value| post(&http, &format!("{base}{path}"), body.to_string()).await;
    let overview = get("").await;
    assert_eq!((&overview["profile"], &overview["quirks"]), (&json!("open-banking"), &json!("as-server")));
    assert_eq!(send("/users", json!({ "username": "bob" })).await.status(), 201);
    assert_eq!(send("/users", json!({ "username": "bob" })).await.status(), 409);
    assert_eq!(get("/users/bob/enrolment").await["un"], "bob");
    let _phone = Phone::enrol(&sandbox, "token").await;
    let raw = json!({ "type": "accounts", "user": "alice", "consent_id": "c1", "raw_metadata": "{broken" });
    let consent = json_of(send("/consents", raw).await).await;
    assert_eq!(consent["status"], "awaitingAuthorisation");
    let answer = send("/ciba", json!({ "consent_id": "c1" })).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(get("/pushes").await[0]["message"]["data"]["metadata"], "{broken");
    assert_eq!(get("/consents/c1").await["authorised_account_ids"], json!([]));
    assert_eq!(send("/faults", json!({ "on": "answer", "kind": "drop" })).await.status(), 201);
    assert_eq!(get("/faults").await[0]["times"], 1);
    assert_eq!(http.delete(format!("{base}/faults")).send().await.unwrap().status(), 204);
    let login = json_of(send("/logins", json!({ "username": "alice" })).await).await;
    let sid = login["session_data_key"].as_str().unwrap();
    assert_eq!(get(&format!("/logins/{sid}")).await["status"], "pending");
    assert_eq!(get("/audit?path=ciba").await[0]["jwt"]["claims"]["iss"], "shop");
    assert_eq!(send("/clients", json!({ "client_id": "x", "public_key": "junk" })).await.status(), 400);
    assert_eq!(http.get(format!("{base}/nothing")).send().await.unwrap().status(), 404);
    sandbox.stop().await;
}
