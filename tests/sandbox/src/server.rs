//! Connections: TLS, HTTP/1.1, and the faults that end them early.
//!
//! It drives hyper itself, because a fault must be able to close or reset a connection instead of answering, which no
//! framework on top of it lets a handler do.

use std::{
    convert::Infallible,
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http_body_util::{BodyExt as _, Full, Limited, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming as HyperBody},
    header::{CONTENT_LENGTH, DATE, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    control,
    event::Event,
    fault::{self, Fault, FaultKind},
    http::{Incoming, Reply},
    portal,
    routes::{self, Route},
    state::Shared,
    stream,
};

/// What a body is made of; its only error is that it was cut short on purpose.
pub(crate) type Body = BoxBody<Bytes, Cut>;

/// A body that ends before its length, or a connection that ends before its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("cut short by a fault")
    }
}

impl std::error::Error for Cut {}

/// Accepts connections until the sandbox stops.
pub(crate) async fn serve(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let mut stopped = shared.stopped.subscribe();
    loop {
        tokio::select! {
            () = told(&mut stopped) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((tcp, peer)) => {
                    connections.spawn(connection(tcp, peer, acceptor.clone(), Arc::clone(&shared)));
                }
                // Out of descriptors, for instance: it passes.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    // The connections end with the set.
}

/// Returns once the sandbox stops, without keeping the lock that the news came with.
pub(crate) async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// How a connection ends when a request on it gets no answer.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Reset,
    Close,
    Garbage,
}

async fn connection(tcp: TcpStream, peer: SocketAddr, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let _ = tcp.set_nodelay(true);
    let Ok(mut tls) = acceptor.accept(tcp).await else { return };
    let ending = Arc::new(Mutex::new(None));
    let service = service_fn(|request| {
        let (shared, ending) = (Arc::clone(&shared), Arc::clone(&ending));
        async move {
            match exchange(&shared, peer, request).await {
                Ok(response) => Ok(response),
                Err(how) => {
                    *ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
                    Err(Cut)
                }
            }
        }
    });
    // Whatever goes wrong here is the client's affair or was ordered.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(&mut tls), service).await;
    let how = *ending.lock().unwrap_or_else(PoisonError::into_inner);
    end(&mut tls, how).await;
}

async fn end(tls: &mut TlsStream<TcpStream>, how: Option<Ending>) {
    match how {
        // No farewell in TLS, and a reset instead of a FIN.
        Some(Ending::Reset) => {
            let _ = tls.get_ref().0.set_zero_linger();
        }
        Some(Ending::Garbage) => {
            let _ = tls.write_all(b"\x00\x01this is not HTTP\xff\r\n\r\n").await;
            let _ = tls.shutdown().await;
        }
        Some(Ending::Close) | None => {
            let _ = tls.shutdown().await;
        }
    }
}

/// One request and its answer, or how the connection is to end instead.
async fn exchange(
    shared: &Arc<Shared>,
    peer: SocketAddr,
    request: Request<HyperBody>,
) -> Result<Response<Body>, Ending> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MOST_BODY).collect().await {
        Ok(collected) => collected.to_bytes().to_vec(),
        Err(_) => return Ok(whole(shared, Reply::page(413, ""))),
    };
    let headers = parts.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), String::from_utf8(value.as_bytes().to_vec()).ok()?))
    });
    let request = Incoming {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body,
        peer: peer.ip(),
    };
    if let Some(page) = portal::answer(&request) {
        return Ok(whole(shared, page));
    }
    if request.path == "/sandbox" || request.path.starts_with("/sandbox/") {
        if let Some(refusal) = control::origin::refusal(&request) {
            return Ok(whole(shared, refusal));
        }
        if let Some(stream) = stream::of(shared, &request) {
            return Ok(dated(shared, stream));
        }
        return Ok(whole(shared, control::http::answer(shared, &request)));
    }
    match ordered_fault(shared, &request) {
        None => Ok(whole(shared, shared.with(|state| routes::answer(state, &request)))),
        Some(fault) => with_fault(shared, &request, &fault).await,
    }
}

