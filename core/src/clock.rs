//! Two clocks: the device's, which may be wrong, and the server's, which judges.
//!
//! Every answer's `Date` tells the difference. It is kept per server, and every time in a token is the server's.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::ports::{Clock, ClockError};

/// The device's own clock, as the operating system has it.
#[must_use]
#[cfg_attr(feature = "uniffi", uniffi::export)]
pub fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Result<i64, ClockError> {
        Ok(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, i64::saturating_neg),
        })
    }
}

/// What time it is, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) device: i64,
    /// As far as the server's clock is known.
    pub(crate) server: i64,
}

impl Times {
    pub(crate) fn new(device: i64, offset: i64) -> Self {
        Self { device, server: device.saturating_add(offset) }
    }
}

/// The server's clock minus the device's, in seconds. A second or two is the grain of `Date`, not a difference.
pub(crate) fn offset(server_date: i64, device_now: i64) -> i64 {
    let offset = server_date.saturating_sub(device_now);
    if offset.abs() <= GRAIN { 0 } else { offset }
}

/// Whether a token signed for `signed_at` was refused because of its times: the server's clock says something else.
pub(crate) fn explains_refusal(server_date: i64, signed_at: i64) -> bool {
    server_date.abs_diff(signed_at) > TOLERANCE
}

/// `Date` has whole seconds and the answer took its time to travel.
const GRAIN: i64 = 2;

/// What is within this is not the clock's fault.
const TOLERANCE: u64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grain_of_the_date_header_is_no_offset() {
        assert_eq!(offset(100, 102), 0);
        assert_eq!(offset(100, 103), -3);
        assert_eq!(offset(i64::MAX, i64::MIN), i64::MAX);
    }

    #[test]
    fn only_a_difference_of_more_than_half_a_minute_explains_a_refusal() {
        assert!(!explains_refusal(1000, 1030) && !explains_refusal(1030, 1000));
        assert!(explains_refusal(1000, 1031) && explains_refusal(1031, 1000));
    }
}
