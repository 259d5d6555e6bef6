//! The controls' page: faults, the clock, what arrived, the pushes and the quirks.

use authpush_sandbox::{FaultKind, FaultTarget, NewLogin, Profile, Quirks};
use serde_json::json;

use crate::{
    browser::Browser,
    support::{Phone, client, sandbox},
};

#[tokio::test]
async fn a_fault_is_set_hits_and_is_seen() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let control = sandbox.control();
    let browser = Browser::start().await;
    browser.open(&format!("{}/portal/control", sandbox.url())).await;
    browser.until_shows("faults", "None.").await;
    browser.choose("on", "discovery").await;
    browser.fill("status", "429").await;
    browser.fill("retry-after", "7").await;
    browser.fill("times", "2").await;
    browser.click("#fault button[type=submit]").await;
    browser.until_shows("faults", "status 429 on discovery, 2 times").await;
    let fault = control.faults().pop().unwrap();
    assert_eq!((fault.on, fault.kind, fault.status), (FaultTarget::Discovery, FaultKind::Status, Some(429)));
    assert_eq!(fault.headers["Retry-After"], "7");

    let http = client(&sandbox);
    let discovery = format!("{}/api/users/v1/me/push-auth/discovery-data", sandbox.url());
    let response = http.get(&discovery).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    browser.until_shows("audit", "429 refused").await;
    browser.until_shows("audit", "an ordered fault; the request was not processed").await;
    browser.until_shows("faults", "status 429 on discovery, once").await;
    browser
        .until("return document.getElementById('heard').textContent.startsWith('Refused: GET /api/users')")
        .await;

    // What was opened stays open when more arrives.
    browser.click("#audit summary").await;
    http.get(format!("{}/push-auth/check-status", sandbox.url())).send().await.unwrap();
    browser.until("return document.querySelectorAll('#audit details').length === 2").await;
    assert_eq!(browser.js("return document.querySelectorAll('#audit details[open]').length").await, 1);
    browser.fill("path", "discovery").await;
    browser.until("return document.querySelectorAll('#audit details').length === 1").await;

    browser.click("#clear-faults").await;
    browser.until_shows("faults", "None.").await;
    assert!(control.faults().is_empty());
    browser.click("#clear-audit").await;
    browser.until_shows("audit-empty", "Nothing has arrived").await;
    assert_eq!(browser.complaints().await, [] as [&str; 0]);
    sandbox.stop().await;
}

#[tokio::test]
async fn clock_pushes_and_quirks() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let phone = Phone::enrol(&sandbox, "push-token-1").await;
    let control = sandbox.control();
    let browser = Browser::start().await;
    browser.open(&format!("{}/portal/control", sandbox.url())).await;
    browser.until_shows("clock", "as this machine’s").await;
    browser.fill("offset", "-600").await;
    browser.click("#move-clock button").await;
    browser.until_shows("clock", "600 seconds behind").await;
    assert_eq!(control.overview().clock_offset_seconds, -600);

    control.login(NewLogin { username: "alice".to_owned(), ..NewLogin::default() }).unwrap();
    browser.until_shows("pushes", "Push 1").await;
    browser.until_shows("pushes", "to push-token-1").await;
    browser.click("#pushes summary").await;
    browser.until_shows("pushes", "sessionDataKey").await;

    // An answer that a far clock refuses, with the reason that the server keeps to itself.
    let data = control.pushes()[0].message["data"].clone();
    let mut claims = Phone::claims(&data, "SUCCESSFUL", &json!(null));
    claims["exp"] = json!(1);
    phone.answer(&claims).await;
    browser.until("return document.querySelector('#audit .badge[data-tone=bad]')").await;
    browser.until_shows("audit", "exp").await;

    browser.until_shows("quirks", "null the first time, then for ever the first one's text").await;
    browser.until_shows("quirks-played", "Played").await;
    let rows = browser.js("return document.querySelectorAll('#quirks tbody tr').length").await;
    assert_eq!(rows, control.quirks().len(), "only the quirks of this profile");
    sandbox.stop().await;
}
