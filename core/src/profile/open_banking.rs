//! WSO2 Open Banking 3.1 and 3.2: the classic device API, and an answer endpoint of its own that takes consents.
//!
//! A push without metadata is a plain login even here; it is answered at the servlet of the identity server below,
//! which authorises no consent, so stripping the metadata from a push gains an attacker nothing.

use serde_json::{Value, json};

use super::classic;
use crate::discovery::{Discovery, Profile};
use crate::error::{AuthenticatorError, InputProblem};
use crate::fields::Fields;
use crate::path::UrlPath;
use crate::reply::Reply;
use crate::wire::{
    AnswerFacts, Edit, Metadata, PushKeys, Registered, Registration, SignedCall, Subject, Wire, WireToken,
};

/// CIBA with consents.
pub(super) struct OpenBanking;

impl Wire for OpenBanking {
    fn recognises(&self, qr: &Fields) -> bool {
        let endpoint = qr.raw("ae").and_then(Value::as_str).unwrap_or_default();
        classic::Classic.recognises(qr) && endpoint.starts_with(PREFIX)
    }

    fn read_qr(&self, qr: &Fields) -> Result<Discovery, AuthenticatorError> {
        let answer = classic::path(qr, "ae", classic::ANSWER)?;
        let login = login_path(&answer).ok_or_else(|| qr.fault("ae", InputProblem::NotAllowed))?;
        classic::read_qr(qr, Profile::OpenBanking, answer, login)
    }

    fn session_key(&self) -> &'static str {
        classic::SESSION_KEY
    }

    fn push_keys(&self) -> &'static PushKeys {
        &classic::PUSH_KEYS
    }

    fn connection_code(&self, session_key: &str) -> Option<String> {
        Some(classic::connection_code(session_key))
    }

    fn metadata(&self) -> Metadata {
        Metadata::Consent
    }

    /// A CIBA request lives at most an hour (`requested_expiry` is capped at 3600).
    fn request_life(&self) -> i64 {
        60 * 60
    }

    fn registration(&self, registration: &Registration<'_>) -> Value {
        classic::registration_body(registration)
    }

    fn registered(&self, reply: &Reply) -> Registered {
        classic::registered(reply)
    }

    fn answer(&self, discovery: &Discovery, answer: &AnswerFacts<'_>) -> WireToken {
        match answer.subject {
            Subject::Login { .. } => {
                classic::answer_token(discovery, answer, discovery.paths.login.clone(), LIFE)
            }
            Subject::Consent { account_ids } => {
                let path = discovery.paths.answer.clone();
                let mut token = classic::answer_token(discovery, answer, path, LIFE);
                // A JSON text inside a string claim: the endpoint refuses an object.
                let accounts = json!({ "approvedAccountIds": account_ids }).to_string();
                token.claims.insert("mta".to_owned(), accounts.into());
                token
            }
        }
    }

    fn refuses(&self, answer: &AnswerFacts<'_>, reply: &Reply) -> bool {
        at_consent_endpoint(answer) && reply.is(500, &["PBA-15003", UNKNOWN_DEVICE, BAD_TOKEN, "PBA-15006"])
    }

    fn is_unknown_device(&self, answer: &AnswerFacts<'_>, reply: &Reply) -> bool {
        at_consent_endpoint(answer) && reply.is(500, &[UNKNOWN_DEVICE])
    }

    fn is_unknown_session(&self, _: &Reply) -> bool {
        false
    }

    fn blames_the_clock(&self, call: SignedCall<'_>, reply: &Reply) -> bool {
        match call {
            SignedCall::Answer(answer) if at_consent_endpoint(answer) => reply.is(500, &[BAD_TOKEN]),
            other => classic::Classic.blames_the_clock(other, reply),
        }
    }

    fn removal(&self, discovery: &Discovery) -> Result<WireToken, AuthenticatorError> {
        classic::removal_token(discovery, LIFE)
    }

    fn is_gone(&self, reply: &Reply) -> bool {
        classic::is_gone(reply)
    }

    fn edit(&self, edit: Edit<'_>) -> Option<Value> {
        Some(classic::edit_body(edit))
    }

    fn edit_finds_no_device(&self, reply: &Reply) -> bool {
        classic::Classic.edit_finds_no_device(reply)
    }
}

fn at_consent_endpoint(answer: &AnswerFacts<'_>) -> bool {
    matches!(answer.subject, Subject::Consent { .. })
}

/// The servlet's path: the answer path without the prefix that the consent endpoint puts before it.
fn login_path(answer: &UrlPath) -> Option<UrlPath> {
    answer.strip_prefix(PREFIX)
}

const PREFIX: &str = "/api/openbanking/ciba";
const UNKNOWN_DEVICE: &str = "PBA-15004";
const BAD_TOKEN: &str = "PBA-15005";
const LIFE: i64 = 900;
