//! What became of an answer, and when it is tried again.
//!
//! Pure: from a reply, or from how the call failed, to an outcome, and to what a person is told.

use serde::{Deserialize, Serialize};

use crate::choice::Choice;
use crate::error::{Action, AuthenticatorError, KeyFailure, Lateness, Party, TrustFailure};
use crate::reply::Reply;
use crate::wire::{AnswerFacts, Wire};

/// A decision as a screen or a script is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Answer {
    /// The request that was decided.
    pub request_id: String,
    /// The account it is for.
    pub device_id: String,
    /// Which way.
    pub decision: Choice,
    /// The accounts that were agreed to.
    pub approved_account_ids: Vec<String>,
    /// Whether the server has it.
    pub delivery: Delivery,
    /// What the server last said, if it said anything.
    pub server: Option<ServerWord>,
    /// Why it is still queued.
    pub reason: Option<QueueReason>,
    /// The server's clock minus the device's, in seconds, as far as known.
    pub clock_offset_seconds: i64,
    /// What the person should hear of.
    pub warnings: Vec<ClockWarning>,
    /// When the person decided, in seconds since 1970 by the server's clock as far as it was known.
    pub decided_at: i64,
}

/// Whether the server has a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Delivery {
    /// The server took it.
    Delivered,
    /// Kept, and tried again by [`retry`](crate::Authenticator::retry).
    Queued,
    /// Sent, but what the server made of it is not known. Not sent again unless the person decides the same again.
    Unconfirmed,
    /// The server refused it.
    Refused,
    /// Another device had answered before.
    AnsweredElsewhere,
    /// Its life ended before it could be delivered.
    Expired,
}

/// What a server said about an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ServerWord {
    /// The HTTP status.
    pub status: u32,
    /// The server's own code, such as `PBA-15004`.
    pub code: Option<String>,
    /// What that means.
    pub meaning: ServerMeaning,
}

/// What a server's word means for the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum ServerMeaning {
    /// It took the answer.
    Taken,
    /// It wants to be left alone for a while.
    Busy,
    /// It refused the answer.
    Refused,
    /// It does not know the device: enrol again.
    UnknownDevice,
    /// Another device had answered.
    AnsweredElsewhere,
    /// Nothing certain.
    Unclear,
}

/// Why a decision is still queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum QueueReason {
    /// The server cannot be reached.
    Unreachable,
    /// The server asked to be left alone for a while.
    Busy,
    /// The server is not trusted.
    #[serde(serialize_with = "TrustFailure::serialize", deserialize_with = "TrustFailure::deserialize")]
    Untrusted {
        /// What the trust check found.
        failure: TrustFailure,
    },
    /// The token is too old and the key needs the person to sign anew: decide the same again.
    NeedsUser,
    /// The key could not be used.
    #[serde(serialize_with = "KeyFailure::serialize", deserialize_with = "KeyFailure::deserialize")]
    Key {
        /// What the key store said.
        failure: KeyFailure,
    },
    /// A try is under way, or was cut off.
    UnderWay,
}

/// What a person should hear of about the two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum ClockWarning {
    /// The device's clock is wrong; what was sent was signed with the server's time.
    Corrected,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered,
    Queued,
    Unconfirmed,
    Refused,
    AnsweredElsewhere,
}

/// How a try ended, with what it is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) reply: Option<Reply>,
    pub(crate) reason: Option<QueueReason>,
    /// Whether the server may have taken in this very try.
    pub(crate) may_have_arrived: bool,
    pub(crate) unknown_device: bool,
}

impl Ended {
    /// Certainly not sent.
    pub(crate) fn not_sent(reason: QueueReason) -> Self {
        Self {
            outcome: Outcome::Queued,
            reply: None,
            reason: Some(reason),
            may_have_arrived: false,
            unknown_device: false,
        }
    }

    /// Sent, and no answer came that could be read.
    pub(crate) fn lost() -> Self {
        Self {
            outcome: Outcome::Unconfirmed,
            reply: None,
            reason: None,
            may_have_arrived: true,
            unknown_device: false,
        }
    }

    /// Answered. `arrived_before`: whether an earlier try may have reached the server.
    pub(crate) fn answered(
        wire: &dyn Wire,
        facts: &AnswerFacts<'_>,
        reply: Reply,
        arrived_before: bool,
    ) -> Self {
        let outcome = outcome(wire, facts, &reply, arrived_before);
        Self {
            outcome,
            reason: (outcome == Outcome::Queued).then_some(QueueReason::Busy),
            may_have_arrived: outcome != Outcome::Queued,
            unknown_device: outcome == Outcome::Refused && wire.is_unknown_device(facts, &reply),
            reply: Some(reply),
        }
    }
}

impl Ended {
    pub(crate) fn meaning(&self) -> ServerMeaning {
        match self.outcome {
            Outcome::Delivered => ServerMeaning::Taken,
            Outcome::Queued => ServerMeaning::Busy,
            Outcome::Refused if self.unknown_device => ServerMeaning::UnknownDevice,
            Outcome::Refused => ServerMeaning::Refused,
            Outcome::AnsweredElsewhere => ServerMeaning::AnsweredElsewhere,
            Outcome::Unconfirmed => ServerMeaning::Unclear,
        }
    }
}

/// The outcome table (docs/protocol.md section 6).
fn outcome(wire: &dyn Wire, facts: &AnswerFacts<'_>, reply: &Reply, arrived_before: bool) -> Outcome {
    match reply.status {
        200..=299 => Outcome::Delivered,
        429 | 503 => Outcome::Queued,
        408 => Outcome::Unconfirmed,
        410 if arrived_before => Outcome::Unconfirmed,
        _ if arrived_before && wire.is_unknown_session(reply) => Outcome::Unconfirmed,
        410 => Outcome::AnsweredElsewhere,
        300..=499 => Outcome::Refused,
        500 if wire.refuses(facts, reply) => Outcome::Refused,
        _ => Outcome::Unconfirmed,
    }
}

