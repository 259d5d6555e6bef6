//! A desk for the tests: a sandbox in this process, a home of its own, and the real binary.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up shall fail")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use authpush_sandbox::{CibaStart, Control, NewConsent, Options, Profile, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const PUSH_ID: &str = "the-push-token-of-this-desk";

/// A sandbox and a home.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) runtime: Runtime,
}

/// What a run of the binary left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one JSON document of a run that ended with `status`.
    #[track_caller]
    pub(crate) fn json(&self, status: i32) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The code of the failure that is the one JSON document on standard error.
    #[track_caller]
    pub(crate) fn error(&self, status: i32) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        let failure: Value = serde_json::from_str(&self.stderr).unwrap();
        assert!(failure["error"]["message"].is_string() && failure["error"]["retryable"].is_boolean());
        failure["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// The binary, with nothing of this process's environment that would change it.
pub(crate) fn authpush() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authpush"));
    for name in ["AUTHPUSH_HOME", "AUTHPUSH_PASSPHRASE", "AUTHPUSH_BEARER", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(Profile::OpenBanking)
    }

    pub(crate) fn with(profile: Profile) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = Options { profile, ..Options::default() };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), sandbox.ca_certificate_pem()).unwrap();
        Self { folder, sandbox, runtime }
    }

    pub(crate) fn control(&self) -> Control {
        self.sandbox.control()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary with this desk's home, and nothing else.
    pub(crate) fn command(&self) -> Command {
        let mut command = authpush();
        command.arg("--home").arg(self.path("home"));
        command
    }

    /// Runs with `--json`, trusting the sandbox.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command();
        command.arg("--ca-cert").arg(self.path("ca.pem")).arg("--json").args(arguments);
        Ran::of(command.output().unwrap())
    }

    /// Runs for a person, who is not there.
    pub(crate) fn run_as_text(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command();
        command.arg("--ca-cert").arg(self.path("ca.pem")).args(arguments);
        Ran::of(command.output().unwrap())
    }

    /// Runs with `--json` and something on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command();
        command.arg("--ca-cert").arg(self.path("ca.pem")).arg("--json").args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// A file with this content, as an argument.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        format!("@{}", path.display())
    }

    pub(crate) fn qr(&self) -> String {
        self.control().enrolment("alice").unwrap().to_string()
    }

    /// Enrols, and gives the device id.
    pub(crate) fn enrol(&self) -> String {
        let account = self.run(&["add-account", &self.qr(), "--push-id", PUSH_ID]).json(0);
        account["account"]["device_id"].as_str().unwrap().to_owned()
    }

    /// A shop asks for a consent; gives its id and the push that went out.
    pub(crate) fn ask(&self, kind: &str) -> (String, Value) {
        let consent = self.control().create_consent(NewConsent::of_type(kind, "alice")).unwrap();
        let start = CibaStart {
            consent_id: consent.consent_id.clone(),
            binding_message: Some("AB12".to_owned()),
            ..CibaStart::default()
        };
        assert_eq!(self.control().ciba(start).unwrap().status, 200);
        (consent.consent_id, self.last_push())
    }

    pub(crate) fn last_push(&self) -> Value {
        let message = self.control().pushes().last().unwrap().message.clone();
        // The newer servers wrap it for the push service, which unwraps it.
        message.get("message").cloned().unwrap_or(message)
    }

    /// Takes a push in, and gives the request's id.
    pub(crate) fn receive(&self, push: &Value) -> String {
        let received = self.run(&["receive", &push.to_string()]).json(0);
        received["request"]["id"].as_str().unwrap().to_owned()
    }

    /// A payment that was asked for and taken in: the consent's and the request's id.
    pub(crate) fn payment(&self) -> (String, String) {
        let (consent, push) = self.ask("payments");
        (consent, self.receive(&push))
    }

    pub(crate) fn consent_status(&self, consent_id: &str) -> Value {
        json!(self.control().consent(consent_id).unwrap().status)
    }
}
