//! The pages for people, in a real browser: they load cleanly, show what the server knows, and keep strangers' text inert.

#![allow(unreachable_pub, reason = "a test is reached by nobody")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod access;
mod bank;
mod browser;
mod controls;
mod dress;
mod shop;
mod strangers;
#[path = "../support/mod.rs"]
mod support;
