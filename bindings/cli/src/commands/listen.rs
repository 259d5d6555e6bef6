//! Following the push gateway, and asking for each decision as it comes.

use std::sync::Arc;

use authpush_core::{
    Account, AuthRequest, Authenticator, AuthenticatorError, Party, Received, RequestState, display_safe,
};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use super::decide::{approval, chosen_accounts, send};
use crate::app::{App, Status, Verification};
use crate::card::card;
use crate::failure::{Failure, NO_ACCOUNTS};
use crate::gateway::{Broken, Gateway, pause};
use crate::home;
use crate::interrupt::StopSignals;
use crate::json;
use crate::output::{Output, Reader};
use crate::terminal::{Person, choose_one, show_cursor};

pub(crate) async fn run(app: &App, device: Option<String>) -> Result<Status, Failure> {
    let stop = StopSignals::catch();
    let authenticator = app.open(Verification::Asked).await?;
    let accounts = wanted(&authenticator, device).await?;
    let trust = home::trust(&app.globals)?;
    let (sender, news) = channel(WAITING);
    // Dropped at the end, which ends its tasks.
    let mut following = JoinSet::new();
    for account in accounts {
        let push_id = authenticator.push_id(account.device_id.clone()).await?;
        let gateway = Gateway::new(&trust, app.globals.timeout, &account.host, &push_id)?;
        following.spawn(follow(gateway, display_safe(&account.host, 255), sender.clone()));
    }
    drop(sender);
    let ended = tokio::select! {
        () = stop.told() => Ok(Status::Done),
        ended = hear(app, &authenticator, news) => ended,
    };
    if app.person == Person::AtTerminal {
        show_cursor();
    }
    ended
}

/// What comes from the gateways.
enum News {
    /// The stream of a server is open.
    Following(String),
    /// It broke, and is taken up again.
    Interrupted(Failure),
    /// A push.
    Push(String),
    /// There will be no stream.
    Ended(Failure),
}

async fn wanted(authenticator: &Authenticator, device: Option<String>) -> Result<Vec<Account>, Failure> {
    let mut accounts = authenticator.accounts().await?;
    if let Some(device) = device {
        accounts.retain(|account| account.device_id == device);
        if accounts.is_empty() {
            return Err(AuthenticatorError::UnknownDevice { by: Party::Local }.into());
        }
    }
    if accounts.is_empty() {
        return Err(Failure::new(NO_ACCOUNTS, "there is no account to listen for"));
    }
    Ok(accounts)
}

/// Follows one gateway for as long as there is hope and somebody who wants to hear.
async fn follow(mut gateway: Gateway, host: String, news: Sender<News>) {
    let mut misses = 0;
    loop {
        let failure = match attend(&mut gateway, &host, &news, &mut misses).await {
            Broken::ForNow(failure) => failure,
            Broken::ForGood(failure) => {
                let _ = news.send(News::Ended(failure)).await;
                return;
            }
        };
        // Once for each outage, not for each try.
        if misses == 0 && news.send(News::Interrupted(failure)).await.is_err() {
            return;
        }
        tokio::time::sleep(pause(misses)).await;
        misses = misses.saturating_add(1);
    }
}

/// Hands on what one stream brings, until it breaks.
async fn attend(gateway: &mut Gateway, host: &str, news: &Sender<News>, misses: &mut u32) -> Broken {
    let mut stream = match gateway.open().await {
        Ok(stream) => stream,
        Err(broken) => return broken,
    };
    *misses = 0;
    let _ = news.send(News::Following(host.to_owned())).await;
    loop {
        match gateway.next(&mut stream).await {
            Ok(push) => {
                let _ = news.send(News::Push(push)).await;
            }
            Err(broken) => return broken,
        }
    }
}

async fn hear(
    app: &App,
    authenticator: &Arc<Authenticator>,
    mut news: Receiver<News>,
) -> Result<Status, Failure> {
    let mut last = None;
    while let Some(item) = news.recv().await {
        match item {
            News::Following(host) => {
                app.output.note(&format!("Following {host}; Ctrl-C ends it."));
            }
            News::Interrupted(failure) => {
                app.output
                    .note(&format!("The push gateway is not there ({}); trying again.", failure.code()));
            }
            News::Push(push) => {
                if take_in(app, authenticator, push).await? == Reader::Left {
                    return Ok(Status::Done);
                }
            }
            News::Ended(failure) => {
                // One of several is told at once; the last one is the command's own failure.
                if let Some(before) = last.replace(failure) {
                    app.output.failure(&before);
                }
            }
        }
    }
    match last {
        Some(failure) => Err(failure),
        None => Ok(Status::Done),
    }
}

/// Takes in one push. What is wrong with it, or with its decision, does not end the listening.
async fn take_in(app: &App, authenticator: &Arc<Authenticator>, push: String) -> Result<Reader, Failure> {
    let received = match authenticator.process_auth_request(push, None).await {
        Ok(received) => received,
        Err(error) => {
            app.output.failure(&error.into());
            return Ok(Reader::Listens);
        }
    };
    let text = || match &received {
        Received::Request { request, .. } => format!("\n{}\n", card(request)),
        Received::Informational { scenario } => format!("For your information: {scenario}."),
    };
    let reader = app.output.result(|| json::received(&received), text)?;
    let can_ask = app.output == Output::Text && app.person == Person::AtTerminal;
    if can_ask
        && let Some(request) = received.request().filter(|request| request.state == RequestState::Pending)
        && let Err(failure) = ask(app, authenticator, &request).await
    {
        app.output.failure(&failure);
    }
    Ok(reader)
}

async fn ask(app: &App, authenticator: &Arc<Authenticator>, request: &AuthRequest) -> Result<(), Failure> {
    let can_be_approved = request.consent.as_ref().is_none_or(|consent| consent.error.is_none());
    let choices: &[Choice] = if can_be_approved {
        &[Choice::Later, Choice::Approve, Choice::Deny]
    } else {
        &[Choice::Later, Choice::Deny]
    };
    let items = choices.iter().map(|choice| choice.text().to_owned()).collect();
    let picked = choose_one("Your decision", items).await?;
    let review = authenticator.process_consent_data(request.id.clone()).await?;
    let decision = match choices.get(picked) {
        Some(Choice::Approve) => {
            let entry = authenticator.entry(request.id.clone()).await?;
            let chosen = chosen_accounts(app, &entry, Vec::new()).await?;
            approval(app, authenticator, review, chosen, None).await?
        }
        Some(Choice::Deny) => review.deny(),
        Some(Choice::Later) | None => {
            app.output.note(&format!("Later: authpush approve {0}, or authpush deny {0}", request.id));
            return Ok(());
        }
    };
    let answer = send(app, authenticator, decision).await?;
    Status::of(&answer).map(|_| ())
}

/// What can be done with a request that just came.
#[derive(Clone, Copy)]
enum Choice {
    Later,
    Approve,
    Deny,
}

impl Choice {
    fn text(self) -> &'static str {
        match self {
            Self::Later => "decide later",
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
}

/// Pushes that wait while the person is asked; beyond that the stream itself waits.
const WAITING: usize = 64;
