//! The server's idea of now: the machine's clock plus an offset that tests move.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// One clock for token checks and for the `Date` header alike.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ServerClock {
    pub(crate) offset_seconds: i64,
}

impl ServerClock {
    /// Milliseconds since 1970, as the server's Java reads its clock.
    pub(crate) fn millis(self) -> i64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let real = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        real.saturating_add(self.offset_seconds.saturating_mul(1000))
    }

    pub(crate) fn seconds(self) -> i64 {
        self.millis().div_euclid(1000)
    }

    /// The value of the `Date` header.
    pub(crate) fn http_date(self) -> String {
        // Dates outside of what HTTP can write (before 1970, after 9999) are cut to its range.
        let seconds = u64::try_from(self.seconds()).unwrap_or(0).min(LAST_HTTP_SECOND);
        httpdate::fmt_http_date(UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH))
    }

    pub(crate) fn rfc3339(self) -> String {
        rfc3339(self.seconds())
    }
}

/// Seconds since 1970 as RFC 3339 in UTC.
pub(crate) fn rfc3339(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| seconds.to_string())
}

const LAST_HTTP_SECOND: u64 = 253_402_300_799; // 9999-12-31T23:59:59Z
