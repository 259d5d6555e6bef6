//! A push message, as the platforms hand it over, read into what the server meant.
//!
//! A push is unsigned and comes through a third party: nothing in it decides where an answer goes or who is asked. It
//! names a stored account by its device id, and brings a session key, a challenge and things to show.

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{AuthenticatorError, InputProblem};
use crate::fields::{Fields, Source};
use crate::path::{check_id, check_token};
use crate::profile;
use crate::seal::hex;
use crate::text::{LINE, display_safe};

/// One request for a decision, as it arrived.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Push {
    /// The key under which the session stood: it tells the push's shape.
    pub(crate) shape: String,
    pub(crate) device_id: String,
    pub(crate) session_key: String,
    pub(crate) challenge: String,
    pub(crate) username: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) organization: Option<String>,
    pub(crate) application_name: Option<String>,
    pub(crate) application_url: Option<String>,
    pub(crate) browser_name: Option<String>,
    pub(crate) os_name: Option<String>,
    pub(crate) ip_address: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) metadata: PushMetadata,
    /// The number that the other screen shows: 1-3 digits.
    #[serde(default)]
    pub(crate) number: Option<String>,
    #[serde(default)]
    pub(crate) relative_path: Option<String>,
    /// SHA-256 of everything above as it came: two pushes are the same if this is.
    pub(crate) content: String,
}

/// What a push is.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Incoming {
    /// A request for a decision.
    Request(Box<Push>),
    /// Something to know, and nothing to decide.
    Information { scenario: String },
}

/// The `metadata` of a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PushMetadata {
    /// Null or absent.
    None,
    /// Text, perhaps empty.
    Text(String),
    /// More than is read.
    TooLong,
    /// Not a text.
    NotText,
}

impl Incoming {
    /// Reads `{"data":{...}}`, Android's flat map, or iOS `userInfo` with the keys beside `aps` or below `data`.
    pub(crate) fn read(payload: &str) -> Result<Self, AuthenticatorError> {
        let outer = Fields::read(payload, MAX_PUSH, Source::Push)?;
        let fields = match outer.nested("data") {
            // Both places at once would let one reader see another request than the other.
            Some(_) if outer.has("deviceId") => return Err(outer.fault("data", InputProblem::NotAllowed)),
            Some(data) => data,
            None => outer,
        };
        match profile::information(&fields)? {
            Some(scenario) => Ok(Self::Information { scenario: display_safe(scenario, LINE) }),
            None => Ok(Self::Request(Box::new(Push::read(&fields)?))),
        }
    }
}

impl Push {
    fn read(fields: &Fields) -> Result<Self, AuthenticatorError> {
        let device_id = fields.checked("deviceId", check_id)?;
        let wire =
            profile::of_push(fields).ok_or_else(|| fields.fault("sessionDataKey", InputProblem::Missing))?;
        let keys = wire.push_keys();
        let shown = |key: &str| -> Result<Option<String>, AuthenticatorError> {
            let text = fields.optional(key)?.filter(|text| *text != UNKNOWN);
            Ok(text.map(|text| display_safe(text, LINE)).filter(|text| !text.is_empty()))
        };
        let mut organization = None;
        for key in keys.organization {
            organization = organization.or(shown(key)?);
        }
        let also = |key: Option<&str>| key.map(|key| fields.optional(key)).transpose().map(Option::flatten);
        let number = also(keys.number)?.map(str::to_owned);
        if let (Some(number), Some(key)) = (&number, keys.number) {
            check_number(number).map_err(|problem| fields.fault(key, problem))?;
        }
        Ok(Self {
            shape: wire.session_key().to_owned(),
            device_id,
            session_key: fields.checked(wire.session_key(), check_token)?,
            challenge: fields.checked("challenge", check_token)?,
            username: shown("username")?,
            display_name: shown("displayName")?,
            organization,
            application_name: shown("applicationName")?,
            application_url: shown("applicationUrl")?,
            browser_name: shown(keys.browser)?,
            os_name: shown(keys.os)?,
            ip_address: shown("ipAddress")?,
            location: shown("location")?,
            metadata: PushMetadata::read(fields.raw("metadata")),
            number,
            // A wish that cannot be read is none: the answer then goes to the account's own root.
            relative_path: keys
                .relative_path
                .and_then(|key| fields.raw(key)?.as_str())
                .filter(|path| path.len() <= MAX_ROOT)
                .map(str::to_owned),
            content: content(fields),
        })
    }

    /// Whether the user it names is another than `username`; letter case, user-store prefix and tenant suffix aside.
    pub(crate) fn names_another_user(&self, username: &str, tenant: Option<&str>) -> Option<String> {
        let bare = |name: &str| {
            let name = name.to_lowercase();
            let name = name.split_once('/').map_or(name.as_str(), |(_, rest)| rest);
            let suffix = tenant.map(|tenant| format!("@{}", tenant.to_lowercase()));
            suffix.and_then(|suffix| name.strip_suffix(&suffix)).unwrap_or(name).to_owned()
        };
        let named = self.username.as_ref()?;
        (bare(named) != bare(&display_safe(username, LINE))).then(|| named.clone())
    }
}

impl PushMetadata {
    fn read(value: Option<&Value>) -> Self {
        match value {
            None => Self::None,
            Some(Value::String(text)) if text.len() > MAX_METADATA => Self::TooLong,
            Some(Value::String(text)) => Self::Text(text.clone()),
            Some(_) => Self::NotText,
        }
    }

