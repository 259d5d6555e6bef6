//! The promises, one file each. Every test talks to a server on loopback over real TLS.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod approval;
mod at_rest;
mod cancelled;
mod clock;
mod denial;
mod duplicate;
mod enrolment;
mod expiry;
mod generations;
mod hostile_push;
mod hostile_qr;
mod hostile_server;
mod killed;
mod logging;
mod lost_answers;
mod outbox;
mod removal;
mod scenarios;
mod token_change;
mod trust;
mod two_processes;
mod upgrade;
