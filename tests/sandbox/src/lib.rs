#![doc = include_str!("../README.md")]

mod audit;
mod base64url;
mod callers;
mod classic;
mod clock;
mod control;
mod event;
mod fault;
mod http;
mod is7;
mod jwt;
mod keys;
mod model;
mod oauth;
mod open_banking;
mod options;
mod portal;
mod push;
mod routes;
mod sandbox;
mod server;
pub mod shop;
mod state;
mod store;
mod stream;
mod tls;

pub use audit::{AuditEntry, Verdict};
pub use control::{
    CibaAnswer, CibaReport, CibaStart, Control, ControlError, LoginReport, NewConsent, NewInformational,
    NewLogin, NewPush, NewUser, Overview, Quirk, RegistrationCode,
};
pub use event::Event;
pub use fault::{Fault, FaultKind, FaultTarget};
pub use is7::settings::{DeviceLine, Is7Settings};
pub use model::{
    Authorisation, CibaStatus, Client, Consent, ConsentStatus, Device, LoginStatus, OfferedAccount,
    Organization, User,
};
pub use options::{Options, Profile, Quirks, UnknownProfile};
pub use push::{Push, PushStream};
pub use sandbox::{Sandbox, SandboxError};
