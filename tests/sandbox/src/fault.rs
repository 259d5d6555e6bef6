//! Faults on order: what a network or a struggling server does to a request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Which requests a fault hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultTarget {
    /// `POST .../push-auth/devices`, on is7 `.../push/devices`.
    Register,
    /// The answer, at any endpoint.
    Answer,
    /// `POST .../devices/{id}/remove`.
    Remove,
    /// `PATCH .../devices/{id}`, and `POST .../devices/{id}/update`, which no is7 server has.
    Edit,
    /// The discovery data.
    Discovery,
    /// `/oauth2/ciba`.
    Ciba,
    /// `/oauth2/token`.
    Token,
    /// Every protocol path (never `/sandbox`).
    Any,
}

/// What happens to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Read, not processed; the connection is reset.
    Drop,
    /// Processed as ever, `delay_ms` later.
    Delay,
    /// Not processed; `status`, `headers` and `body` are the answer.
    Status,
    /// Processed; the answer breaks off in the middle of its body.
    Truncate,
    /// Read, not processed; the connection is closed in good order.
    CloseBefore,
    /// Processed; the connection is closed in good order instead of an answer.
    CloseAfterProcessing,
    /// Processed; the connection is reset instead of an answer.
    DropAfterProcessing,
    /// Processed; the answer has its status and a body of one mebibyte.
    Oversize,
    /// Not processed; the answer is bytes that are not HTTP.
    Garbage,
}

/// A fault to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which requests.
    pub on: FaultTarget,
    /// What happens to them.
    pub kind: FaultKind,
    /// The status of [`FaultKind::Status`]; 503 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body of [`FaultKind::Status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Headers of [`FaultKind::Status`], for instance `Retry-After`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The wait of [`FaultKind::Delay`] in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// How many requests it hits before it is gone.
    #[serde(default = "once")]
    pub times: u32,
}

impl Fault {
    /// A fault that hits once.
    #[must_use]
    pub fn new(on: FaultTarget, kind: FaultKind) -> Self {
        Self { on, kind, status: None, body: None, headers: BTreeMap::new(), delay_ms: 0, times: 1 }
    }

    /// The same, answering with this status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same, answering with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The same, with one more header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The same, waiting this long.
    #[must_use]
    pub fn with_delay_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = delay_ms;
        self
    }

    /// The same, hitting this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }
}

/// Takes the oldest fault that hits `target`, counting it down.
pub(crate) fn take(faults: &mut Vec<Fault>, target: Option<FaultTarget>) -> Option<Fault> {
    let hit = faults.iter().position(|fault| fault.on == FaultTarget::Any || Some(fault.on) == target)?;
    let fault = faults.get_mut(hit)?;
    fault.times = fault.times.saturating_sub(1);
    let taken = fault.clone();
    if fault.times == 0 {
        faults.remove(hit);
    }
    Some(taken)
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_its_target_as_often_as_it_was_told() {
        let mut faults = vec![
            Fault::new(FaultTarget::Answer, FaultKind::Drop).times(2),
            Fault::new(FaultTarget::Any, FaultKind::Garbage),
        ];
        assert_eq!(take(&mut faults, Some(FaultTarget::Answer)).unwrap().kind, FaultKind::Drop);
        assert_eq!(take(&mut faults, Some(FaultTarget::Token)).unwrap().kind, FaultKind::Garbage);
        assert_eq!(take(&mut faults, None), None);
        assert_eq!(take(&mut faults, Some(FaultTarget::Answer)).unwrap().kind, FaultKind::Drop);
        assert!(faults.is_empty());
    }
}
