//! What happened, one line each: for `authpush sandbox` and for tests that wait for something.

use serde::Serialize;

/// One happening. Serialises as one flat JSON object with the name in `event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A device was registered.
    Registered {
        /// The device's id.
        device_id: String,
        /// Whose device it is.
        username: String,
        /// Where its pushes go.
        push_id: String,
    },
    /// A push left for the push service.
    PushSent {
        /// Its number, as in the event stream.
        id: u64,
        /// The receiver's push token.
        push_id: String,
        /// The session that an answer must name, if the push is of the server's own making.
        session_data_key: Option<String>,
    },
    /// The phone's answer was taken (which on the plain servlet does not mean believed).
    Answered {
        /// The session.
        session_data_key: String,
        /// The device that the token names.
        device_id: String,
        /// `SUCCESSFUL`, `DENIED`, or whatever else was in `res`.
        decision: Option<String>,
    },
    /// A browser came back from the wait page and was judged.
    LoginDecided {
        /// The session.
        session_data_key: String,
        /// `authenticated`, `denied` or `failed`.
        status: String,
    },
    /// A consent changed its status.
    ConsentDecided {
        /// The consent.
        consent_id: String,
        /// `authorised` or `rejected`.
        status: String,
        /// The accounts that were bound to it.
        account_ids: Vec<String>,
    },
    /// A third party got its token.
    TokenIssued {
        /// The third party.
        client_id: String,
        /// What the token allows.
        scope: String,
    },
    /// A device was removed.
    Removed {
        /// The device's id.
        device_id: String,
    },
    /// A request on a protocol path was refused.
    Refused {
        /// Its path.
        path: String,
        /// The status sent.
        status: u16,
        /// Why, in words that the real server keeps to itself.
        reason: String,
    },
    /// The data directory could not be written; the server goes on in memory.
    NotKept {
        /// What the operating system said.
        reason: String,
    },
    /// An injected fault hit a request.
    Fault {
        /// The path that it hit.
        path: String,
        /// Its kind.
        kind: crate::fault::FaultKind,
    },
}
