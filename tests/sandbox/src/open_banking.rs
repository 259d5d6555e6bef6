//! The Open Banking accelerator 3.1/3.2 on top of the push authenticator: `docs/protocol.md` B 1.2, 1.9 and 1.10.

pub(crate) mod answer;
pub(crate) mod metadata;
pub(crate) mod persist;
pub(crate) mod proxy;
