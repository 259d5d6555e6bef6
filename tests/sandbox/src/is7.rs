//! The push authenticator of WSO2 IS 7.1 and later: `docs/protocol.md` sections 3 and 11.
//!
//! No path is told to the phone: it builds all of them from the root of its user, a tenant or an organisation.

pub(crate) mod discovery;
pub(crate) mod root;
pub(crate) mod settings;
