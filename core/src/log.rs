//! What the library tells the device's own log: that something happened, never what it was about.
//!
//! Redacted by construction: a line is made from an [`Event`], and an event has no room for a text that a server, a QR code,
//! a push or a person supplied, nor for a device id, which at these servers is half a key. What is left are our own words,
//! codes of a checked form, numbers, and the ids of requests, which are keyed hashes.
//!
//! Lines are handed over on a thread of their own, so that a slow sink slows nothing down: when it falls behind, lines are
//! dropped and counted.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::choice::Choice;
use crate::delivery::{Answer, ClockWarning, Delivery};
use crate::discovery::Profile;
use crate::error::{AuthenticatorError, StorageFailure};
use crate::http::{CallFailure, Verb};
use crate::reply::Reply;

/// Takes the library's log lines. Implemented by the app, over what it logs with.
#[cfg_attr(feature = "uniffi", uniffi::export(with_foreign))]
pub trait LogSink: Send + Sync {
    /// Takes one line. Called on a thread of its own, one line at a time.
    ///
    /// # Errors
    /// [`LogSinkError`]; the line is lost, and nothing else comes of it.
    fn write(&self, line: LogLine) -> Result<(), LogSinkError>;
}

/// One line for a log. It holds nothing that a stranger, the person or the server wrote, and no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// The stable name of what happened, such as `answer_delivered`.
    pub event: String,
    /// The request it is about, if it is about one.
    pub request_id: Option<String>,
    /// The same in words.
    pub text: String,
}

/// How much a log line matters, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum LogLevel {
    /// A bug, or a store that is damaged.
    Error,
    /// Something that did not go as it should.
    Warn,
    /// What the person did, and what became of it.
    Info,
    /// Every call to a server.
    Debug,
}

/// What a log sink reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Error), uniffi::export(Display))]
pub enum LogSinkError {
    /// The line could not be written.
    #[error("the log failed")]
    Failed,
}

#[cfg(feature = "uniffi")]
impl From<uniffi::UnexpectedUniFFICallbackError> for LogSinkError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

/// Something that happened. See the head of this file for what it must not hold.
pub(crate) enum Event<'a> {
    /// A method of the façade, by its name, returned an error.
    Failed {
        operation: &'static str,
        error: &'a AuthenticatorError,
    },
    AccountAdded {
        profile: Profile,
        key_bits: u32,
    },
    AccountRemoved,
    AccountForgotten,
    RequestReceived {
        id: &'a str,
        duplicate: bool,
    },
    InformationReceived,
    DecisionKept {
        id: &'a str,
        choice: Choice,
    },
    Told {
        answer: &'a Answer,
    },
    ServerAnswered {
        verb: Verb,
        reply: &'a Reply,
    },
    ServerNotReached {
        verb: Verb,
        failure: CallFailure,
    },
    Dropped {
        lines: u32,
    },
}

/// Where events go: nowhere, until a sink is given.
#[derive(Default)]
pub(crate) struct Log {
    outlet: Mutex<Option<Outlet>>,
}

struct Outlet {
    lines: SyncSender<LogLine>,
    most_detailed: LogLevel,
    dropped: Arc<AtomicU32>,
}

