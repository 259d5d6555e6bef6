//! WSO2 Identity Server 7.1 and later: another device API, another token, tenants and organisations.
//!
//! The phone knows the paths; the QR code only names the user's tenant, organisation or both. Answers may be wanted below
//! another root than the registration was, but only below one that is the account's own.

use serde_json::{Map, Value, json};

use crate::choice::Choice;
use crate::device::PushProvider;
use crate::discovery::{Discovery, Paths, Profile};
use crate::error::{AuthenticatorError, InputProblem};
use crate::fields::Fields;
use crate::origin::Origin;
use crate::path::{UrlPath, check_id, check_tenant, check_token};
use crate::reply::Reply;
use crate::wire::{
    AnswerFacts, Edit, Metadata, NotBefore, PushKeys, Registered, Registration, Scenario, SignedCall, Times,
    Wire, WireToken,
};

/// The push authenticator of the 7.1 line.
pub(super) struct Is7;

impl Wire for Is7 {
    fn recognises(&self, qr: &Fields) -> bool {
        // Any of its own keys: which one is missing is told when they are read.
        ["deviceId", "challenge", "host"].into_iter().any(|key| qr.has(key))
    }

    fn read_qr(&self, qr: &Fields) -> Result<Discovery, AuthenticatorError> {
        let origin = Origin::parse(qr.required("host")?).map_err(|problem| qr.fault("host", problem))?;
        let tenant_domain = segment(qr, "tenantDomain")?;
        let organization_id = segment(qr, "organizationId")?;
        let root = root(tenant_domain.as_deref(), organization_id.as_deref())
            .ok_or_else(|| qr.fault("tenantDomain", InputProblem::Missing))?;
        let below = |tail: &str| {
            UrlPath::parse(&format!("{root}{tail}")).map_err(|problem| qr.fault("tenantDomain", problem))
        };
        let (devices, answer) = (below(DEVICES)?, below(ANSWER)?);
        Ok(Discovery {
            profile: Profile::Is7,
            origin,
            device_id: qr.checked("deviceId", check_id)?,
            username: qr.checked("username", check_id)?,
            first_name: None,
            last_name: None,
            tenant_domain,
            organization_id,
            challenge: qr.checked("challenge", check_token)?,
            paths: Paths { register: devices.clone(), devices, login: answer.clone(), answer },
        })
    }

