//! The push authenticator of WSO2 IS 5.x/6.x: `docs/protocol.md` sections 11.1 to 11.6.

pub(crate) mod binding;
pub(crate) mod browser;
pub(crate) mod devices;
pub(crate) mod discovery;
pub(crate) mod errors;
pub(crate) mod login;
pub(crate) mod registration;
pub(crate) mod servlet;
