//! The person at the terminal: questions, and the sign that something is being waited for.
//!
//! Questions are asked on standard error, so that standard output holds results alone.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use authpush_core::{UserVerifier, UserVerifierError, Verification, VerificationPrompt};
use dialoguer::console::Term;
use dialoguer::{Confirm, Input, MultiSelect, Select};
use indicatif::ProgressBar;

use crate::failure::{CANCELLED, Failure};
use crate::output::Output;

/// Whether there is a person to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    AtTerminal,
    Absent,
}

impl Person {
    /// Standard input and standard error must both be terminals.
    pub(crate) fn find() -> Self {
        if io::stdin().is_terminal() && io::stderr().is_terminal() { Self::AtTerminal } else { Self::Absent }
    }
}

/// A sign of life on standard error while the network is waited for.
#[derive(Clone)]
pub(crate) struct Waiting {
    wanted: bool,
    shown: Arc<Mutex<Option<ProgressBar>>>,
}

impl Waiting {
    /// Only a terminal shows it, and never beside `--json`.
    pub(crate) fn new(output: Output) -> Self {
        let wanted = output == Output::Text && io::stderr().is_terminal();
        Self { wanted, shown: Arc::new(Mutex::new(None)) }
    }

    /// Waits for `work`, saying what is being done.
    pub(crate) async fn during<T>(&self, what: &'static str, work: impl Future<Output = T>) -> T {
        if self.wanted {
            let spinner = ProgressBar::new_spinner().with_message(what);
            spinner.enable_steady_tick(Duration::from_millis(100));
            self.replace(Some(spinner));
        }
        let done = work.await;
        self.replace(None);
        done
    }

    /// Runs a question without the spinner drawing over it.
    fn suspend<T>(&self, question: impl FnOnce() -> T) -> T {
        let spinner = self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match spinner {
            Some(spinner) => spinner.suspend(question),
            None => question(),
        }
    }

    fn replace(&self, spinner: Option<ProgressBar>) {
        let before =
            std::mem::replace(&mut *self.shown.lock().unwrap_or_else(PoisonError::into_inner), spinner);
        if let Some(before) = before {
            before.finish_and_clear();
        }
    }
}

/// Asks the person at the terminal, in place of a phone's biometrics.
pub(crate) struct AskPerson {
    pub(crate) waiting: Waiting,
}

impl UserVerifier for AskPerson {
    fn verify(&self, prompt: VerificationPrompt) -> Result<Verification, UserVerifierError> {
        let question = verification_question(&prompt);
        let ask =
            || Confirm::new().with_prompt(question).default(false).wait_for_newline(true).interact_opt();
        match self.waiting.suspend(ask) {
            Ok(Some(true)) => Ok(Verification::Verified),
            Ok(_) => Err(UserVerifierError::Cancelled),
            Err(_) => {
                show_cursor();
                Err(UserVerifierError::Failed)
            }
        }
    }
}

/// `--yes`: the script stands for the person.
pub(crate) struct VerifiedByScript;

impl UserVerifier for VerifiedByScript {
    fn verify(&self, _: VerificationPrompt) -> Result<Verification, UserVerifierError> {
        Ok(Verification::Verified)
    }
}

/// Nobody can be asked.
pub(crate) struct NobodyThere;

impl UserVerifier for NobodyThere {
    fn verify(&self, _: VerificationPrompt) -> Result<Verification, UserVerifierError> {
        Err(UserVerifierError::Unavailable)
    }
}

/// Lets the person choose one of several.
pub(crate) async fn choose_one(question: &'static str, items: Vec<String>) -> Result<usize, Failure> {
    asked(move || Select::new().with_prompt(question).items(items).default(0).interact_opt()).await
}

/// Lets the person choose any of several.
pub(crate) async fn choose_any(question: &'static str, items: Vec<String>) -> Result<Vec<usize>, Failure> {
    asked(move || MultiSelect::new().with_prompt(question).items(items).interact_opt()).await
}

/// Lets the person type a line.
pub(crate) async fn type_in(question: &'static str) -> Result<String, Failure> {
    asked(move || Input::<String>::new().with_prompt(question).interact_text().map(Some)).await
}

async fn asked<T, F>(ask: F) -> Result<T, Failure>
where
    T: Send + 'static,
    F: FnOnce() -> dialoguer::Result<Option<T>> + Send + 'static,
{
    if let Ok(Ok(Some(answer))) = tokio::task::spawn_blocking(ask).await {
        return Ok(answer);
    }
    show_cursor();
    Err(Failure::new(CANCELLED, "the question was not answered"))
}

/// Menus hide the cursor, and one that is broken off does not bring it back.
pub(crate) fn show_cursor() {
    let _ = Term::stderr().show_cursor();
}

fn verification_question(prompt: &VerificationPrompt) -> String {
    let who = prompt.application_name.as_deref().unwrap_or("an unnamed application");
    let amount = prompt.amount.as_ref().map(|amount| format!(" a payment of {amount}")).unwrap_or_default();
    format!("Approve{amount} for {who}, as {}?", prompt.username)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_says_what_is_approved() {
        let prompt = VerificationPrompt {
            request_id: "r".to_owned(),
            application_name: Some("ShopApp".to_owned()),
            username: "alice".to_owned(),
            binding_message: None,
            amount: Some("10.00 GBP".to_owned()),
        };
        assert_eq!(verification_question(&prompt), "Approve a payment of 10.00 GBP for ShopApp, as alice?");
        let login = VerificationPrompt { application_name: None, amount: None, ..prompt };
        assert_eq!(verification_question(&login), "Approve for an unnamed application, as alice?");
    }
}