    fn session_key(&self) -> &'static str {
        "pushId"
    }

    fn push_keys(&self) -> &'static PushKeys {
        &PUSH_KEYS
    }

    /// Its pages show a number instead, if anything.
    fn connection_code(&self, _: &str) -> Option<String> {
        None
    }

    fn metadata(&self) -> Metadata {
        Metadata::None
    }

    /// As long as the answer's token lives; the server names no limit of its own.
    fn request_life(&self) -> i64 {
        LIFE
    }

    fn registration(&self, registration: &Registration<'_>) -> Value {
        let mut body = json!({
            "deviceId": registration.device_id,
            "name": registration.name,
            "model": registration.model,
            "deviceToken": registration.push_id,
            "publicKey": registration.public_key,
            "signature": registration.signature,
        });
        if let (Some(provider), Some(body)) = (registration.provider, body.as_object_mut()) {
            body.insert("provider".to_owned(), provider_body(provider));
        }
        body
    }

    /// `PDH-15002` answers an expired QR code and a used one alike, so after a lost answer it may mean success.
    fn registered(&self, reply: &Reply) -> Registered {
        let told = |code: &str| code.starts_with("PDH-") || code == "SE-50000";
        if reply.is_success() {
            Registered::Yes
        } else if reply.is(400, &["PDH-15002"]) {
            Registered::NoOrBefore
        } else if reply.is_client_error() || (reply.status == 500 && reply.code.as_deref().is_some_and(told))
        {
            Registered::No
        } else {
            Registered::Unknown
        }
    }

    fn answer(&self, discovery: &Discovery, answer: &AnswerFacts<'_>) -> WireToken {
        let mut claims = Map::new();
        // The push calls it `pushId`.
        claims.insert("pushAuthId".to_owned(), answer.session_key.into());
        claims.insert("challenge".to_owned(), answer.challenge.into());
        claims.insert("response".to_owned(), response(answer.choice).into());
        if let (Choice::Approve, Some(number)) = (answer.choice, answer.number) {
            claims.insert("numberChallenge".to_owned(), number.into());
        }
        let path = answer.relative_path.and_then(|root| own_answer_path(discovery, root));
        WireToken {
            path: path.unwrap_or_else(|| discovery.paths.answer.clone()),
            body_key: "authResponse",
            device_parameter: "deviceId",
            claims,
            times: TIMES,
        }
    }

    fn refuses(&self, _: &AnswerFacts<'_>, reply: &Reply) -> bool {
        reply.is(500, &[UNKNOWN_DEVICE])
    }

    fn is_unknown_device(&self, _: &AnswerFacts<'_>, reply: &Reply) -> bool {
        reply.is(500, &[UNKNOWN_DEVICE])
    }

    fn is_unknown_session(&self, reply: &Reply) -> bool {
        reply.is(400, &["PBA-15010"])
    }

    fn blames_the_clock(&self, call: SignedCall<'_>, reply: &Reply) -> bool {
        match call {
            SignedCall::Answer(_) => reply.is(400, &["PBA-15004"]),
            SignedCall::Removal => reply.is(400, &["PDH-15006"]),
        }
    }

    fn removal(&self, discovery: &Discovery) -> Result<WireToken, AuthenticatorError> {
        let internal = |_| AuthenticatorError::Internal;
        let device = discovery.paths.devices.with_id(&discovery.device_id).map_err(internal)?;
        let mut claims = Map::new();
        claims.insert("act".to_owned(), "REMOVE".into());
        Ok(WireToken {
            path: device.join(&UrlPath::parse("/remove").map_err(internal)?),
            body_key: "token",
            device_parameter: "deviceId",
            claims,
            times: TIMES,
        })
    }

    fn is_gone(&self, reply: &Reply) -> bool {
        reply.is(400, &["PDH-15009"])
    }

    /// The servers have no such call, or one that their database does not understand.
    fn edit(&self, _: Edit<'_>) -> Option<Value> {
        None
    }

    fn edit_finds_no_device(&self, _: &Reply) -> bool {
        false
    }
}

/// `/t/{tenant}`, `/o/{organisation}`, or both.
fn root(tenant: Option<&str>, organization: Option<&str>) -> Option<String> {
    match (tenant, organization) {
        (Some(tenant), Some(organization)) => Some(format!("/t/{tenant}/o/{organization}")),
        (Some(tenant), None) => Some(format!("/t/{tenant}")),
        (None, Some(organization)) => Some(format!("/o/{organization}")),
        (None, None) => None,
    }
}

/// The answer path below a root that a push names, if that root is the account's own: its tenant, its organisation, or its
/// organisation below any one tenant.
fn own_answer_path(discovery: &Discovery, root: &str) -> Option<UrlPath> {
    let segments: Vec<&str> = root.strip_prefix('/')?.split('/').collect();
    let tenant = discovery.tenant_domain.as_deref();
    let organization = discovery.organization_id.as_deref();
    let own = match segments.as_slice() {
        ["t", one] => tenant == Some(*one),
        ["o", one] => organization == Some(*one),
        ["t", any, "o", one] => check_tenant(any).is_ok() && organization == Some(*one),
        _ => false,
    };
    if own { UrlPath::parse(&format!("{root}{ANSWER}")).ok() } else { None }
}

fn segment(qr: &Fields, key: &str) -> Result<Option<String>, AuthenticatorError> {
    let text = qr.optional(key)?;
    text.map(check_tenant).transpose().map_err(|problem| qr.fault(key, problem))?;
    Ok(text.map(str::to_owned))
}

