//! The third party's side: `docs/protocol.md` B 4.

pub(crate) mod ciba;
pub(crate) mod client_auth;
pub(crate) mod configuration;
pub(crate) mod request_object;
pub(crate) mod token;
