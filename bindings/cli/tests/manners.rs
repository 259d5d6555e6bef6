//! How the program behaves among others: usage, streams, colours, QR codes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod support;

use std::process::Stdio;

use serde_json::Value;
use support::{Desk, Ran, authpush};

fn run(arguments: &[&str]) -> Ran {
    Ran::of(authpush().args(arguments).output().unwrap())
}

#[test]
fn a_wrong_line_is_one_object_with_json_anywhere() {
    for line in [
        &["accounts", "--nonsense", "--json"][..],
        &["--json", "add-account"],
        &["requests", "--state", "undecided", "--json"],
        &["--timeout", "0", "accounts", "--json"],
        &["nonsense", "--json"],
        &["--json"],
        &["sandbox", "--profile", "keycloak", "--json"],
        &["demo", "--approve", "--deny", "--json"],
    ] {
        let ran = run(line);
        assert_eq!(ran.error(2), "usage", "{line:?}");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_wrong_line_is_one_line_and_a_hint_without() {
    let ran = run(&["accounts", "--nonsense"]);
    assert_eq!(ran.status, 2);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines[0], "error[usage]: unexpected argument '--nonsense' found");
    assert!(lines.len() == 2 && lines[1].starts_with("hint: "), "{ran:?}");
}

#[test]
fn help_and_version_go_to_standard_output() {
    let help = run(&["--help"]);
    assert_eq!((help.status, help.stderr.as_str()), (0, ""));
    assert!(help.stdout.contains("authpush demo"));
    assert_eq!(run(&["--version", "--json"]).stdout, concat!("authpush ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn the_bearer_token_of_the_environment_is_not_in_the_help() {
    let help = authpush().args(["set-push-id", "--help"]).env("AUTHPUSH_BEARER", "very-secret").output();
    let help = Ran::of(help.unwrap());
    assert!(help.status == 0 && help.stdout.contains("AUTHPUSH_BEARER"));
    assert!(!help.stdout.contains("very-secret"));
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let desk = Desk::new();
    desk.enrol();
    for json in [&["accounts", "--json"][..], &["accounts"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = desk.command().args(json).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{json:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{json:?}");
    }
}

#[test]
fn a_pipe_and_no_color_get_plain_text_and_who_wants_colours_gets_them() {
    let desk = Desk::new();
    desk.enrol();
    let (_, push) = desk.ask("payments");
    let receive = |name: &str, value: &str| {
        let output = desk.command().args(["receive", &push.to_string()]).env(name, value).output();
        Ran::of(output.unwrap()).stdout
    };
    assert!(receive("CLICOLOR_FORCE", "1").contains('\u{1b}'));
    assert!(!receive("NO_COLOR", "1").contains('\u{1b}'));
    let plain = receive("LANG", "C");
    assert!(!plain.contains('\u{1b}'));
    assert!(plain.contains("AB12") && plain.contains("compare with the other screen"), "{plain}");
    assert!(plain.contains("12345  Salary Saver Account"), "{plain}");
}

#[test]
fn lists_are_text_and_say_what_to_do_when_they_are_empty() {
    let desk = Desk::new();
    assert!(desk.run_as_text(&["accounts"]).stdout.contains("authpush add-account"));
    let device = desk.enrol();
    assert!(desk.run_as_text(&["accounts"]).stdout.contains(&device));
    let (_, id) = desk.payment();
    assert!(desk.run_as_text(&["requests"]).stdout.contains("payment of"));
    let denied = desk.run_as_text(&["deny", &id]);
    assert!(denied.status == 3 && denied.stdout.contains("unconfirmed"), "{denied:?}");
    assert!(desk.run_as_text(&["history"]).stdout.contains("unconfirmed"));
}

#[test]
fn a_failure_for_people_has_a_code_and_a_hint() {
    let desk = Desk::new();
    let ran = desk.run_as_text(&["deny", "nothing"]);
    assert_eq!(ran.status, 1);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(lines[0].starts_with("error[unknown_request]: "), "{ran:?}");
    assert!(lines.len() == 2 && lines[1].contains("authpush requests"), "{ran:?}");
}

#[test]
fn without_a_home_the_platforms_data_directory_is_used() {
    let desk = Desk::new();
    let mut command = authpush();
    command.env("HOME", desk.path("user")).env("XDG_DATA_HOME", desk.path("data")).env("AUTHPUSH_HOME", "");
    Ran::of(command.args(["accounts", "--json"]).output().unwrap()).json(0);
    if cfg!(target_os = "linux") {
        assert!(desk.path("data/authpush/authpush.db").is_file());
    }
}

#[test]
fn a_wrong_anchor_or_pin_is_an_error_before_anything_is_made() {
    let desk = Desk::new();
    let wrong = |option: &str, value: &str| {
        Ran::of(desk.command().args([option, value, "accounts", "--json"]).output().unwrap()).error(1)
    };
    assert_eq!(wrong("--ca-cert", "missing.pem"), "input_unreadable");
    assert_eq!(wrong("--pin", "sha256/nonsense"), "invalid_argument");
    assert_eq!(wrong("--allow-host", "https://bank.example"), "invalid_argument");
    assert!(!desk.path("home").exists());
}

#[test]
fn a_qr_code_goes_into_a_picture_and_comes_out_again() {
    let desk = Desk::new();
    let text = r#"{"did":"d","chg":"ü"}"#;
    let picture = desk.path("code.png").display().to_string();
    desk.run(&["qr", "encode", text, "--out", &picture]).json(0);
    assert_eq!(desk.run(&["qr", "decode", &picture]).json(0)["text"], text);
    assert_eq!(desk.run_as_text(&["qr", "decode", &picture]).stdout, format!("{text}\n"));
    let drawing = desk.path("code.svg").display().to_string();
    desk.run(&["qr", "encode", &desk.file("text", text), "--out", &drawing]).json(0);
    assert!(std::fs::read_to_string(desk.path("code.svg")).unwrap().contains("<svg"));
    let drawn: Value = desk.run(&["qr", "encode", text]).json(0);
    assert!(drawn["qr"].as_str().unwrap().lines().count() > 10);
    assert!(desk.run_as_text(&["qr", "encode", text]).stdout.contains('█'));
    assert_eq!(desk.run(&["qr", "encode", text, "--out", "code.gif"]).error(2), "usage");
    assert_eq!(desk.run(&["qr", "decode", &drawing]).error(1), "image_unreadable");
}
