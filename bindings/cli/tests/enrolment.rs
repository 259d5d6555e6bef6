//! Enrolling: however the QR code is given, one account; and no byte to whom is not trusted.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod support;

use serde_json::Value;
use support::{Desk, PUSH_ID, Ran};

fn is_enrolled(desk: &Desk, ran: &Ran) {
    let account = &ran.json(0)["account"];
    assert_eq!(account["state"], "active");
    assert_eq!(account["profile"], "open-banking");
    assert_eq!(account["username"], "alice");
    assert_eq!(account["host"], desk.sandbox.url());
    let devices = desk.control().devices();
    assert_eq!(devices.len(), 1);
    assert_eq!(account["device_id"], devices[0].device_id.as_str());
    assert_eq!(devices[0].push_id, PUSH_ID);
}

#[test]
fn from_the_text_of_the_qr_code() {
    let desk = Desk::new();
    is_enrolled(&desk, &desk.run(&["add-account", &desk.qr(), "--push-id", PUSH_ID]));
    let listed = desk.run(&["accounts"]).json(0);
    assert_eq!(listed["accounts"].as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains(PUSH_ID), "the push token is shown in part only");
}

#[test]
fn from_a_file_with_the_token_in_another() {
    let desk = Desk::new();
    let (qr, token) = (desk.file("qr.json", &desk.qr()), desk.file("token", &format!("{PUSH_ID}\n")));
    is_enrolled(&desk, &desk.run(&["add-account", &qr, "--push-id", &token]));
}

#[test]
fn from_standard_input() {
    let desk = Desk::new();
    is_enrolled(&desk, &desk.run_with(&["add-account", "-", "--push-id", PUSH_ID], &desk.qr()));
}

#[test]
fn from_a_picture_that_the_command_line_drew_itself() {
    let desk = Desk::new();
    let picture = desk.path("code.png").display().to_string();
    let drawn = desk.run(&["qr", "encode", &desk.qr(), "--out", &picture]).json(0);
    assert_eq!(drawn["file"], picture.as_str());
    is_enrolled(&desk, &desk.run(&["add-account", &picture, "--push-id", PUSH_ID]));
}

#[test]
fn the_device_is_called_as_it_was_told() {
    let desk = Desk::new();
    let qr = desk.qr();
    let line = [
        "add-account",
        &qr,
        "--push-id",
        PUSH_ID,
        "--device-name",
        "Phönix",
        "--device-model",
        "M1",
        "--key-bits",
        "3072",
    ];
    assert_eq!(desk.run(&line).json(0)["account"]["key_bits"], 3072);
    let devices = desk.control().devices();
    assert_eq!((devices[0].name.as_str(), devices[0].model.as_str()), ("Phönix", "M1"));
}

#[test]
fn a_host_that_is_not_allowed_gets_no_account_and_no_byte() {
    let desk = Desk::new();
    let elsewhere = ["--allow-host", "bank.example", "add-account", &desk.qr(), "--push-id", PUSH_ID];
    assert_eq!(desk.run(&elsewhere).error(1), "host_not_allowed");
    assert_eq!(desk.control().audit().len(), 0);
    assert_eq!(desk.run(&["accounts"]).json(0)["accounts"], Value::Array(Vec::new()));
}

#[test]
fn a_server_that_is_not_trusted_hears_nothing_until_it_is() {
    let desk = Desk::new();
    let qr = desk.qr();
    let untrusted = desk.command().args(["--json", "add-account", &qr, "--push-id", PUSH_ID]).output();
    assert_eq!(Ran::of(untrusted.unwrap()).error(1), "certificate_unknown");
    let pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let pinned = ["add-account", &qr, "--push-id", PUSH_ID, "--pin", pin];
    assert_eq!(desk.run(&pinned).error(1), "pin_mismatch");
    assert_eq!(desk.control().audit().len(), 0);
    is_enrolled(&desk, &desk.run(&["add-account", &qr, "--push-id", PUSH_ID]));
}

#[test]
fn what_is_no_enrolment_is_told_apart() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["add-account", "nonsense", "--push-id", "p"]).error(1), "invalid_qr");
    assert_eq!(desk.run(&["add-account", "{}", "--push-id", "p"]).error(1), "unsupported_qr");
    assert_eq!(desk.run(&["add-account", "missing.png", "--push-id", "p"]).error(1), "input_unreadable");
    assert_eq!(desk.run(&["add-account", "@missing", "--push-id", "p"]).error(1), "input_unreadable");
    assert_eq!(desk.run(&["add-account", "-", "--push-id", "-"]).error(2), "usage");
    assert_eq!(desk.run(&["add-account", &desk.qr(), "--push-id", ""]).error(1), "invalid_argument");
}

#[test]
fn a_second_enrolment_of_the_same_user_and_token_is_refused_here() {
    let desk = Desk::new();
    desk.enrol();
    let again = desk.run(&["add-account", &desk.qr(), "--push-id", PUSH_ID]);
    assert_eq!(again.error(1), "already_registered");
}

#[test]
fn a_passphrase_guards_the_home() {
    let desk = Desk::new();
    let accounts = |passphrase: Option<&str>| {
        let mut command = desk.command();
        command.args(["--json", "accounts"]).envs(passphrase.map(|word| ("AUTHPUSH_PASSPHRASE", word)));
        Ran::of(command.output().unwrap())
    };
    accounts(Some("correct horse")).json(0);
    accounts(Some("correct horse")).json(0);
    assert_eq!(accounts(Some("battery staple")).error(1), "vault_wrong_key");
    assert_eq!(accounts(None).error(1), "passphrase_required");
    assert_eq!(accounts(Some("")).error(1), "passphrase_required");
}