    /// What a server that wants its metadata back is given, and the person is shown.
    pub(crate) fn echo(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

/// A number that a person can compare: one to three digits.
fn check_number(number: &str) -> Result<(), InputProblem> {
    if number.len() > 3 {
        return Err(InputProblem::TooLong);
    }
    if number.bytes().all(|b| b.is_ascii_digit()) { Ok(()) } else { Err(InputProblem::NotAllowed) }
}

fn content(fields: &Fields) -> String {
    let mut text = String::new();
    for key in CONTENT_KEYS {
        text.push_str(&fields.raw(key).map(Value::to_string).unwrap_or_default());
        text.push('\n');
    }
    for (key, value) in LATER_KEYS.iter().filter_map(|key| Some((key, fields.raw(key)?))) {
        text.push_str(key);
        text.push_str(&value.to_string());
        text.push('\n');
    }
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

/// The server's text for a name whose parts are both unknown.
const UNKNOWN: &str = "null null";

/// Push services carry 4 KB; the rest is so that an oversized message can still be shown as such and denied.
const MAX_PUSH: usize = 256 * 1024;

/// Two segments of 255 characters and their names.
const MAX_ROOT: usize = 520;

/// Longest metadata that is read.
pub(crate) const MAX_METADATA: usize = 16 * 1024;

/// What the first release compared; its order is part of what is stored.
const CONTENT_KEYS: [&str; 14] = [
    "deviceId",
    "sessionDataKey",
    "challenge",
    "username",
    "displayName",
    "organization",
    "applicationName",
    "applicationUrl",
    "browserName",
    "deviceName",
    "ipAddress",
    "location",
    "metadata",
    "body",
];

/// What later servers say besides; compared only where it is said, so that earlier requests are still recognised.
const LATER_KEYS: [&str; 10] = [
    "pushId",
    "numberChallenge",
    "relativePath",
    "notificationScenario",
    "tenantDomain",
    "organizationId",
    "organizationName",
    "userStoreDomain",
    "browser",
    "deviceOS",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(payload: &str) -> Result<Push, AuthenticatorError> {
        match Incoming::read(payload)? {
            Incoming::Request(push) => Ok(*push),
            Incoming::Information { scenario } => panic!("information: {scenario}"),
        }
    }

    fn data() -> Value {
        json!({"deviceId": "d1", "sessionDataKey": "s1", "challenge": "c1", "username": "alice",
            "displayName": "null null", "deviceName": null, "applicationName": "Shop\u{202e}App"})
    }

    #[test]
    fn the_three_shapes_of_the_platforms_say_the_same() {
        let flat = read(&data().to_string()).unwrap();
        let nested = read(&json!({"to": "x", "data": data()}).to_string()).unwrap();
        let mut user_info = data();
        user_info["aps"] = json!({"alert": {"title": "t"}, "content-available": 1});
        user_info["gcm.message_id"] = json!("1");
        assert_eq!(flat, nested);
        assert_eq!(flat, read(&user_info.to_string()).unwrap());
        assert_eq!(flat, read(&json!({"aps": {}, "data": data()}).to_string()).unwrap());
        assert_eq!(flat.display_name, None);
        assert_eq!(flat.os_name, None);
        assert_eq!(flat.application_name.as_deref(), Some("Shop\u{FFFD}App"));
    }

    #[test]
    fn what_is_required_must_be_there_and_well_formed() {
        for (key, bad) in [
            ("deviceId", json!(null)),
            ("deviceId", json!(7)),
            ("deviceId", json!("")),
            ("deviceId", json!("..")),
            ("challenge", json!("a.b")),
            ("challenge", json!("x".repeat(256))),
            ("sessionDataKey", json!("a b")),
            ("sessionDataKey", json!([])),
            ("username", json!({})),
            ("ipAddress", json!(5)),
        ] {
            let mut push = data();
            push[key] = bad;
            let error = read(&push.to_string()).unwrap_err();
            assert!(
                matches!(&error, AuthenticatorError::InvalidPush { field, .. } if field == key),
                "{push} {error}"
            );
        }
        let mut both = data();
        both["data"] = data();
        assert!(read(&both.to_string()).is_err());
    }

    #[test]
    fn metadata_is_kept_as_it_came_or_marked() {
        let metadata = |metadata: Value| {
            let mut push = data();
            push["metadata"] = metadata;
            read(&push.to_string()).unwrap().metadata
        };
        assert_eq!(metadata(json!(null)), PushMetadata::None);
        assert_eq!(metadata(json!("")), PushMetadata::Text(String::new()));
        assert_eq!(metadata(json!({})), PushMetadata::NotText);
        assert_eq!(metadata(json!("x".repeat(70_000))), PushMetadata::TooLong);
    }

    #[test]
    fn another_user_is_noticed_and_other_spellings_are_not() {
        let named = |username: &str| {
            let mut push = data();
            push["username"] = username.into();
            read(&push.to_string()).unwrap().names_another_user("alice@bank.example", Some("carbon.super"))
        };
        assert_eq!(named("Alice@Bank.Example"), None);
        assert_eq!(named("PRIMARY/alice@bank.example@carbon.super"), None);
        assert_eq!(named("bob"), Some("bob".to_owned()));
        assert_eq!(named("alice@bank.example@other"), Some("alice@bank.example@other".to_owned()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\s\\S]{0,300}") {
            let _ = Incoming::read(&text);
        }

        #[test]
        fn any_values_are_read_or_refused(
            keys in proptest::collection::vec((0..CONTENT_KEYS.len(), "\\PC{0,20}|null|null null"), 0..14)
        ) {
            let mut push = data();
            for (key, value) in keys {
                push[CONTENT_KEYS[key]] = value.into();
            }
            if let Ok(read) = read(&push.to_string()) {
                prop_assert!(check_token(&read.session_key).is_ok() && check_token(&read.challenge).is_ok());
            }
        }
    }
}
