//! The commands that stay: sandbox, listen and demo.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use authpush_sandbox::NewLogin;
use serde_json::{Value, json};
use support::{Desk, PUSH_ID, Ran, authpush};

/// A process whose lines are read as they come, and which does not outlive its test.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line:?}"))
    }

    /// Asks it to stop, and gives its exit status.
    fn stop(mut self, signal: &str) -> Option<i32> {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_sandbox_says_where_it_is_and_then_what_happens() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = authpush();
    command.args(["sandbox", "--listen", "127.0.0.1:0"]).env("TMPDIR", temporary.path());
    let mut sandbox = Running::start(&mut command);
    let first = sandbox.line()["sandbox"].take();
    let url = first["url"].as_str().unwrap();
    assert!(url.starts_with("https://127.0.0.1:"));
    assert_eq!(first["portal"], format!("{url}/"));
    let certificate = first["ca_cert"].as_str().unwrap().to_owned();
    assert!(std::fs::read_to_string(&certificate).unwrap().contains("BEGIN CERTIFICATE"));

    let taken = url.strip_prefix("https://").unwrap();
    let second = authpush().args(["sandbox", "--json", "--listen", taken]).output().unwrap();
    assert_eq!(Ran::of(second).error(1), "address_in_use");

    // A device that can be refused is enough to see an event.
    let qr = json!({
        "did": "d", "un": "alice", "td": "carbon.super", "hst": url, "bp": "/t/carbon.super/api/users/v1/me",
        "chg": "unknown", "ae": "/push-auth/authenticate",
    });
    let home = temporary.path().join("home");
    let refused = authpush()
        .args([
            "add-account",
            &qr.to_string(),
            "--push-id",
            "p",
            "--ca-cert",
            &certificate,
            "--json",
            "--home",
        ])
        .arg(&home)
        .output();
    assert_eq!(Ran::of(refused.unwrap()).error(1), "server_refused");
    assert_eq!(sandbox.line()["event"], "refused");

    assert_eq!(sandbox.stop("-TERM"), Some(0));
    assert!(!std::path::Path::new(&certificate).exists(), "nothing is left behind");
}

#[test]
fn the_sandbox_keeps_its_certificate_where_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = authpush();
        command.args(["sandbox", "--listen", "127.0.0.1:0", "--data", "kept", "--profile", "classic"]);
        let mut sandbox = Running::start(command.current_dir(folder.path()));
        let path = sandbox.line()["sandbox"]["ca_cert"].as_str().unwrap().to_owned();
        let certificate = std::fs::read_to_string(&path).unwrap();
        assert_eq!(sandbox.stop("-INT"), Some(0));
        (path, certificate)
    };
    let first = start();
    assert!(std::path::Path::new(&first.0).is_absolute());
    assert_eq!(start(), first);
}

#[test]
fn listen_hands_on_each_push_and_goes_on_after_a_wrong_one() {
    let desk = Desk::new();
    desk.enrol();
    let mut command = desk.command();
    command.arg("--ca-cert").arg(desk.path("ca.pem")).args(["--json", "listen"]);
    let mut listening = Running::start(&mut command);
    desk.ask("payments");
    let first = listening.line();
    assert_eq!((&first["duplicate"], &first["request"]["state"]), (&json!(false), &json!("pending")));
    assert_eq!(first["request"]["consent"]["binding_message"], "AB12");
    let wrong = authpush_sandbox::NewPush {
        push_id: Some(PUSH_ID.to_owned()),
        device_id: None,
        data: json!({ "deviceId": "other" }),
    };
    desk.control().push(wrong).unwrap();
    desk.control().login(NewLogin { username: "alice".to_owned(), ..NewLogin::default() }).unwrap();
    let second = listening.line();
    assert_eq!(second["request"]["consent"], Value::Null);
    assert_ne!(second["request"]["id"], first["request"]["id"]);
    assert_eq!(listening.stop("-INT"), Some(0));
    assert_eq!(desk.run(&["requests"]).json(0)["requests"].as_array().unwrap().len(), 2);
}

#[test]
fn listen_asks_nobody_who_is_not_trusted_or_not_there() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["listen"]).error(1), "no_accounts");
    desk.enrol();
    assert_eq!(desk.run(&["listen", "--device", "other"]).error(1), "unknown_device");
    assert_eq!(desk.run(&["listen", "--allow-host", "bank.example"]).error(1), "host_not_allowed");
    let untrusted = desk.command().args(["listen", "--json"]).output().unwrap();
    assert_eq!(Ran::of(untrusted).error(1), "certificate_unknown");
}

fn demo(arguments: &[&str]) -> (Ran, tempfile::TempDir) {
    let temporary = tempfile::tempdir().unwrap();
    let output = authpush().arg("demo").args(arguments).env("TMPDIR", temporary.path()).output().unwrap();
    (Ran::of(output), temporary)
}

fn is_empty(folder: &tempfile::TempDir) -> bool {
    std::fs::read_dir(folder.path()).unwrap().next().is_none()
}

#[test]
fn the_story_with_an_approval() {
    let (ran, left) = demo(&["--approve", "--json"]);
    let demo = ran.json(0)["demo"].take();
    assert_eq!(demo["profile"], "open-banking");
    assert_eq!(demo["answer"]["delivery"], "delivered");
    assert_eq!(demo["token"]["claims"]["res"], "SUCCESSFUL");
    assert_eq!(demo["token"]["claims"]["mta"], r#"{"approvedAccountIds":["12345"]}"#);
    assert_eq!(demo["shop"]["poll"], "token");
    assert!(is_empty(&left));
}

#[test]
fn the_story_with_a_denial_told_to_a_person() {
    let (ran, left) = demo(&["--deny"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    for told in ["█", "COFFEE42", "24.50 GBP", "\"res\": \"DENIED\"", "unconfirmed", "authorization_pending"]
    {
        assert!(ran.stdout.contains(told), "{told} is not in {}", ran.stdout);
    }
    assert!(is_empty(&left));
}

#[test]
fn the_story_of_a_login() {
    for profile in ["classic", "is7"] {
        for (decision, verdict) in [("--approve", "authenticated"), ("--deny", "denied")] {
            let (ran, left) = demo(&[decision, "--profile", profile, "--json"]);
            let demo = ran.json(0)["demo"].take();
            assert_eq!((&demo["profile"], &demo["login"]["status"]), (&json!(profile), &json!(verdict)));
            assert!(is_empty(&left));
        }
    }
}

#[test]
fn where_nobody_can_be_asked_the_story_approves_and_says_so() {
    let (ran, _) = demo(&["--profile", "classic"]);
    assert_eq!(ran.status, 0);
    assert!(ran.stderr.contains("--approve"), "{ran:?}");
    assert!(ran.stdout.contains("Alice is logged in."));
}
