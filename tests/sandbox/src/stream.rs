//! `GET /sandbox/push/{push_id}`: the pushes of one push token as server-sent events.

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
    server::Body,
    state::Shared,
};

/// The stream, if that is what the request asks for.
pub(crate) fn of_pushes(shared: &Arc<Shared>, request: &Incoming) -> Option<Response<Body>> {
    let segments = segments(&request.path)?;
    let [_, _, push_id] = segments.as_slice() else { return None };
    if request.method != "GET" || !request.path.starts_with("/sandbox/push/") {
        return None;
    }
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
    let mut response = Response::new(channel.boxed());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

fn event(push: &Push) -> String {
    format!("event: push\nid: {}\ndata: {}\n\n", push.id, push.message)
}

const KEEP_ALIVE: Duration = Duration::from_secs(15);
