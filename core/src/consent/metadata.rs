//! From the metadata text to a [`Consent`]: its top level, sections and accounts.

use serde_json::{Map, Value};

use super::facts;
use super::{Consent, ConsentError, ConsentKind, ConsentSection, Detail, OfferedAccount};
use crate::json::{JsonProblem, object};
use crate::path::check_id;
use crate::push::{MAX_METADATA, PushMetadata};
use crate::text::display_safe;

impl Consent {
    /// Reads the metadata of a push for a server that puts consents there; `None` when there is no consent.
    pub(crate) fn read(metadata: &PushMetadata) -> Option<Self> {
        let text = match metadata {
            PushMetadata::None => return None,
            PushMetadata::TooLong => return Some(Self::unreadable(ConsentError::TooLong)),
            PushMetadata::NotText => return Some(Self::unreadable(ConsentError::Unreadable)),
            PushMetadata::Text(text) => text,
        };
        Some(match object(text, MAX_METADATA) {
            Ok(map) => Self::from_object(&map),
            Err(JsonProblem::TooLong) => Self::unreadable(ConsentError::TooLong),
            Err(JsonProblem::NotAnObject) => Self::unreadable(ConsentError::Unreadable),
        })
    }

    fn from_object(map: &Map<String, Value>) -> Self {
        let mut consent = Self { error: None, ..Self::unreadable(ConsentError::Unreadable) };
        if let Some(problem) =
            map.get("isError").filter(|value| !value.is_null() && **value != Value::Bool(false))
        {
            consent.fail(ConsentError::ServerError);
            consent.server_message = Some(shown(problem));
        }
        consent.read_kind(map);
        consent.read_names(map);
        consent.read_sections(map);
        consent.read_accounts(map);
        consent.read_scopes(map);
        let unknown = map.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str()));
        consent.additional_information =
            unknown.map(|(name, value)| Detail { name: safe(name), value: shown(value) }).collect();
        facts::read(&mut consent);
        consent
    }

    /// The first thing that is wrong is the one that is told.
    pub(super) fn fail(&mut self, error: ConsentError) {
        self.error.get_or_insert(error);
    }

    fn read_kind(&mut self, map: &Map<String, Value>) {
        match map.get("type").and_then(Value::as_str) {
            Some("accounts") => self.kind = ConsentKind::Accounts,
            Some("payments") => self.kind = ConsentKind::Payments,
            Some("fundsconfirmations") => self.kind = ConsentKind::FundsConfirmation,
            Some(_) => self.kind = ConsentKind::Other,
            None => self.fail(ConsentError::Unreadable),
        }
    }

    fn read_names(&mut self, map: &Map<String, Value>) {
        self.application = self.optional_text(map, "application");
        self.binding_message = self.optional_text(map, "binding_message");
    }

    fn optional_text(&mut self, map: &Map<String, Value>, key: &str) -> Option<String> {
        match map.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(safe(text)).filter(|text| !text.is_empty()),
            Some(_) => {
                self.fail(ConsentError::Unreadable);
                None
            }
        }
    }

    /// `consentData` may be missing or empty only where scopes are what is asked for.
    fn read_sections(&mut self, map: &Map<String, Value>) {
        let asks_for_scopes = map.get("openid_scopes").is_some_and(|scopes| !scopes.is_null());
        match map.get("consentData") {
            Some(Value::Array(items)) => {
                for item in items {
                    match section(item) {
                        Some(section) => self.sections.push(section),
                        None => self.fail(ConsentError::Unreadable),
                    }
                }
            }
            None | Some(Value::Null) if asks_for_scopes => {}
            _ => self.fail(ConsentError::Unreadable),
        }
        if self.sections.is_empty() && !asks_for_scopes {
            self.fail(ConsentError::Unreadable);
        }
    }

    fn read_accounts(&mut self, map: &Map<String, Value>) {
        let offered = map.get("accounts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for item in offered {
            match account(item) {
                Some(account) if !self.accounts.iter().any(|known| known.id == account.id) => {
                    self.accounts.push(account);
                }
                _ => self.fail(ConsentError::Accounts),
            }
        }
        // An approval must name an account, so without any there is nothing to approve.
        if self.accounts.is_empty() {
            self.fail(ConsentError::Accounts);
        }
    }

    fn read_scopes(&mut self, map: &Map<String, Value>) {
        let texts =
            |items: &[Value]| items.iter().map(|item| item.as_str().map(safe)).collect::<Option<Vec<_>>>();
        let scopes = match map.get("openid_scopes") {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::String(text)) => Some(text.split_whitespace().map(safe).collect()),
            Some(Value::Array(items)) => texts(items),
            Some(_) => None,
        };
        match scopes {
            Some(scopes) => self.scopes = scopes,
            None => self.fail(ConsentError::Unreadable),
        }
    }
}

/// The account id that a denial names: the first offered one that can be read, else `none`. (The server records a
/// denial only if it names one.)
pub(crate) fn first_offered(consent: &Consent) -> String {
    consent.accounts.first().map_or_else(|| "none".to_owned(), |account| account.id.clone())
}

fn section(item: &Value) -> Option<ConsentSection> {
    let title = item.get("title")?.as_str()?;
    let lines = item.get("data")?.as_array()?;
    let lines = lines.iter().map(|line| line.as_str().map(safe)).collect::<Option<Vec<_>>>()?;
    Some(ConsentSection { title: safe(title), lines })
}

/// An id goes back as it came and is shown as it is, so it must be plain.
fn account(item: &Value) -> Option<OfferedAccount> {
    let id = item.get("account_id")?.as_str()?;
    check_id(id).ok()?;
    let name = match item.get("display_name") {
        None | Some(Value::Null) => id,
        Some(name) => name.as_str()?,
    };
    Some(OfferedAccount { id: id.to_owned(), display_name: safe(name) })
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => safe(text),
        other => safe(&other.to_string()),
    }
}

/// Nothing of a consent is cut: what is agreed to must be seen whole.
fn safe(text: &str) -> String {
    display_safe(text, MAX_METADATA)
}

const KNOWN: [&str; 7] =
    ["consentData", "accounts", "type", "application", "binding_message", "openid_scopes", "isError"];
