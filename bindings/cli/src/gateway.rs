//! Following the sandbox's push gateway: what FCM and APNs are to a phone, this stream is to a desk.
//!
//! The full push token goes to the account's own server only, which has it already, and only where the trust settings
//! allow that server. A broken stream is taken up again where it broke.

use std::time::Duration;

use authpush_core::desk::{call_error, check_host, https_client};
use authpush_core::{AuthenticatorError, TrustSettings, Unavailability};
use reqwest::{Client, Response, StatusCode};
use url::Url;

use crate::events::{Events, PushEvent};
use crate::failure::{Failure, NO_GATEWAY};

/// The gateway of one account.
pub(crate) struct Gateway {
    client: Client,
    url: Url,
    last_id: Option<String>,
}

/// An open stream of pushes.
pub(crate) struct Stream {
    response: Response,
    events: Events,
    waiting: std::collections::VecDeque<PushEvent>,
}

/// Why there is no stream.
pub(crate) enum Broken {
    /// Trying again later may help.
    ForNow(Failure),
    /// It will not.
    ForGood(Failure),
}

impl Gateway {
    /// The gateway beside the server `host` for a push token. Nothing is sent yet.
    pub(crate) fn new(
        trust: &TrustSettings,
        timeout_seconds: u32,
        host: &str,
        push_id: &str,
    ) -> Result<Self, Failure> {
        check_host(trust, host)?;
        let mut url = Url::parse(host).map_err(|_| AuthenticatorError::Internal)?;
        let segments = url.path_segments_mut().map(|mut path| {
            path.clear().extend(["sandbox", "push", push_id]);
        });
        segments.map_err(|()| AuthenticatorError::Internal)?;
        Ok(Self { client: https_client(trust, timeout_seconds)?, url, last_id: None })
    }

    /// Opens the stream, after the last push that was had.
    pub(crate) async fn open(&self) -> Result<Stream, Broken> {
        // The client's own limit is for whole calls, and would cut the stream; silence is noticed by `next`.
        let mut request = self.client.get(self.url.clone()).timeout(LONGEST_STREAM);
        if let Some(id) = &self.last_id {
            request = request.header("last-event-id", id);
        }
        let opened = tokio::time::timeout(SILENCE, request.send()).await;
        let response = match opened {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(broken(call_error(&error))),
            Err(_) => return Err(broken(Unavailability::NotReached.into())),
        };
        match response.status() {
            StatusCode::OK => Ok(Stream { response, events: Events::default(), waiting: [].into() }),
            status if status.is_server_error() => Err(broken(Unavailability::Busy.into())),
            status => Err(Broken::ForGood(Failure::new(
                NO_GATEWAY,
                &format!("the server has no push gateway: it answered {}", status.as_u16()),
            ))),
        }
    }

    /// The next push of an open stream.
    pub(crate) async fn next(&mut self, stream: &mut Stream) -> Result<String, Broken> {
        loop {
            if let Some(event) = stream.waiting.pop_front() {
                if event.id.is_some() {
                    self.last_id = event.id;
                }
                return Ok(event.data);
            }
            let lost = || broken(Unavailability::AnswerLost.into());
            let piece = tokio::time::timeout(SILENCE, stream.response.chunk()).await.map_err(|_| lost())?;
            let piece = piece.map_err(|error| broken(call_error(&error)))?.ok_or_else(lost)?;
            stream.waiting.extend(stream.events.feed(&piece).map_err(|_| lost())?);
        }
    }
}

/// How long to wait before the try after `misses` that failed in a row.
pub(crate) fn pause(misses: u32) -> Duration {
    Duration::from_secs(1_u64.checked_shl(misses.min(5)).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE))
}

fn broken(error: AuthenticatorError) -> Broken {
    let for_good = matches!(error, AuthenticatorError::Untrusted { .. });
    let failure = Failure::from(error);
    if for_good { Broken::ForGood(failure) } else { Broken::ForNow(failure) }
}

/// The gateway says something every 15 seconds, if only that it is there.
const SILENCE: Duration = Duration::from_secs(45);
const LONGEST_STREAM: Duration = Duration::from_hours(24);
const LONGEST_PAUSE: u64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_one_segment_of_the_path_whatever_it_holds() {
        let trust = TrustSettings::default();
        let gateway = Gateway::new(&trust, 5, "https://bank.example:9446", "a:b/c d?e").unwrap();
        assert_eq!(gateway.url.as_str(), "https://bank.example:9446/sandbox/push/a:b%2Fc%20d%3Fe");
    }

    #[test]
    fn a_host_that_is_not_allowed_gets_no_token() {
        let trust =
            TrustSettings { allowed_hosts: vec!["bank.example".to_owned()], ..TrustSettings::default() };
        let code = |host| Gateway::new(&trust, 5, host, "t").err().map(|failure| failure.code().to_owned());
        assert_eq!(code("https://evil.example").as_deref(), Some("host_not_allowed"));
        assert_eq!(code("https://bank.example"), None);
    }

    #[test]
    fn pauses_grow_to_half_a_minute() {
        let seconds: Vec<u64> = (0..8).map(|misses| pause(misses).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30, 30]);
    }
}
