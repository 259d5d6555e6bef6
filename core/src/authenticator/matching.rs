//! The number challenge: the person carries a number from the other screen to this one.
//!
//! The right number comes in the very push that asks, so the server's own check proves nothing about the person. What makes
//! it a proof is that here nothing becomes an approval before the person typed or picked it.

use super::attempt::load;
use super::context::Context;
use crate::decision::NumberMatched;
use crate::error::{ApprovalObstacle, AuthenticatorError};
use crate::lifecycle::Stage;

/// How a given number compares.
enum Verdict {
    Right,
    Wrong { tries_left: u32 },
}

/// Compares the number that the person gave, and counts a wrong one in the same transaction.
pub(super) fn compare(
    context: &Context,
    request_id: &str,
    given: &str,
) -> Result<NumberMatched, AuthenticatorError> {
    let verdict = context.store.write(|tx| {
        let (mut record, _) = load(tx, request_id)?;
        let Some(expected) = record.push.number.clone() else {
            return Err(ApprovalObstacle::NoNumberAsked.into());
        };
        if record.stage == Stage::Pending && record.number_tries_left() == 0 {
            return Err(ApprovalObstacle::NumberTriesExhausted.into());
        }
        if value(given) == value(&expected) && value(given).is_some() {
            return Ok(Verdict::Right);
        }
        // Once decided, nothing can be guessed any more.
        if record.stage == Stage::Pending {
            record.wrong_numbers = record.wrong_numbers.saturating_add(1);
            tx.put_request(&record)?;
        }
        Ok(Verdict::Wrong { tries_left: record.number_tries_left() })
    })?;
    match verdict {
        Verdict::Right => Ok(NumberMatched::after_comparison()),
        Verdict::Wrong { tries_left } => Err(AuthenticatorError::WrongNumber { tries_left }),
    }
}

/// The right number among decoys, in no telling order, for a screen where the person picks. Always the same ones for a
/// request: different decoys each time would give the right one away.
pub(super) fn choices(context: &Context, request_id: &str) -> Result<Vec<String>, AuthenticatorError> {
    context.store.read(|tx| {
        let (record, _) = load(tx, request_id)?;
        let Some(expected) = record.push.number else {
            return Err(ApprovalObstacle::NoNumberAsked.into());
        };
        let mut choices = vec![expected.clone()];
        // A keyed hash is as good as chance to everybody without the key, and does not change between two looks.
        let ordered = |number: &String| tx.request_id(request_id, number);
        let mut decoys: Vec<String> = (0..100_u32).map(|number| number.to_string()).collect();
        decoys.retain(|decoy| value(decoy) != value(&expected));
        decoys.sort_by_cached_key(ordered);
        choices.extend(decoys.into_iter().take(CHOICES.saturating_sub(1)));
        choices.sort_by_cached_key(|number| tx.request_id(number, request_id));
        Ok(choices)
    })
}

/// A number as it is compared: blanks around it and leading zeros say nothing.
fn value(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = !text.is_empty() && text.len() <= 8 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// A grid of three by three.
const CHOICES: usize = 9;
