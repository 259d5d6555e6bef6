//! Times as text: RFC 3339, UTC, whole seconds.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Seconds since 1970 as `2026-01-31T12:00:00Z`; `None` outside the years that RFC 3339 has.
pub(crate) fn rfc3339(seconds: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()?.format(&Rfc3339).ok()
}

/// The same for people, without the letters: `2026-01-31 12:00:00 UTC`.
pub(crate) fn readable(seconds: i64) -> String {
    match rfc3339(seconds) {
        Some(text) => text.replace('T', " ").replace('Z', " UTC"),
        None => format!("{seconds} s after 1970"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_in_utc() {
        assert_eq!(rfc3339(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(rfc3339(1_769_860_800).as_deref(), Some("2026-01-31T12:00:00Z"));
        assert_eq!(rfc3339(i64::MAX), None);
        assert_eq!(readable(1_769_860_800), "2026-01-31 12:00:00 UTC");
        assert_eq!(readable(i64::MAX), format!("{} s after 1970", i64::MAX));
    }
}