fn ordered_fault(shared: &Shared, request: &Incoming) -> Option<Fault> {
    shared.with(|state| {
        let target = Route::of(state, &request.method, &request.path).fault_target();
        let fault = fault::take(&mut state.faults, target)?;
        state.emit(Event::Fault { path: request.path.clone(), kind: fault.kind });
        Some(fault)
    })
}

async fn with_fault(shared: &Shared, request: &Incoming, fault: &Fault) -> Result<Response<Body>, Ending> {
    let processed = || {
        shared.with(|state| {
            let reply = routes::answer(state, request);
            if let Some(entry) = state.audit.last_mut() {
                entry.fault = Some(fault.kind);
            }
            reply
        })
    };
    let unprocessed = |reply: Reply| {
        let reply = reply.why("an ordered fault; the request was not processed");
        shared.with(|state| {
            let mut entry = crate::audit::AuditEntry::new(state.clock.rfc3339(), request, &reply);
            entry.fault = Some(fault.kind);
            state.record(entry);
        });
        reply
    };
    match fault.kind {
        FaultKind::Drop => {
            unprocessed(Reply::empty(0));
            Err(Ending::Reset)
        }
        FaultKind::CloseBefore => {
            unprocessed(Reply::empty(0));
            Err(Ending::Close)
        }
        FaultKind::Garbage => {
            unprocessed(Reply::empty(0));
            Err(Ending::Garbage)
        }
        FaultKind::CloseAfterProcessing => {
            processed();
            Err(Ending::Close)
        }
        FaultKind::DropAfterProcessing => {
            processed();
            Err(Ending::Reset)
        }
        FaultKind::Delay => {
            tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
            Ok(whole(shared, processed()))
        }
        FaultKind::Status => {
            let body = fault.body.clone().unwrap_or_default();
            let reply = Reply { body: body.into_bytes(), ..Reply::empty(fault.status.unwrap_or(503)) };
            let mut response = whole(shared, unprocessed(reply));
            for (name, value) in &fault.headers {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    response.headers_mut().insert(name, value);
                }
            }
            Ok(response)
        }
        FaultKind::Truncate => Ok(truncated(shared, processed())),
        FaultKind::Oversize => {
            let mut reply = processed();
            reply.body = vec![b' '; OVERSIZE];
            Ok(whole(shared, reply))
        }
    }
}

/// An answer with a body that is all there.
fn whole(shared: &Shared, mut reply: Reply) -> Response<Body> {
    let body = Full::new(Bytes::from(std::mem::take(&mut reply.body))).map_err(never).boxed();
    dated(shared, response(&reply, body))
}

/// An answer that promises its whole length (or 32 bytes, if it has none), and stops half-way.
fn truncated(shared: &Shared, mut reply: Reply) -> Response<Body> {
    let mut body = std::mem::take(&mut reply.body);
    let promised = if body.is_empty() { 32 } else { body.len() };
    body.truncate(body.len().div_euclid(2));
    let (mut sender, channel) = http_body_util::channel::Channel::new(1);
    tokio::spawn(async move {
        if !body.is_empty() {
            let _ = sender.send_data(Bytes::from(body)).await;
        }
        // Lets the first half reach the wire before the connection breaks.
        tokio::time::sleep(TRUNCATE_PAUSE).await;
        sender.abort(Cut);
    });
    let mut response = dated(shared, response(&reply, channel.boxed()));
    if response.status() == hyper::StatusCode::NO_CONTENT {
        // A 204 has no body that could be cut.
        *response.status_mut() = hyper::StatusCode::OK;
    }
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(promised));
    response
}

fn response(reply: &Reply, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        hyper::StatusCode::from_u16(reply.status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(*name, value);
        }
    }
    response
}

/// Every answer carries the server's idea of now, wrong as it may have been set.
fn dated(shared: &Shared, mut response: Response<Body>) -> Response<Body> {
    let date = shared.with(|state| state.clock.http_date());
    if let Ok(date) = HeaderValue::try_from(date) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

/// Turns the error that a whole body cannot have into the one that bodies have here.
pub(crate) fn never(impossible: Infallible) -> Cut {
    match impossible {}
}

const MOST_BODY: usize = 1 << 20;
const OVERSIZE: usize = 1 << 20;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const TRUNCATE_PAUSE: Duration = Duration::from_millis(20);