impl Log {
    /// From now on lines up to a level go to this sink, and to no other.
    pub(crate) fn set(
        &self,
        sink: Arc<dyn LogSink>,
        most_detailed: LogLevel,
    ) -> Result<(), AuthenticatorError> {
        let (lines, waiting) = sync_channel(WAITING);
        let dropped = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&dropped);
        // It ends when the sender goes: with the authenticator, or with the next sink.
        std::thread::Builder::new()
            .name("authpush-log".to_owned())
            .spawn(move || deliver(&waiting, sink.as_ref(), &counted))
            .map_err(|_| AuthenticatorError::Internal)?;
        let mut outlet = self.outlet.lock().unwrap_or_else(PoisonError::into_inner);
        *outlet = Some(Outlet { lines, most_detailed, dropped });
        Ok(())
    }

    /// Hands an event over, without waiting for anybody.
    pub(crate) fn note(&self, event: &Event<'_>) {
        let outlet = self.outlet.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(outlet) = outlet.as_ref().filter(|outlet| event.level() <= outlet.most_detailed) else {
            return;
        };
        if let Err(TrySendError::Full(_)) = outlet.lines.try_send(event.line()) {
            outlet.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn deliver(waiting: &Receiver<LogLine>, sink: &dyn LogSink, dropped: &AtomicU32) {
    for line in waiting {
        // A log that fails has nowhere to say so.
        let _ = sink.write(line);
        let lines = dropped.swap(0, Ordering::Relaxed);
        if lines > 0 {
            let _ = sink.write(Event::Dropped { lines }.line());
        }
    }
}

impl Event<'_> {
    fn line(&self) -> LogLine {
        LogLine {
            level: self.level(),
            event: self.name().to_owned(),
            request_id: self.request_id().map(str::to_owned),
            text: self.to_string(),
        }
    }

    fn level(&self) -> LogLevel {
        match self {
            Self::Failed { error, .. } => match error {
                AuthenticatorError::Internal
                | AuthenticatorError::Storage { reason: StorageFailure::Corrupt } => LogLevel::Error,
                _ => LogLevel::Warn,
            },
            Self::Told { answer } => match answer.delivery {
                Delivery::Delivered | Delivery::AnsweredElsewhere => LogLevel::Info,
                Delivery::Queued | Delivery::Unconfirmed | Delivery::Refused | Delivery::Expired => {
                    LogLevel::Warn
                }
            },
            Self::Dropped { .. } => LogLevel::Warn,
            Self::AccountAdded { .. }
            | Self::AccountRemoved
            | Self::AccountForgotten
            | Self::RequestReceived { .. }
            | Self::InformationReceived
            | Self::DecisionKept { .. } => LogLevel::Info,
            Self::ServerAnswered { .. } | Self::ServerNotReached { .. } => LogLevel::Debug,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "failed",
            Self::AccountAdded { .. } => "account_added",
            Self::AccountRemoved => "account_removed",
            Self::AccountForgotten => "account_forgotten",
            Self::RequestReceived { .. } => "request_received",
            Self::InformationReceived => "information_received",
            Self::DecisionKept { .. } => "decision_kept",
            Self::Told { answer } => match answer.delivery {
                Delivery::Delivered => "answer_delivered",
                Delivery::Queued => "answer_queued",
                Delivery::Unconfirmed => "answer_unconfirmed",
                Delivery::Refused => "answer_refused",
                Delivery::AnsweredElsewhere => "answered_elsewhere",
                Delivery::Expired => "answer_expired",
            },
            Self::ServerAnswered { .. } => "server_answered",
            Self::ServerNotReached { .. } => "server_not_reached",
            Self::Dropped { .. } => "lines_dropped",
        }
    }

    fn request_id(&self) -> Option<&str> {
        match self {
            Self::RequestReceived { id, .. } | Self::DecisionKept { id, .. } => Some(id),
            Self::Told { answer } => Some(&answer.request_id),
            _ => None,
        }
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { operation, error } => write!(f, "{operation} failed: {}", error.code_str()),
            Self::AccountAdded { profile, key_bits } => {
                write!(f, "account added: {}, {key_bits} bits", profile.name())
            }
            Self::AccountRemoved => f.write_str("account removed"),
            Self::AccountForgotten => f.write_str("account forgotten"),
            Self::RequestReceived { duplicate: false, .. } => f.write_str("request received"),
            Self::RequestReceived { duplicate: true, .. } => f.write_str("request received again"),
            Self::InformationReceived => f.write_str("information received, nothing to decide"),
            Self::DecisionKept { choice: Choice::Approve, .. } => {
                f.write_str("approval kept, about to be sent")
            }
            Self::DecisionKept { choice: Choice::Deny, .. } => f.write_str("denial kept, about to be sent"),
            Self::Told { answer } => {
                write!(f, "{}", self.name().replace('_', " "))?;
                if let Some(server) = &answer.server {
                    said(f, server.status, server.code.as_deref())?;
                }
                if answer.warnings.contains(&ClockWarning::Corrected) {
                    write!(f, "; clock corrected by {} s", answer.clock_offset_seconds)?;
                }
                Ok(())
            }
            Self::ServerAnswered { verb, reply } => {
                write!(f, "{} answered", verb.name())?;
                said(f, reply.status.into(), reply.code.as_deref())
            }
            Self::ServerNotReached { verb, failure } => match failure {
                CallFailure::Untrusted(reason) => write!(f, "{} not sent: {reason}", verb.name()),
                CallFailure::NotReached => {
                    write!(f, "{} not sent: the server cannot be reached", verb.name())
                }
                CallFailure::Lost => write!(f, "{} sent, and no answer came", verb.name()),
            },
            Self::Dropped { lines } => write!(f, "{lines} lines dropped: the log sink is too slow"),
        }
    }
}

fn said(f: &mut fmt::Formatter<'_>, status: u32, code: Option<&str>) -> fmt::Result {
    write!(f, ", status {status}")?;
    code.map_or(Ok(()), |code| write!(f, " {code}"))
}

/// Lines that may wait for a sink.
const WAITING: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    /// A sink that holds each line until the test lets it go.
    struct Slow {
        lines: Mutex<std::sync::mpsc::Sender<LogLine>>,
        go: Mutex<Receiver<()>>,
    }

    impl LogSink for Slow {
        fn write(&self, line: LogLine) -> Result<(), LogSinkError> {
            self.lines.lock().unwrap().send(line).unwrap();
            let _ = self.go.lock().unwrap().recv();
            Err(LogSinkError::Failed)
        }
    }

    #[test]
    fn a_slow_sink_loses_lines_and_is_told_how_many() {
        let (lines, told) = channel();
        let (go, gate) = channel();
        let log = Log::default();
        log.note(&Event::AccountRemoved); // Nobody listens yet.
        log.set(Arc::new(Slow { lines: Mutex::new(lines), go: Mutex::new(gate) }), LogLevel::Info).unwrap();
        log.note(&Event::AccountForgotten);
        let wait = Duration::from_secs(10);
        assert_eq!(told.recv_timeout(wait).unwrap().event, "account_forgotten");
        // It holds the first; as many as may wait do, and three are too many.
        for _ in 0..WAITING + 3 {
            log.note(&Event::AccountRemoved);
        }
        log.note(&Event::ServerNotReached { verb: Verb::Post, failure: CallFailure::Lost }); // Too detailed.
        go.send(()).unwrap();
        let dropped = told.recv_timeout(wait).unwrap();
        assert_eq!((dropped.event.as_str(), dropped.level), ("lines_dropped", LogLevel::Warn));
        assert_eq!(dropped.text, "3 lines dropped: the log sink is too slow");
        drop(go);
        drop(log);
        assert_eq!(told.iter().filter(|line| line.event == "account_removed").count(), WAITING);
    }
}
