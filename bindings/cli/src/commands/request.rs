//! Taking requests in, and looking at them.

use authpush_core::Received;
use serde_json::json;

use crate::app::{App, Status, Verification};
use crate::args::State;
use crate::card::card;
use crate::failure::Failure;
use crate::{input, json, listing};

pub(crate) async fn receive(app: &App, push: &str) -> Result<Status, Failure> {
    let push = input::text(push)?;
    let received = app.open(Verification::Asked).await?.process_auth_request(push, None).await?;
    let text = || match &received {
        Received::Request { request, duplicate } => {
            let known = if *duplicate { "This push came before.\n" } else { "" };
            let id = &request.id;
            format!("{known}{}\n\nNext: authpush approve {id}, or authpush deny {id}", card(request))
        }
        Received::Informational { scenario } => {
            format!("For your information: {scenario}. There is nothing to decide.")
        }
    };
    app.output.result(|| json::received(&received), text)?;
    Ok(Status::Done)
}

pub(crate) async fn list(app: &App, state: Option<State>) -> Result<Status, Failure> {
    let requests = app.open(Verification::Asked).await?.requests(state.map(Into::into)).await?;
    let document = || json!({ "requests": requests.iter().map(json::request).collect::<Vec<_>>() });
    app.output.result(document, || listing::requests(&requests))?;
    Ok(Status::Done)
}

pub(crate) async fn history(
    app: &App,
    device: Option<String>,
    limit: Option<u32>,
) -> Result<Status, Failure> {
    let entries = app.open(Verification::Asked).await?.history(device, limit).await?;
    let document = || json!({ "entries": entries.iter().map(json::entry).collect::<Vec<_>>() });
    app.output.result(document, || listing::history(&entries))?;
    Ok(Status::Done)
}
