//! The words of a scenario. A word that is not here is an error.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Doubt;

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    pub(super) about: String,
    pub(super) profile: String,
    pub(super) steps: Vec<Step>,
}

/// One step: what is done, and what is looked at afterwards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    bank: Option<String>,
    call: Option<String>,
    reopen: Option<Settings>,
    open: Option<Settings>,
    person: Option<String>,
    keys: Option<String>,
    vault: Option<String>,
    clock: Option<Value>,
    log: Option<String>,
    logged: Option<String>,
    never_logged: Option<Vec<Value>>,
    asked: Option<usize>,

    pub(super) body: Option<Value>,
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) args: Map<String, Value>,

    #[serde(default)]
    pub(super) expect: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) length: BTreeMap<String, usize>,
    #[serde(default)]
    pub(super) keep: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) keep_text: BTreeMap<String, String>,
    pub(super) keep_as: Option<String>,
    pub(super) fails: Option<Fails>,
}

/// Settings that differ from the usual ones.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(super) struct Settings {
    pub(super) allowed_hosts: Vec<String>,
    pub(super) public_roots_only: bool,
}

/// The error that is expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fails {
    pub(super) code: String,
    pub(super) retryable: Option<bool>,
    pub(super) text: Option<String>,
}

/// What a step does.
pub(super) enum Deed<'a> {
    Bank(&'a str),
    Call(&'a str),
    Reopen(&'a Settings),
    Open(&'a Settings),
    Person(&'a str),
    Keys(&'a str),
    Vault(&'a str),
    Clock(&'a Value),
    Log(&'a str),
    Logged(&'a str),
    NeverLogged(&'a [Value]),
    Asked(usize),
}

impl Step {
    /// The one thing that the step does.
    pub(super) fn deed(&self) -> Result<Deed<'_>, Doubt> {
        let deeds = [
            self.bank.as_deref().map(Deed::Bank),
            self.call.as_deref().map(Deed::Call),
            self.reopen.as_ref().map(Deed::Reopen),
            self.open.as_ref().map(Deed::Open),
            self.person.as_deref().map(Deed::Person),
            self.keys.as_deref().map(Deed::Keys),
            self.vault.as_deref().map(Deed::Vault),
            self.clock.as_ref().map(Deed::Clock),
            self.log.as_deref().map(Deed::Log),
            self.logged.as_deref().map(Deed::Logged),
            self.never_logged.as_deref().map(Deed::NeverLogged),
            self.asked.map(Deed::Asked),
        ];
        let mut deeds = deeds.into_iter().flatten();
        match (deeds.next(), deeds.next()) {
            (Some(deed), None) => Ok(deed),
            _ => Err("a step does one thing".to_owned()),
        }
    }
}
