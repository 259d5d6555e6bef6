//! What every command works with.

use std::sync::Arc;

use authpush_core::{Answer, Authenticator, Delivery, UserVerifier};

use crate::args::Globals;
use crate::failure::Failure;
use crate::home;
use crate::output::Output;
use crate::terminal::{AskPerson, NobodyThere, Person, VerifiedByScript, Waiting};

/// One run of the program.
pub(crate) struct App {
    pub(crate) globals: Globals,
    pub(crate) output: Output,
    pub(crate) person: Person,
    pub(crate) waiting: Waiting,
}

/// How a command that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// All is done.
    Done,
    /// A decision is kept, but not known to be delivered.
    Kept,
}

/// Who verifies the person before an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verification {
    /// The person is asked, if there is one.
    Asked,
    /// The script that runs the command vouches for it.
    ByScript,
}

impl App {
    pub(crate) fn new(globals: Globals) -> Self {
        let output = if globals.json { Output::Json } else { Output::Text };
        Self { globals, output, person: Person::find(), waiting: Waiting::new(output) }
    }

    /// Opens the authenticator of the home.
    pub(crate) async fn open(&self, verification: Verification) -> Result<Arc<Authenticator>, Failure> {
        let verifier: Arc<dyn UserVerifier> = match (verification, self.person) {
            (Verification::ByScript, _) => Arc::new(VerifiedByScript),
            (Verification::Asked, Person::AtTerminal) => {
                Arc::new(AskPerson { waiting: self.waiting.clone() })
            }
            (Verification::Asked, Person::Absent) => Arc::new(NobodyThere),
        };
        home::open(&self.globals, verifier).await
    }
}

impl Status {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Kept => 3,
        }
    }

    /// The end of a command that told of this answer.
    pub(crate) fn of(answer: &Answer) -> Result<Self, Failure> {
        match (answer.error(), answer.delivery) {
            (Some(error), _) => Err(error.into()),
            (None, Delivery::Queued | Delivery::Unconfirmed) => Ok(Self::Kept),
            (None, _) => Ok(Self::Done),
        }
    }
}
