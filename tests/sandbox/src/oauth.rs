//! The third party's side: `docs/protocol.md` sections 11.9 and 11.10.

pub(crate) mod ciba;
pub(crate) mod client_auth;
pub(crate) mod configuration;
pub(crate) mod request_object;
pub(crate) mod token;
