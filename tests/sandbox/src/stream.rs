//! Server-sent events: `GET /sandbox/push/{push_id}`, the pushes of one push token, and `GET /sandbox/changes`, which
//! says that there is something new to see and leaves it to the listener to ask for what it shows.

use std::{sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, channel::Channel};
use hyper::{
    Response,
    body::Bytes,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};

use crate::{
    http::Incoming,
    push::{Push, PushStream},
    routes::segments,
    server::{Body, Cut, told},
    state::Shared,
};

/// The stream, if that is what the request asks for.
pub(crate) fn of(shared: &Arc<Shared>, request: &Incoming) -> Option<Response<Body>> {
    let segments = segments(&request.path)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["sandbox", "push", push_id]) => Some(of_pushes(shared, request, push_id)),
        ("GET", ["sandbox", "changes"]) => Some(of_changes(shared)),
        _ => None,
    }
}

fn of_pushes(shared: &Arc<Shared>, request: &Incoming, push_id: &str) -> Response<Body> {
    let after =
        request.header("last-event-id").map(str::to_owned).or_else(|| request.query_parameter("after"));
    let mut pushes = PushStream::new(Arc::clone(shared), push_id, after.and_then(|id| id.parse().ok()));
    let (mut sender, channel) = Channel::new(16);
    tokio::spawn(async move {
        // The first comment makes the head of the answer go out at once.
        let mut line = ": sandbox\n\n".to_owned();
        loop {
            if sender.send_data(Bytes::from(line)).await.is_err() {
                return;
            }
            line = match tokio::time::timeout(KEEP_ALIVE, pushes.next()).await {
                Ok(Some(push)) => event(&push),
                Ok(None) => return,
                Err(_) => ": keep-alive\n\n".to_owned(),
            };
        }
    });
    of_events(channel)
}

fn of_changes(shared: &Arc<Shared>) -> Response<Body> {
    let (mut changes, mut stopped) = (shared.changes.subscribe(), shared.stopped.subscribe());
    let (mut sender, channel) = Channel::new(16);
    tokio::spawn(async move {
        let mut line = ": sandbox\n\n".to_owned();
        loop {
            if sender.send_data(Bytes::from(line)).await.is_err() {
                return;
            }
            line = tokio::select! {
                () = told(&mut stopped) => return,
                // Changes that come while one is on its way are told as one.
                news = changes.changed() => match news {
                    Ok(()) => format!("data: {}\n\n", *changes.borrow_and_update()),
                    Err(_) => return,
                },
                () = tokio::time::sleep(KEEP_ALIVE) => ": keep-alive\n\n".to_owned(),
            };
        }
    });
    of_events(channel)
}

fn of_events(channel: Channel<Bytes, Cut>) -> Response<Body> {
    let mut response = Response::new(channel.boxed());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn event(push: &Push) -> String {
    format!("event: push\nid: {}\ndata: {}\n\n", push.id, push.message)
}

const KEEP_ALIVE: Duration = Duration::from_secs(15);
