//! Where tests make core panic, to see what a bug becomes in an app. Compiled with the feature `panic-probe` alone.

/// Panics where work that may block is done: when the clock tells a time that no clock can have.
pub(crate) fn blocking(now: i64) {
    assert_ne!(now, i64::MIN, "probe: in blocking work");
}

/// Panics where futures are polled: on the text `panic` instead of a QR code.
pub(crate) fn polled(qr: &str) {
    assert_ne!(qr, "panic", "probe: in a future");
}
