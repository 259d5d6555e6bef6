//! How the story is told: numbered steps with the calls on the wire, or one document at the end.

use anstyle::Style;
use authpush_sandbox::{AuditEntry, Control, Sandbox};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::failure::Failure;
use crate::output::{self, Output};

/// A story being told.
pub(super) struct Story<'a> {
    pub(super) app: &'a App,
    control: Control,
    /// How much of the server's audit was told.
    heard: usize,
    steps: Vec<String>,
    calls: Vec<Value>,
}

impl<'a> Story<'a> {
    pub(super) fn new(app: &'a App, sandbox: &Sandbox) -> Self {
        Self { app, control: sandbox.control(), heard: 0, steps: Vec::new(), calls: Vec::new() }
    }

    /// A new step.
    pub(super) fn step(&mut self, title: &str) -> Result<(), Failure> {
        self.steps.push(title.to_owned());
        self.print(&format!("\n{BOLD}{:>2}  {title}{BOLD:#}", self.steps.len()))
    }

    /// A sentence within a step.
    pub(super) fn say(&self, text: &str) -> Result<(), Failure> {
        self.print(&indented(text))
    }

    /// The calls that the server has had since this was asked last.
    pub(super) fn calls(&mut self) -> Result<Vec<AuditEntry>, Failure> {
        let audit = self.control.audit();
        let new: Vec<AuditEntry> = audit.into_iter().skip(self.heard).collect();
        self.heard = self.heard.saturating_add(new.len());
        for call in &new {
            self.say(&format!("{} {}  ->  HTTP {}", call.method, call.path, call.status))?;
            self.calls.push(json!({ "method": call.method, "path": call.path, "status": call.status }));
        }
        Ok(new)
    }

    /// Header and claims of a token that the server had, and what it made of it. Not the signature: it is a credential.
    pub(super) fn token(&self, call: &AuditEntry) -> Result<Value, Failure> {
        let token = call.jwt.clone().unwrap_or_default();
        for part in ["header", "claims"] {
            let json = token.get(part).and_then(|part| serde_json::to_string_pretty(part).ok());
            self.say(&format!("{part} {}", json.unwrap_or_default()))?;
        }
        self.say(&format!("The server's verdict: {}", call.reason))?;
        Ok(token)
    }

    /// The end: the summary, with what every story has.
    pub(super) fn end(self, summary: Map<String, Value>) -> Result<(), Failure> {
        let mut demo = summary;
        demo.insert("steps".to_owned(), json!(self.steps));
        demo.insert("calls".to_owned(), json!(self.calls));
        let text = || "\nThe story went as told; everything it made is gone again.".to_owned();
        self.app.output.result(|| json!({ "demo": demo }), text)?;
        Ok(())
    }

    fn print(&self, text: &str) -> Result<(), Failure> {
        if self.app.output == Output::Text {
            output::show(text)?;
        }
        Ok(())
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

const BOLD: Style = Style::new().bold();
