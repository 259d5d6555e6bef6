//! Approving, denying, and delivering what could not be delivered.

use std::sync::Arc;

use authpush_core::{
    Answer, Authenticator, Choice, Consent, Contradiction, Decision, Delivery, HistoryEntry, RequestState,
    RetryTrigger, Review,
};
use serde_json::json;

use crate::app::{App, Status, Verification};
use crate::args::Approve;
use crate::card::card;
use crate::failure::Failure;
use crate::terminal::{Person, choose_any, type_in};
use crate::{json, listing};

pub(crate) async fn approve(app: &App, arguments: Approve) -> Result<Status, Failure> {
    let verification = if arguments.yes { Verification::ByScript } else { Verification::Asked };
    let authenticator = app.open(verification).await?;
    let entry = authenticator.entry(arguments.request_id.clone()).await?;
    if !arguments.yes && app.person == Person::AtTerminal && entry.answer.is_none() {
        app.output.note(&card(&entry.request));
    }
    let chosen = chosen_accounts(app, &entry, arguments.account_id).await?;
    let review = authenticator.process_consent_data(arguments.request_id).await?;
    let decision = approval(app, &authenticator, review, chosen, arguments.number).await?;
    let answer = send(app, &authenticator, decision).await?;
    Status::of(&answer)
}

pub(crate) async fn deny(app: &App, request_id: String) -> Result<Status, Failure> {
    let authenticator = app.open(Verification::Asked).await?;
    let review = authenticator.process_consent_data(request_id).await?;
    let answer = send(app, &authenticator, review.deny()).await?;
    Status::of(&answer)
}

pub(crate) async fn retry(app: &App) -> Result<Status, Failure> {
    let authenticator = app.open(Verification::Asked).await?;
    let retrying = authenticator.retry(RetryTrigger::Person);
    let answers = app.waiting.during("Delivering", retrying).await?;
    let document = || json!({ "answers": answers.iter().map(json::answer).collect::<Vec<_>>() });
    app.output.result(document, || listing::answers(&answers))?;
    let left_alone = left_alone(&authenticator.history(None, None).await?, &answers);
    if left_alone > 0 {
        app.output.note(&format!(
            "{left_alone} more not tried: the server asked to be left alone for a while, or a try is under way."
        ));
    }
    let statuses: Vec<Status> = answers.iter().map(Status::of).collect::<Result<_, _>>()?;
    Ok(if statuses.contains(&Status::Kept) { Status::Kept } else { Status::Done })
}

/// The approval, with the number of the other screen where that is asked for: the one given, or the one that the person
/// at the terminal types.
pub(super) async fn approval(
    app: &App,
    authenticator: &Authenticator,
    review: Arc<Review>,
    chosen: Vec<String>,
    number: Option<String>,
) -> Result<Arc<Decision>, Failure> {
    let request = review.request();
    let asked = request.number_challenge && request.state != RequestState::Approved;
    let number = match number {
        None if asked && app.person == Person::AtTerminal && request.number_tries_left > 0 => {
            Some(type_in("The number on the other screen").await?)
        }
        given => given,
    };
    Ok(match number {
        Some(number) => authenticator.match_number(review, chosen, number).await?,
        None => authenticator.add_approved_account_ids(review, chosen).await?,
    })
}

/// Sends a decision, and tells what became of it.
pub(super) async fn send(
    app: &App,
    authenticator: &Arc<Authenticator>,
    decision: Arc<Decision>,
) -> Result<Answer, Failure> {
    // Before it sends an approval, this asks the person.
    let doing = match decision.choice() {
        Choice::Approve => "Confirming, then sending",
        Choice::Deny => "Sending the decision",
    };
    let sending = authenticator.send_auth_request(decision);
    let answer = app.waiting.during(doing, sending).await?;
    app.output.result(|| json!({ "answer": json::answer(&answer) }), || listing::answer(&answer))?;
    Ok(answer)
}

/// The accounts that an approval covers: those given, those of the same approval before, or those that the person picks.
pub(super) async fn chosen_accounts(
    app: &App,
    entry: &HistoryEntry,
    given: Vec<String>,
) -> Result<Vec<String>, Failure> {
    if !given.is_empty() {
        return Ok(given);
    }
    match (&entry.answer, &entry.request.consent) {
        (Some(answer), _) if answer.decision == Choice::Approve => Ok(answer.approved_account_ids.clone()),
        (Some(_), _) => Err(authpush_core::AuthenticatorError::from(Contradiction::AlreadyDecided).into()),
        (None, Some(consent)) if consent.error.is_none() && app.person == Person::AtTerminal => {
            pick(consent).await
        }
        // For a login none; for a consent the core says that one is needed.
        (None, _) => Ok(Vec::new()),
    }
}

async fn pick(consent: &Consent) -> Result<Vec<String>, Failure> {
    let shown = consent.accounts.iter().map(|account| format!("{}  {}", account.id, account.display_name));
    let picked = choose_any("Accounts to approve (space picks, enter ends)", shown.collect()).await?;
    let id = |at: usize| consent.accounts.get(at).map(|account| account.id.clone());
    Ok(picked.into_iter().filter_map(id).collect())
}

/// How many decisions still wait and were not tried now.
fn left_alone(history: &[HistoryEntry], tried: &[Answer]) -> usize {
    let waits = |answer: &&Answer| answer.delivery == Delivery::Queued;
    let answers = history.iter().filter_map(|entry| entry.answer.as_ref()).filter(waits);
    answers.filter(|answer| tried.iter().all(|tried| tried.request_id != answer.request_id)).count()
}
