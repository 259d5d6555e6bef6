//! The Open Banking accelerator 3.1/3.2 on top of the push authenticator: `docs/protocol.md` sections 11.1, 11.7 and 11.8.

pub(crate) mod answer;
pub(crate) mod metadata;
pub(crate) mod persist;
pub(crate) mod proxy;
