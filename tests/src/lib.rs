//! What the promises are tried with: a phone whose clock, owner and vault the test holds, a bank (the sandbox), and a
//! server that does as it is told.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot go on has failed")]

mod bank;
mod phone;
mod scenario;
mod wild;

pub use bank::Bank;
pub use phone::{ManualClock, Person, Phone, PhoneSettings, Setting};
pub use scenario::play;
pub use wild::{Identity, Reaction, Wild};
