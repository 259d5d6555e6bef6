//! The life of a request, as one table: what may follow what.
//!
//! | stage \ event | decide | contradict | try | outcome | end | end in doubt | account gone |
//! |---|---|---|---|---|---|---|---|
//! | pending | under way | under way | - | - | - | - | closed |
//! | closed | request closed | request closed | - | - | - | - | - |
//! | under way | stays | already decided | under way | the outcome | unconfirmed | unconfirmed | unconfirmed |
//! | queued | stays | already decided | under way | - | expired | unconfirmed | - |
//! | unconfirmed | stays | already decided | under way | the outcome, if it is definite | - | - | - |
//! | delivered, refused, answered elsewhere, expired | stays | already decided | - | - | - | - | - |
//!
//! A dash changes nothing. *Decide* is the first decision or the same one again, *contradict* any other one. *End* is the end
//! of the request's life, or the person giving an undelivered decision up; it is *in doubt* when an earlier try may have
//! reached the server, for then nobody may be told that the decision did not count. *Under way* found on disk without a
//! living try is as good as queued. The last row never moves: a decision is final, and so is what became of it.

use serde::{Deserialize, Serialize};

use crate::choice::Choice;
use crate::delivery::{Delivery, Outcome};
use crate::error::Contradiction;
use crate::sending::Sending;

/// How far a request is, with everything that only exists from there on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Waits for the person.
    Pending,
    /// Its account is gone; nobody was asked.
    Closed,
    /// The person decided.
    Decided(Box<Decided>),
}

/// A decision and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) choice: Choice,
    /// The accounts that the person chose.
    pub(crate) account_ids: Vec<String>,
    /// By the server's clock, as far as it was known then.
    pub(crate) at: i64,
    /// By the device's own clock; not known of decisions of the first release.
    #[serde(default)]
    pub(crate) at_device: Option<i64>,
    pub(crate) progress: Progress,
    pub(crate) sending: Sending,
}

/// What became of a decision so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Progress {
    UnderWay,
    Queued,
    Unconfirmed,
    Delivered,
    Refused,
    AnsweredElsewhere,
    Expired,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The first decision, or the same one once more.
    Decide,
    /// Another decision than the one that was made.
    Contradict,
    /// The token is about to be sent.
    Try,
    /// A try came to an end.
    Outcome(Outcome),
    /// The request's life is over, or the person gave the undelivered decision up; it certainly never arrived.
    End,
    /// The same, when an earlier try may have arrived.
    EndInDoubt,
    /// The account was removed.
    AccountGone,
}

/// A stage without its contents: what the table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    Pending,
    Closed,
    Decided(Progress),
}

/// The table.
#[expect(clippy::match_same_arms, reason = "a line of the table each")]
pub(crate) fn next(at: Position, event: Event) -> Result<Position, Contradiction> {
    use Position::{Closed, Decided, Pending};
    use Progress::{Expired, Queued, Unconfirmed, UnderWay};
    Ok(match (at, event) {
        (Pending, Event::Decide | Event::Contradict) => Decided(UnderWay),
        (Pending, Event::AccountGone) => Closed,
        (Closed, Event::Decide | Event::Contradict) => return Err(Contradiction::RequestClosed),
        (Decided(_), Event::Contradict) => return Err(Contradiction::AlreadyDecided),
        (Decided(UnderWay | Queued | Unconfirmed), Event::Try) => Decided(UnderWay),
        (Decided(UnderWay), Event::Outcome(outcome)) => Decided(outcome.into()),
        (Decided(Unconfirmed), Event::Outcome(outcome)) if outcome != Outcome::Queued => {
            Decided(outcome.into())
        }
        (Decided(UnderWay), Event::End | Event::EndInDoubt | Event::AccountGone) => Decided(Unconfirmed),
        (Decided(Queued), Event::End) => Decided(Expired),
        (Decided(Queued), Event::EndInDoubt) => Decided(Unconfirmed),
        (stays, _) => stays,
    })
}

impl Stage {
    pub(crate) fn position(&self) -> Position {
        match self {
            Self::Pending => Position::Pending,
            Self::Closed => Position::Closed,
            Self::Decided(decided) => Position::Decided(decided.progress),
        }
    }

    /// Lets an event happen that makes no decision.
    pub(crate) fn advance(&mut self, event: Event) -> Result<(), Contradiction> {
        match (next(self.position(), event)?, self) {
            (Position::Decided(progress), Self::Decided(decided)) => decided.progress = progress,
            (Position::Closed, stage) => *stage = Self::Closed,
            _ => {}
        }
        Ok(())
    }

