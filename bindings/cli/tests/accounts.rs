//! Changing and removing accounts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod support;

use authpush_core::TrustSettings;
use authpush_core::desk::https_client;
use authpush_sandbox::{Fault, FaultKind, FaultTarget};
use serde_json::json;
use support::{Desk, Ran};

#[test]
fn a_removal_is_confirmed_by_the_server_and_leaves_the_history() {
    let desk = Desk::new();
    let device = desk.enrol();
    let (_, id) = desk.payment();
    let removed = desk.run(&["remove-account", &device]).json(0);
    assert_eq!(removed, json!({ "removed": device, "server": "confirmed", "warnings": [] }));
    assert!(desk.control().devices().is_empty());
    assert_eq!(desk.run(&["accounts"]).json(0)["accounts"], json!([]));
    let history = desk.run(&["history"]).json(0);
    assert_eq!(history["entries"][0]["id"], id.as_str());
    assert_eq!(history["entries"][0]["state"], "expired");
    assert_eq!(desk.run(&["remove-account", &device]).error(1), "unknown_device");
}

#[test]
fn forgetting_tells_nobody_and_wants_a_yes() {
    let desk = Desk::new();
    let device = desk.enrol();
    assert_eq!(desk.run(&["forget-account", &device]).error(2), "usage");
    let forgotten = desk.run(&["forget-account", &device, "--yes"]).json(0);
    assert_eq!(forgotten, json!({ "removed": device, "server": "not_told" }));
    assert_eq!(desk.control().devices().len(), 1);
}

#[test]
fn an_undelivered_decision_holds_the_account_unless_abandoned() {
    let desk = Desk::new();
    let device = desk.enrol();
    let (_, id) = desk.payment();
    let busy = Fault::new(FaultTarget::Answer, FaultKind::Status).with_header("Retry-After", "600");
    desk.control().fault(busy);
    desk.run(&["deny", &id]).json(3);
    assert_eq!(desk.run(&["remove-account", &device]).error(1), "decision_pending");
    desk.run(&["remove-account", &device, "--abandon"]).json(0);
    assert!(desk.control().devices().is_empty());
}

#[test]
fn a_new_push_token_and_name_need_the_users_own_token() {
    let desk = Desk::new();
    let device = desk.enrol();
    assert_eq!(desk.run(&["set-push-id", &device, "new-token"]).error(1), "reenrol_required");
    let bearer = bearer(&desk);
    let file = desk.file("bearer", &format!("{bearer}\n"));
    let changed = desk.run_with(&["set-push-id", &device, "-", "--bearer", &file], "new-token\n").json(0);
    assert_eq!(changed["account"]["device_id"], device.as_str());
    assert_eq!(desk.control().devices()[0].push_id, "new-token");
    let mut command = desk.command();
    command.arg("--ca-cert").arg(desk.path("ca.pem")).env("AUTHPUSH_BEARER", &bearer);
    let named = command.args(["set-device-name", &device, "Neu", "--json"]).output().unwrap();
    Ran::of(named).json(0);
    assert_eq!(desk.control().devices()[0].name, "Neu");
    let wrong = desk.run(&["set-device-name", &device, "Neu", "--bearer", "wrong"]);
    assert_eq!(wrong.error(1), "server_refused");
    let both = desk.run(&["set-push-id", &device, "-", "--bearer", "-"]);
    assert_eq!(both.error(2), "usage");
}

/// A token that alice gets with her password.
fn bearer(desk: &Desk) -> String {
    let anchor = desk.sandbox.ca_certificate_pem().to_owned();
    let trust = TrustSettings { anchors_pem: vec![anchor], ..TrustSettings::default() };
    let client = https_client(&trust, 10).unwrap();
    let request = client
        .post(format!("{}/oauth2/token", desk.sandbox.url()))
        .basic_auth("shop", Some("shop-secret"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=password&username=alice&password=alice&scope=openid");
    let body = desk.runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
    let token: serde_json::Value = serde_json::from_str(&body).unwrap();
    token["access_token"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}
