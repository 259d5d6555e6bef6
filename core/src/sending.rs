//! What is kept for sending a decision: its token, when it may be tried, what was heard last.

use serde::{Deserialize, Serialize};

use crate::delivery::{Ended, Outcome, QueueReason, ServerWord};

/// Everything that is kept for sending a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sending {
    /// The token's id: the same in every token of this decision.
    pub(crate) jti: String,
    pub(crate) token: Option<SignedToken>,
    /// Whether an earlier try may have reached the server.
    pub(crate) may_have_arrived: bool,
    /// Tries that certainly did not arrive, in a row: what the back-off grows by.
    pub(crate) misses: u32,
    pub(crate) back_off: Option<Wait>,
    pub(crate) retry_after: Option<Wait>,
    pub(crate) lease: Option<Wait>,
    pub(crate) server: Option<ServerWord>,
    pub(crate) reason: Option<QueueReason>,
    pub(crate) clock_offset: i64,
    pub(crate) clock_corrected: bool,
}

/// A signed token with the times it was signed for, in the server's time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignedToken {
    pub(crate) compact: String,
    pub(crate) issued_at: i64,
    /// Until when it may still be sent: `exp` less what the server wants left.
    pub(crate) usable_until: i64,
}

/// A span of the device's clock, kept with its beginning so that a clock that jumps back cannot stretch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wait {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Wait {
    pub(crate) fn new(now: i64, seconds: i64) -> Self {
        Self { from: now, until: now.saturating_add(seconds) }
    }

    pub(crate) fn is_over(self, now: i64) -> bool {
        now < self.from || now >= self.until
    }
}

impl Sending {
    pub(crate) fn new(jti: String) -> Self {
        Self {
            jti,
            token: None,
            may_have_arrived: false,
            misses: 0,
            back_off: None,
            retry_after: None,
            lease: None,
            server: None,
            reason: None,
            clock_offset: 0,
            clock_corrected: false,
        }
    }

    /// Whether the server's wish to be left alone still holds. Nobody's impatience overrides it.
    pub(crate) fn must_wait(&self, now: i64) -> bool {
        self.retry_after.is_some_and(|wait| !wait.is_over(now))
    }

    /// Whether a machine should still wait; a person need not.
    pub(crate) fn should_wait(&self, now: i64) -> bool {
        self.back_off.is_some_and(|wait| !wait.is_over(now))
    }

    /// Whether somebody may be sending it at this moment.
    pub(crate) fn is_leased(&self, now: i64) -> bool {
        self.lease.is_some_and(|lease| !lease.is_over(now))
    }

    /// Notes how a try ended, for the next one. `jitter` is in `0..=1000`.
    pub(crate) fn note(&mut self, ended: &Ended, now: i64, jitter: u32) {
        self.lease = None;
        self.back_off = None;
        self.retry_after = None;
        self.reason = ended.reason;
        if let Some(reply) = &ended.reply {
            let (status, code) = (reply.status.into(), reply.code.clone());
            self.server = Some(ServerWord { status, code, meaning: ended.meaning() });
        }
        match ended.outcome {
            Outcome::Queued => {
                self.misses = self.misses.saturating_add(1);
                self.back_off = Some(Wait::new(now, back_off(self.misses, jitter)));
                let asked = ended.reply.as_ref().and_then(|reply| reply.retry_after);
                self.retry_after = asked.map(|seconds| Wait::new(now, seconds));
            }
            _ => self.misses = 0,
        }
    }
}

impl std::fmt::Debug for SignedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A token is a credential until it expires: it also verifies as a removal.
        write!(f, "SignedToken {{ issued_at: {}, usable_until: {} }}", self.issued_at, self.usable_until)
    }
}

/// 1 s doubling to 60 s, less up to half of it at random, so that many devices do not come back at once.
fn back_off(misses: u32, jitter: u32) -> i64 {
    let full = 1_i64.checked_shl(misses.saturating_sub(1).min(6)).unwrap_or(LONGEST).min(LONGEST);
    let off = full.saturating_mul(i64::from(jitter.min(1000))).checked_div(2000).unwrap_or_default();
    full.saturating_sub(off)
}

const LONGEST: i64 = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Reply;

    #[test]
    fn back_off_doubles_to_a_minute_less_jitter() {
        let full: Vec<i64> = (1..10).map(|misses| back_off(misses, 0)).collect();
        assert_eq!(full, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(back_off(7, 1000), 30);
        assert_eq!(back_off(u32::MAX, u32::MAX), 30);
    }

    #[test]
    fn retry_after_binds_everybody_and_back_off_machines_only() {
        let mut sending = Sending::new("j".to_owned());
        let reply = Reply { status: 503, retry_after: Some(100), ..Reply::default() };
        let busy = Ended { reply: Some(reply), ..Ended::not_sent(QueueReason::Busy) };
        sending.note(&busy, 1000, 0);
        assert!(sending.must_wait(1099) && !sending.must_wait(1100));
        assert!(!sending.must_wait(999), "a clock that went back does not prolong the wait");
        assert!(sending.should_wait(1000) && !sending.should_wait(1001));
        sending.note(&Ended::lost(), 1100, 0);
        assert!(!sending.must_wait(1100) && !sending.should_wait(1100));
        assert_eq!(sending.misses, 0);
    }

    #[test]
    fn a_token_does_not_show_itself() {
        let token = SignedToken { compact: "secret".to_owned(), issued_at: 1, usable_until: 2 };
        assert!(!format!("{token:?}").contains("secret"));
    }
}