#[cfg(test)]
impl Outcome {
    pub(crate) const ALL: [Self; 5] =
        [Self::Delivered, Self::Queued, Self::Unconfirmed, Self::Refused, Self::AnsweredElsewhere];
}

#[cfg_attr(feature = "uniffi", uniffi::export)]
impl Answer {
    /// The error that this answer amounts to, for callers that treat it as one: `None` while it is delivered, queued
    /// or unconfirmed.
    #[must_use]
    pub fn error(&self) -> Option<AuthenticatorError> {
        let word = self.server.as_ref();
        match self.delivery {
            Delivery::Delivered | Delivery::Queued | Delivery::Unconfirmed => None,
            Delivery::Refused if word.is_some_and(|word| word.meaning == ServerMeaning::UnknownDevice) => {
                Some(AuthenticatorError::UnknownDevice { by: Party::Server })
            }
            Delivery::Refused => Some(AuthenticatorError::Refused {
                action: Action::Answer,
                status: word.map_or(0, |word| word.status),
                code: word.and_then(|word| word.code.clone()),
            }),
            Delivery::AnsweredElsewhere => Some(Lateness::AnsweredElsewhere.into()),
            Delivery::Expired => Some(Lateness::DecisionExpired.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::Profile;
    use crate::profile::wire;
    use crate::wire::Subject;

    /// Homes of earlier builds hold reasons in this form.
    #[test]
    fn a_reason_with_a_cause_is_stored_as_ever() {
        let reasons = [
            (
                QueueReason::Untrusted { failure: TrustFailure::PinMismatch },
                r#"{"untrusted":"pin_mismatch"}"#,
            ),
            (QueueReason::Key { failure: KeyFailure::Lost }, r#"{"key":"lost"}"#),
            (QueueReason::UnderWay, r#""under_way""#),
        ];
        for (reason, stored) in reasons {
            assert_eq!(serde_json::to_string(&reason).unwrap(), stored);
            assert_eq!(serde_json::from_str::<QueueReason>(stored).unwrap(), reason);
        }
    }

    fn ended(profile: Profile, status: u16, code: Option<&str>, arrived_before: bool) -> Ended {
        let ids = ["1".to_owned()];
        let subject = match profile {
            Profile::Classic | Profile::Is7 => Subject::Login { echo: None },
            Profile::OpenBanking => Subject::Consent { account_ids: &ids },
        };
        let facts = AnswerFacts {
            session_key: "s",
            challenge: "c",
            choice: Choice::Approve,
            subject,
            number: None,
            relative_path: None,
        };
        let reply = Reply { status, code: code.map(str::to_owned), ..Reply::default() };
        Ended::answered(wire(profile), &facts, reply, arrived_before)
    }

    #[test]
    fn the_outcome_table_row_by_row() {
        use Outcome::{AnsweredElsewhere, Delivered, Queued, Refused, Unconfirmed};
        use Profile::{Classic, Is7, OpenBanking};
        for (profile, status, code, before, outcome) in [
            (Classic, 202, None, false, Delivered),
            (OpenBanking, 200, None, true, Delivered),
            (Classic, 429, None, false, Queued),
            (OpenBanking, 503, Some("PBA-15004"), false, Queued),
            (OpenBanking, 408, None, false, Unconfirmed),
            (OpenBanking, 500, None, false, Unconfirmed),
            (OpenBanking, 502, Some("PBA-15004"), false, Unconfirmed),
            (OpenBanking, 500, Some("PBA-15002"), false, Unconfirmed),
            (OpenBanking, 500, Some("PBA-15003"), false, Refused),
            (OpenBanking, 500, Some("PBA-15004"), true, Refused),
            (OpenBanking, 500, Some("PBA-15005"), false, Refused),
            (OpenBanking, 500, Some("PBA-15006"), false, Refused),
            (OpenBanking, 500, Some("PBA-15007"), false, Unconfirmed),
            (Classic, 500, Some("PBA-15004"), false, Unconfirmed),
            (Classic, 302, None, false, Refused),
            (Classic, 400, None, false, Refused),
            (Classic, 404, None, true, Refused),
            (Classic, 410, None, false, AnsweredElsewhere),
            (Classic, 410, None, true, Unconfirmed),
            (Classic, 599, None, false, Unconfirmed),
            (Classic, 999, None, false, Unconfirmed),
            (Is7, 200, None, false, Delivered),
            (Is7, 400, Some("PBA-15010"), false, Refused),
            (Is7, 400, Some("PBA-15010"), true, Unconfirmed),
            (Is7, 400, Some("PBA-15004"), true, Refused),
            (Is7, 410, Some("PBA-15011"), false, AnsweredElsewhere),
            (Is7, 410, Some("PBA-15011"), true, Unconfirmed),
            (Is7, 500, Some("PBA-15003"), false, Refused),
            (Is7, 500, Some("PBA-15008"), false, Unconfirmed),
            (Is7, 500, None, false, Unconfirmed),
        ] {
            let ended = ended(profile, status, code, before);
            assert_eq!(ended.outcome, outcome, "{profile:?} {status} {code:?} {before}");
            let unknown = outcome == Refused
                && matches!((profile, code), (OpenBanking, Some("PBA-15004")) | (Is7, Some("PBA-15003")));
            assert_eq!(ended.unknown_device, unknown);
        }
    }
}