    /// The request's life is over, or its undelivered decision is given up.
    pub(crate) fn end(&mut self) -> Result<(), Contradiction> {
        let in_doubt = matches!(self, Self::Decided(decided) if decided.sending.may_have_arrived);
        self.advance(if in_doubt { Event::EndInDoubt } else { Event::End })
    }

    /// The first decision makes the stage *decided*; the same once more leaves it; another is refused.
    pub(crate) fn decide(&mut self, decided: Decided) -> Result<(), Contradiction> {
        let event = match self {
            Self::Decided(made) if made.choice != decided.choice || !made.names(&decided.account_ids) => {
                Event::Contradict
            }
            _ => Event::Decide,
        };
        next(self.position(), event)?;
        if *self == Self::Pending {
            *self = Self::Decided(Box::new(decided));
        }
        Ok(())
    }
}

impl Decided {
    fn names(&self, account_ids: &[String]) -> bool {
        let mut mine: Vec<_> = self.account_ids.iter().collect();
        let mut theirs: Vec<_> = account_ids.iter().collect();
        mine.sort_unstable();
        theirs.sort_unstable();
        mine == theirs
    }
}

impl From<Outcome> for Progress {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Delivered => Self::Delivered,
            Outcome::Queued => Self::Queued,
            Outcome::Unconfirmed => Self::Unconfirmed,
            Outcome::Refused => Self::Refused,
            Outcome::AnsweredElsewhere => Self::AnsweredElsewhere,
        }
    }
}

impl Progress {
    /// As it is told: what is under way is not known to be delivered, and will be tried again.
    pub(crate) fn delivery(self) -> Delivery {
        match self {
            Self::UnderWay | Self::Queued => Delivery::Queued,
            Self::Unconfirmed => Delivery::Unconfirmed,
            Self::Delivered => Delivery::Delivered,
            Self::Refused => Delivery::Refused,
            Self::AnsweredElsewhere => Delivery::AnsweredElsewhere,
            Self::Expired => Delivery::Expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FINAL: [Progress; 4] =
        [Progress::Delivered, Progress::Refused, Progress::AnsweredElsewhere, Progress::Expired];

    fn events() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::Decide),
            Just(Event::Contradict),
            Just(Event::Try),
            Just(Event::End),
            Just(Event::EndInDoubt),
            Just(Event::AccountGone),
            prop::sample::select(Outcome::ALL.to_vec()).prop_map(Event::Outcome),
        ]
    }

    fn decided(choice: Choice, account_ids: &[&str]) -> Decided {
        Decided {
            choice,
            account_ids: account_ids.iter().map(|id| (*id).to_owned()).collect(),
            at: 0,
            at_device: None,
            progress: Progress::UnderWay,
            sending: Sending::new("j".to_owned()),
        }
    }

    #[test]
    fn a_decision_is_made_once() {
        let mut stage = Stage::Pending;
        stage.decide(decided(Choice::Approve, &["1", "2"])).unwrap();
        stage.decide(decided(Choice::Approve, &["2", "1"])).unwrap();
        let made = stage.clone();
        assert_eq!(stage.decide(decided(Choice::Deny, &[])), Err(Contradiction::AlreadyDecided));
        assert_eq!(stage.decide(decided(Choice::Approve, &["1"])), Err(Contradiction::AlreadyDecided));
        assert_eq!(stage, made);
        let mut closed = Stage::Closed;
        assert_eq!(closed.decide(decided(Choice::Deny, &[])), Err(Contradiction::RequestClosed));
    }

    proptest! {
        #[test]
        fn final_stages_never_move_and_a_decision_is_never_undone(steps in prop::collection::vec(events(), 0..40)) {
            let mut at = Position::Pending;
            for event in steps {
                let Ok(to) = next(at, event) else { continue };
                if let Position::Decided(progress) = at {
                    prop_assert!(matches!(to, Position::Decided(_)));
                    if FINAL.contains(&progress) {
                        prop_assert_eq!(to, at);
                    }
                }
                if at == Position::Closed {
                    prop_assert_eq!(to, at);
                }
                at = to;
            }
        }

        #[test]
        fn an_approval_never_becomes_a_denial(steps in prop::collection::vec((events(), any::<bool>()), 0..20), first: bool) {
            let choice = |approve: bool| if approve { Choice::Approve } else { Choice::Deny };
            let mut stage = Stage::Pending;
            stage.decide(decided(choice(first), &[])).unwrap();
            for (event, approve) in steps {
                let _ = stage.decide(decided(choice(approve), &[]));
                if !matches!(event, Event::Decide | Event::Contradict) {
                    let _ = stage.advance(event);
                }
                let Stage::Decided(made) = &stage else { panic!("undone") };
                prop_assert_eq!(made.choice, choice(first));
            }
        }
    }
}
