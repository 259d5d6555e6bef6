//! WSO2 Identity Server 5.x and 6.x with the push authenticator; the ground on which Open Banking stands.

use serde_json::{Map, Value, json};

use crate::choice::Choice;
use crate::discovery::{Discovery, Paths, Profile};
use crate::error::{AuthenticatorError, InputProblem};
use crate::fields::Fields;
use crate::origin::Origin;
use crate::path::{UrlPath, check_id, check_tenant, check_token};
use crate::reply::Reply;
use crate::text::{LINE, display_safe};
use crate::wire::{
    AnswerFacts, Edit, Metadata, NotBefore, PushKeys, Registered, Registration, SignedCall, Subject, Times,
    Wire, WireToken,
};

/// The plain push authenticator: logins without a consent.
pub(super) struct Classic;

impl Wire for Classic {
    fn recognises(&self, qr: &Fields) -> bool {
        // Any of its own keys: which one is missing is told when they are read.
        ["did", "chg", "hst"].into_iter().any(|key| qr.has(key))
    }

    fn read_qr(&self, qr: &Fields) -> Result<Discovery, AuthenticatorError> {
        let answer = path(qr, "ae", ANSWER)?;
        read_qr(qr, Profile::Classic, answer.clone(), answer)
    }

    fn session_key(&self) -> &'static str {
        SESSION_KEY
    }

    fn push_keys(&self) -> &'static PushKeys {
        &PUSH_KEYS
    }

    fn connection_code(&self, session_key: &str) -> Option<String> {
        Some(connection_code(session_key))
    }

    fn metadata(&self) -> Metadata {
        Metadata::Echo
    }

    /// The wait page of the browser gives up after 15 minutes.
    fn request_life(&self) -> i64 {
        15 * 60
    }

    fn registration(&self, registration: &Registration<'_>) -> Value {
        registration_body(registration)
    }

    fn registered(&self, reply: &Reply) -> Registered {
        registered(reply)
    }

    fn answer(&self, discovery: &Discovery, answer: &AnswerFacts<'_>) -> WireToken {
        let mut token = answer_token(discovery, answer, discovery.paths.answer.clone(), LIFE);
        if let Subject::Login { echo: Some(metadata) } = answer.subject {
            token.claims.insert("mta".to_owned(), metadata.into());
        }
        token
    }

    /// The servlet's errors are container pages: no 5xx of it tells a refusal from an accident.
    fn refuses(&self, _: &AnswerFacts<'_>, _: &Reply) -> bool {
        false
    }

    fn is_unknown_device(&self, _: &AnswerFacts<'_>, _: &Reply) -> bool {
        false
    }

    fn is_unknown_session(&self, _: &Reply) -> bool {
        false
    }

    fn blames_the_clock(&self, call: SignedCall<'_>, reply: &Reply) -> bool {
        match call {
            SignedCall::Answer(_) => reply.status == 500,
            SignedCall::Removal => removal_blames_the_clock(reply),
        }
    }

    fn removal(&self, discovery: &Discovery) -> Result<WireToken, AuthenticatorError> {
        removal_token(discovery, LIFE)
    }

    fn is_gone(&self, reply: &Reply) -> bool {
        is_gone(reply)
    }

    fn edit(&self, edit: Edit<'_>) -> Option<Value> {
        Some(edit_body(edit))
    }

    fn edit_finds_no_device(&self, reply: &Reply) -> bool {
        reply.is(404, &["PDM-10002"])
    }
}

/// Reads the keys that both profiles share.
pub(super) fn read_qr(
    qr: &Fields,
    profile: Profile,
    answer: UrlPath,
    login: UrlPath,
) -> Result<Discovery, AuthenticatorError> {
    let fault = |key: &'static str| move |problem| qr.fault(key, problem);
    let origin = Origin::parse(qr.required("hst")?).map_err(fault("hst"))?;
    let base = UrlPath::parse(qr.required("bp")?).map_err(fault("bp"))?;
    let tenant_domain = tenant(qr, &base)?;
    let devices = base.join(&UrlPath::parse(DEVICES).map_err(fault("bp"))?);
    Ok(Discovery {
        profile,
        origin,
        device_id: qr.checked("did", check_id)?,
        username: qr.checked("un", check_id)?,
        first_name: name(qr, "fn")?,
        last_name: name(qr, "ln")?,
        tenant_domain: Some(tenant_domain),
        organization_id: None,
        challenge: qr.checked("chg", check_token)?,
        paths: Paths { register: base.join(&path(qr, "re", DEVICES)?), devices, answer, login },
    })
}

/// A path of the QR code, or the one that every server has.
pub(super) fn path(qr: &Fields, key: &str, default: &str) -> Result<UrlPath, AuthenticatorError> {
    let raw = qr.optional(key)?.unwrap_or(default);
    UrlPath::parse(raw).map_err(|problem| qr.fault(key, problem))
}