fn provider_body(provider: &PushProvider) -> Value {
    let metadata: Map<String, Value> =
        provider.metadata.iter().map(|detail| (detail.name.clone(), detail.value.clone().into())).collect();
    json!({ "name": provider.name, "metadata": metadata })
}

/// Exactly so: any other case is neither to the server.
fn response(choice: Choice) -> &'static str {
    match choice {
        Choice::Approve => "APPROVED",
        Choice::Deny => "DENIED",
    }
}

const DEVICES: &str = "/api/users/v1/me/push/devices";
const ANSWER: &str = "/push-auth/authenticate";
const UNKNOWN_DEVICE: &str = "PBA-15003";
const LIFE: i64 = 600;

/// The server allows no skew at the end and looks at nothing else; half a minute is for the way.
const TIMES: Times = Times { life: LIFE, spare: 30, not_before: NotBefore::Omitted };

const PUSH_KEYS: PushKeys = PushKeys {
    browser: "browser",
    os: "deviceOS",
    organization: &["organizationName", "tenantDomain"],
    number: Some("numberChallenge"),
    relative_path: Some("relativePath"),
    scenario: Some(Scenario { key: "notificationScenario", request: "AUTHENTICATION" }),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::discover;

    fn discovery(extra: &Value) -> Result<Discovery, AuthenticatorError> {
        let mut qr = json!({"deviceId": "d-1", "username": "alice", "host": "https://is.bank.example", "challenge": "c-1"});
        for (key, value) in extra.as_object().unwrap() {
            qr[key] = value.clone();
        }
        discover(&qr.to_string())
    }

    #[test]
    fn the_root_is_the_tenant_the_organisation_or_both() {
        for (extra, path) in [
            (json!({"tenantDomain": "acme"}), "/t/acme/api/users/v1/me/push/devices"),
            (
                json!({"organizationId": "o-1", "organizationName": "Acme"}),
                "/o/o-1/api/users/v1/me/push/devices",
            ),
            (
                json!({"tenantDomain": "acme", "organizationId": "o-1"}),
                "/t/acme/o/o-1/api/users/v1/me/push/devices",
            ),
        ] {
            let discovery = discovery(&extra).unwrap();
            assert_eq!((discovery.profile, discovery.paths.register.as_str()), (Profile::Is7, path));
        }
        for extra in [
            json!({}),
            json!({"tenantDomain": ".."}),
            json!({"organizationId": "a/b"}),
            json!({"tenantDomain": 7}),
            json!({"tenantDomain": "x".repeat(256)}),
            json!({"tenantDomain": "a\u{202e}"}),
        ] {
            assert_eq!(discovery(&extra).unwrap_err().code(), "invalid_qr", "{extra}");
        }
    }

    #[test]
    fn a_push_can_only_choose_among_the_accounts_own_roots() {
        let both = discovery(&json!({"tenantDomain": "acme", "organizationId": "o-1"})).unwrap();
        let path = |root: &str| own_answer_path(&both, root).map(|path| path.as_str().to_owned());
        assert_eq!(path("/t/acme").as_deref(), Some("/t/acme/push-auth/authenticate"));
        assert_eq!(path("/o/o-1").as_deref(), Some("/o/o-1/push-auth/authenticate"));
        assert_eq!(path("/t/primary/o/o-1").as_deref(), Some("/t/primary/o/o-1/push-auth/authenticate"));
        for root in [
            "",
            "/",
            "/t/other",
            "/o/other",
            "/t/acme/o/other",
            "/t/acme/",
            "t/acme",
            "//evil.example",
            "/t/../o/o-1",
            "/t/%2e%2e/o/o-1",
            "/t/acme/../..",
            "https://evil.example/t/acme",
            "/t/a/b/o/o-1",
            "/t/acme?x",
            "/t//o/o-1",
        ] {
            assert_eq!(path(root), None, "{root}");
        }
        let tenant = discovery(&json!({"tenantDomain": "acme"})).unwrap();
        assert_eq!(own_answer_path(&tenant, "/t/acme/o/o-1"), None);
    }
}
