//! The push authenticator of WSO2 IS 7.1 and later: `docs/protocol.md`.
//!
//! No path is told to the phone: it builds all of them from the root of its user, a tenant or an organisation.

pub(crate) mod authenticate;
pub(crate) mod browser;
pub(crate) mod devices;
pub(crate) mod discovery;
pub(crate) mod errors;
pub(crate) mod login;
pub(crate) mod notification;
pub(crate) mod registration;
pub(crate) mod root;
pub(crate) mod routes;
pub(crate) mod settings;
pub(crate) mod token;