/// `PDM-10001` answers a wrong signature and a used or expired QR code alike, so after a lost answer it may mean success.
pub(super) fn registered(reply: &Reply) -> Registered {
    if reply.is_success() {
        Registered::Yes
    } else if reply.is(400, &["PDM-10001"]) {
        Registered::NoOrBefore
    } else if reply.is_client_error() || reply.is(500, &["PDM-15011", "SE-50000"]) {
        Registered::No
    } else {
        Registered::Unknown
    }
}

pub(super) fn registration_body(registration: &Registration<'_>) -> Value {
    json!({
        "deviceId": registration.device_id,
        "model": registration.model,
        "name": registration.name,
        "pushId": registration.push_id,
        "publicKey": registration.public_key,
        "signature": registration.signature,
    })
}

/// An answer's token without `mta`, to `path`.
pub(super) fn answer_token(
    discovery: &Discovery,
    answer: &AnswerFacts<'_>,
    path: UrlPath,
    life: i64,
) -> WireToken {
    let mut claims = common_claims(discovery);
    claims.insert("sid".to_owned(), answer.session_key.into());
    claims.insert("chg".to_owned(), answer.challenge.into());
    claims.insert("res".to_owned(), result(answer.choice).into());
    WireToken { path, body_key: "authResponse", device_parameter: "did", claims, times: times(life) }
}

pub(super) fn removal_token(discovery: &Discovery, life: i64) -> Result<WireToken, AuthenticatorError> {
    let device =
        discovery.paths.devices.with_id(&discovery.device_id).map_err(|_| AuthenticatorError::Internal)?;
    let remove = UrlPath::parse("/remove").map_err(|_| AuthenticatorError::Internal)?;
    let mut claims = common_claims(discovery);
    claims.insert("act".to_owned(), "REMOVE".into());
    Ok(WireToken {
        path: device.join(&remove),
        body_key: "token",
        device_parameter: "did",
        claims,
        times: times(life),
    })
}

/// `PDM-15001` (401) is a token that does not verify.
pub(super) fn removal_blames_the_clock(reply: &Reply) -> bool {
    reply.is(401, &["PDM-15001"])
}

/// `PDM-10004` is an unknown device id.
pub(super) fn is_gone(reply: &Reply) -> bool {
    reply.is(400, &["PDM-10004"])
}

pub(super) fn edit_body(edit: Edit<'_>) -> Value {
    let (path, value) = match edit {
        Edit::PushId(token) => ("/push-id", token),
        Edit::Name(name) => ("/device-name", name),
    };
    json!([{ "operation": "REPLACE", "path": path, "value": value }])
}

/// `ABCD - 1234`: what the official SDK shows of the session key.
pub(super) fn connection_code(session_key: &str) -> String {
    let mut characters = session_key.chars().map(|c| c.to_ascii_uppercase());
    let first: String = characters.by_ref().take(4).collect();
    let second: String = characters.take(4).collect();
    if second.is_empty() { first } else { format!("{first} - {second}") }
}

fn common_claims(discovery: &Discovery) -> Map<String, Value> {
    let tenant = discovery.tenant_domain.as_deref().unwrap_or_default();
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), format!("{}@{tenant}", discovery.username).into());
    claims.insert("iss".to_owned(), "wso2verify".into());
    claims.insert("aud".to_owned(), format!("{}/t/{tenant}/", discovery.origin.as_str()).into());
    claims
}

fn result(choice: Choice) -> &'static str {
    match choice {
        Choice::Approve => "SUCCESSFUL",
        Choice::Deny => "DENIED",
    }
}

/// The server wants five minutes of life left on arrival; half a minute more is for the way.
fn times(life: i64) -> Times {
    Times { life, spare: 330, not_before: NotBefore::Stated }
}

/// `td`, or the tenant of the base path. Both must agree: the one is signed, the other is where it is sent.
fn tenant(qr: &Fields, base: &UrlPath) -> Result<String, AuthenticatorError> {
    let in_path = base.tenant();
    let Some(tenant) = qr.optional("td")?.or(in_path) else {
        return Err(qr.fault("td", InputProblem::Missing));
    };
    check_tenant(tenant).map_err(|problem| qr.fault("td", problem))?;
    if in_path.is_some_and(|in_path| in_path != tenant) {
        return Err(qr.fault("td", InputProblem::NotAllowed));
    }
    Ok(tenant.to_owned())
}

fn name(qr: &Fields, key: &str) -> Result<Option<String>, AuthenticatorError> {
    Ok(qr.optional(key)?.map(|text| display_safe(text, LINE)))
}

pub(super) const PUSH_KEYS: PushKeys = PushKeys {
    browser: "browserName",
    os: "deviceName",
    organization: &["organization"],
    number: None,
    relative_path: None,
    scenario: None,
};
pub(super) const SESSION_KEY: &str = "sessionDataKey";
pub(super) const ANSWER: &str = "/push-auth/authenticate";
const DEVICES: &str = "/push-auth/devices";

/// The token is looked at a second time when the browser comes back, so it must outlive the five minutes by more.
const LIFE: i64 = 1200;
