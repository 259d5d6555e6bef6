//! The methods, by the names that Kotlin and Swift know them by, and what comes of them as a document.

use std::collections::BTreeMap;
use std::sync::Arc;

use authpush_core::{
    Authenticator, AuthenticatorError, Decision, Device, RequestState, RetryTrigger, Review, Undelivered,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Came, Doubt, Prop};

/// Calls a method. The outer error is a file that makes no sense, the inner one what the method returned.
pub(super) async fn call(
    authenticator: &Authenticator,
    method: &str,
    arguments: &Value,
    props: &BTreeMap<String, Prop>,
) -> Result<Result<Came, AuthenticatorError>, Doubt> {
    let a = Arguments { arguments, props };
    Ok(match method {
        "previewEnrolment" => shown(authenticator.preview_enrolment(a.text("qr")?).await),
        "addAccount" => {
            let (qr, push_id, device) = (a.text("qr")?, a.text("pushId")?, a.device()?);
            shown(authenticator.add_account(qr, push_id, device).await)
        }
        "accounts" => shown(authenticator.accounts().await),
        "processAuthRequest" => {
            shown(authenticator.process_auth_request(a.text("push")?, a.maybe("sentAt")?).await)
        }
        "requests" => shown(authenticator.requests(a.maybe::<RequestState>("state")?).await),
        "processConsentData" => authenticator.process_consent_data(a.text("requestId")?).await.map(review),
        "addApprovedAccountIds" => {
            let (review, ids) = (a.review()?, a.value("accountIds")?);
            authenticator.add_approved_account_ids(review, ids).await.map(decision)
        }
        "deny" => Ok(decision(a.review()?.deny())),
        "numberChoices" => shown(authenticator.number_choices(a.text("requestId")?).await),
        "matchNumber" => {
            let (review, ids, number) = (a.review()?, a.value("accountIds")?, a.text("number")?);
            authenticator.match_number(review, ids, number).await.map(decision)
        }
        "sendAuthRequest" => {
            let Some(Prop::Decision(made)) = a.prop("decision") else { return Err("no decision".to_owned()) };
            authenticator
                .send_auth_request(made)
                .await
                .map(|answer| Came { shown: document(&answer), prop: Some(Prop::Answer(Box::new(answer))) })
        }
        "error" => {
            let Some(Prop::Answer(answer)) = a.prop("answer") else { return Err("no answer".to_owned()) };
            Ok(Came { shown: answer.error().as_ref().map_or(Value::Null, error), prop: None })
        }
        "retry" => {
            let trigger = match a.text("trigger")?.as_str() {
                "person" => RetryTrigger::Person,
                "system" => RetryTrigger::System,
                other => return Err(format!("no trigger {other}")),
            };
            shown(authenticator.retry(trigger).await)
        }
        "history" => shown(authenticator.history(a.maybe("deviceId")?, a.maybe("limit")?).await),
        "entry" => shown(authenticator.entry(a.text("requestId")?).await),
        "deleteFromHistory" => shown(authenticator.delete_from_history(a.text("requestId")?).await),
        "removeAccount" => {
            let undelivered = match a.text("undelivered")?.as_str() {
                "deliver" => Undelivered::Deliver,
                "abandon" => Undelivered::Abandon,
                other => return Err(format!("no undelivered {other}")),
            };
            shown(authenticator.remove_account(a.text("deviceId")?, undelivered).await)
        }
        "forgetAccount" => shown(authenticator.forget_account(a.text("deviceId")?).await),
        "setPushId" => {
            let (device_id, push_id) = (a.text("deviceId")?, a.text("pushId")?);
            shown(authenticator.set_push_id(device_id, push_id, a.maybe("bearer")?).await)
        }
        "setDeviceName" => {
            let (device_id, name) = (a.text("deviceId")?, a.text("name")?);
            shown(authenticator.set_device_name(device_id, name, a.maybe("bearer")?).await)
        }
        other => return Err(format!("no method {other}")),
    })
}

/// An error as a document.
pub(super) fn error(error: &AuthenticatorError) -> Value {
    json!({ "code": error.code(), "retryable": error.retryable(), "text": error.to_string() })
}

fn document(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn shown<T: Serialize>(result: Result<T, AuthenticatorError>) -> Result<Came, AuthenticatorError> {
    result.map(|value| Came { shown: document(&value), prop: None })
}

fn review(review: Arc<Review>) -> Came {
    let shown = json!({
        "request": review.request(), "consent": review.consent(), "sdk_consent": review.sdk_consent(),
    });
    Came { shown, prop: Some(Prop::Review(review)) }
}

fn decision(decision: Arc<Decision>) -> Came {
    let shown = json!({
        "request_id": decision.request_id(),
        "choice": decision.choice(),
        "account_ids": decision.account_ids(),
    });
    Came { shown, prop: Some(Prop::Decision(decision)) }
}

struct Arguments<'a> {
    arguments: &'a Value,
    props: &'a BTreeMap<String, Prop>,
}

impl Arguments<'_> {
    fn value<T: DeserializeOwned>(&self, name: &str) -> Result<T, Doubt> {
        self.maybe(name)?.ok_or_else(|| format!("no argument {name}"))
    }

    fn maybe<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Doubt> {
        let value = self.arguments.get(name).cloned().unwrap_or_default();
        serde_json::from_value(value).map_err(|why| format!("argument {name}: {why}"))
    }

    fn text(&self, name: &str) -> Result<String, Doubt> {
        self.value(name)
    }

    fn prop(&self, name: &str) -> Option<Prop> {
        let name = self.arguments.get(name)?.as_str()?.strip_prefix('$')?;
        self.props.get(name).cloned()
    }

    fn review(&self) -> Result<Arc<Review>, Doubt> {
        match self.prop("review") {
            Some(Prop::Review(review)) => Ok(review),
            _ => Err("no review".to_owned()),
        }
    }

    fn device(&self) -> Result<Device, Doubt> {
        let device: Value = self.value("device")?;
        let inner = Arguments { arguments: &device, props: self.props };
        Ok(Device {
            name: inner.text("name")?,
            model: inner.text("model")?,
            key_bits: inner.maybe("keyBits")?.unwrap_or(2048),
            provider: None,
        })
    }
}
