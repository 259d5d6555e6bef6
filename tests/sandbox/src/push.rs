//! The stand-in for the push service: every push that left, and streams of them per push token.
//!
//! As the real service does, it keeps what nobody has collected yet and hands it to the first who listens.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    event::Event,
    model::{Device, User},
    server::told,
    state::{Shared, State},
};

/// A push that left.
#[derive(Debug, Clone, Serialize)]
pub struct Push {
    /// Its number: rises by one with each push of this server.
    pub id: u64,
    /// When it left, in the server's time, RFC 3339.
    pub time: String,
    /// The receiver's push token.
    pub push_id: String,
    /// Whether it was handed to anyone.
    pub streamed: bool,
    /// The message as the push service gets it: `{"to":..,"notification":..,"data":{..}}`, on is7
    /// `{"message":{"token":..,"notification":..,"data":{..}}}`. A [`PushStream`] gives it as the phone gets it: there it
    /// has `data` on top on every profile.
    pub message: Value,
}

impl Push {
    /// The push as it reaches the app: of an HTTP v1 message the service hands on the notification and the data.
    fn delivered(mut self) -> Self {
        if let Some(Value::Object(mut message)) = self.message.get_mut("message").map(Value::take) {
            message.shift_remove("token");
            self.message = Value::Object(message);
        }
        self
    }
}

/// What a push says about the login or consent that it asks for.
pub(crate) struct Request<'a> {
    pub(crate) session_data_key: &'a str,
    pub(crate) challenge: &'a str,
    pub(crate) application: &'a str,
    pub(crate) ip_address: &'a str,
    pub(crate) browser: Option<&'a str>,
    pub(crate) os: Option<&'a str>,
    pub(crate) metadata: Option<&'a str>,
}

/// The message of `docs/protocol.md` sections 4 and 11.5. A user without names becomes `null null`, as in the real server.
pub(crate) fn message(device: &Device, user: &User, tenant: &str, request: &Request<'_>) -> Value {
    let name = |part: &Option<String>| part.clone().unwrap_or_else(|| "null".to_owned());
    let text = format!("{} is requesting to log into {}", user.username, request.application);
    json!({
        "to": device.push_id.trim(),
        "content_available": true,
        "priority": "high",
        "notification": { "body": text },
        "data": {
            "deviceId": device.device_id,
            "body": text,
            "challenge": request.challenge,
            "sessionDataKey": request.session_data_key,
            "username": user.username,
            "displayName": format!("{} {}", name(&user.first_name), name(&user.last_name)),
            "organization": tenant,
            "applicationName": request.application,
            "ipAddress": request.ip_address,
            "browserName": request.browser,
            "deviceName": request.os,
            "metadata": request.metadata,
        }
    })
}

impl State {
    /// Hands a message to the push service.
    pub(crate) fn send_push(&mut self, push_id: &str, message: Value) -> Push {
        let id = self.pushes.last().map_or(1, |last| last.id.saturating_add(1));
        let session =
            message.pointer("/data/sessionDataKey").or_else(|| message.pointer("/message/data/pushId"));
        let session = session.and_then(Value::as_str).map(str::to_owned);
        let push = Push {
            id,
            time: self.clock.rfc3339(),
            push_id: push_id.trim().to_owned(),
            streamed: false,
            message,
        };
        self.pushes.push(push.clone());
        self.last_push.send_replace(id);
        self.emit(Event::PushSent { id, push_id: push.push_id.clone(), session_data_key: session });
        push
    }

    /// The next push for `push_id` after `cursor`: one that came after `since`, or that nobody has had.
    fn next_push(&mut self, push_id: &str, cursor: u64, since: u64) -> Option<Push> {
        let push = self.pushes.iter_mut().find(|push| {
            push.push_id == push_id && push.id > cursor && (push.id > since || !push.streamed)
        })?;
        push.streamed = true;
        Some(push.clone())
    }
}

/// The pushes of one push token as they come.
#[derive(Debug)]
pub struct PushStream {
    shared: Arc<Shared>,
    push_id: String,
    /// The number of the last push that this stream gave.
    cursor: u64,
    /// Pushes up to this number are given only if nobody has had them.
    since: u64,
    news: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
}

impl PushStream {
    /// Starts with what nobody has collected, or with everything after `after` when that is given.
    pub(crate) fn new(shared: Arc<Shared>, push_id: &str, after: Option<u64>) -> Self {
        let (news, newest) = shared.with(|state| {
            let news = state.last_push.subscribe();
            (news, *state.last_push.borrow())
        });
        let stopped = shared.stopped.subscribe();
        Self {
            shared,
            push_id: push_id.trim().to_owned(),
            cursor: after.unwrap_or(0),
            since: if after.is_some() { 0 } else { newest },
            news,
            stopped,
        }
    }

    /// Waits for the next push; `None` once the sandbox has stopped.
    pub async fn next(&mut self) -> Option<Push> {
        loop {
            self.news.borrow_and_update();
            let next = self.shared.with(|state| state.next_push(&self.push_id, self.cursor, self.since));
            if let Some(push) = next {
                self.cursor = push.id;
                return Some(push.delivered());
            }
            tokio::select! {
                changed = self.news.changed() => changed.ok()?,
                () = told(&mut self.stopped) => return None,
            }
        }
    }
}
