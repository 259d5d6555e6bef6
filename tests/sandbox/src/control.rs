//! The control API: everything that a test does to the server and is no part of the protocol.

mod defaults;
pub(crate) mod http;
mod is7;
pub(crate) mod origin;
mod quirks;
mod registration_code;
mod third_party;
mod types;

use std::sync::Arc;

use serde_json::{Value, json};

pub use self::is7::NewInformational;
pub use self::types::{
    CibaAnswer, CibaReport, CibaStart, ControlError, LoginReport, NewConsent, NewLogin, NewPush, NewUser,
    Overview,
};
pub use self::{quirks::Quirk, registration_code::RegistrationCode};
use crate::{
    Profile,
    audit::AuditEntry,
    classic::{
        browser, discovery,
        login::{Ask, ask},
    },
    fault::Fault,
    is7::discovery as is7_discovery,
    model::{Client, Consent, ConsentStatus, Device, Organization, Session, User},
    open_banking::proxy,
    push::{Push, PushStream},
    state::{Shared, State, new_id},
};

/// The control API in the same process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The server at a glance.
    #[must_use]
    pub fn overview(&self) -> Overview {
        self.shared.with(|state| Overview {
            url: state.config.url.clone(),
            profile: state.config.profile,
            tenant: state.config.tenant.clone(),
            quirks: state.config.quirks,
            users: state.users.iter().map(|user| user.username.clone()).collect(),
            clients: state.clients.iter().map(|client| client.client_id.clone()).collect(),
            server_time: state.clock.seconds(),
            clock_offset_seconds: state.clock.offset_seconds,
        })
    }

    /// Makes a user.
    pub fn create_user(&self, new: NewUser) -> Result<User, ControlError> {
        if new.username.trim().is_empty() {
            return Err(ControlError::Invalid("username is empty".to_owned()));
        }
        if new.organization_id.is_none() && (new.organization_name.is_some() || new.combined) {
            return Err(ControlError::Invalid("organization_id is missing".to_owned()));
        }
        let organization = new.organization_id.map(|id| Organization {
            name: new.organization_name.unwrap_or_else(|| id.clone()),
            id,
            combined: new.combined,
        });
        self.shared.with(|state| {
            if state.user(&new.username).is_some() {
                return Err(ControlError::Exists(new.username));
            }
            let user = User {
                password: new.password.unwrap_or_else(|| new.username.clone()),
                username: new.username,
                first_name: new.first_name,
                last_name: new.last_name,
                organization,
                user_store_domain: new.user_store_domain,
            };
            state.users.push(user.clone());
            state.touch();
            Ok(user)
        })
    }

    /// Every user.
    #[must_use]
    pub fn users(&self) -> Vec<User> {
        self.shared.with(|state| state.users.clone())
    }

    /// New discovery data for a user: what a QR code would hold.
    pub fn enrolment(&self, username: &str) -> Result<Value, ControlError> {
        self.shared.with(|state| {
            let user = known(state, username)?;
            Ok(match state.config.profile {
                Profile::Classic => discovery::open_enrolment(state, &user),
                Profile::OpenBanking => proxy::open_enrolment(state, &user),
                Profile::Is7 => is7_discovery::open_enrolment(state, &user),
            })
        })
    }

    /// Every registered device.
    #[must_use]
    pub fn devices(&self) -> Vec<Device> {
        self.shared.with(|state| state.devices.clone())
    }

    /// Makes a third party known; one of the same id is replaced.
    pub fn create_client(&self, client: Client) -> Result<Client, ControlError> {
        if (client.public_key.is_some() || client.jwks.is_some()) && client.keys().is_empty() {
            return Err(ControlError::UnreadableKey);
        }
        self.shared.with(|state| {
            state.clients.retain(|known| known.client_id != client.client_id);
            state.clients.push(client.clone());
            state.touch();
        });
        Ok(client)
    }

    /// Makes a consent known.
    pub fn create_consent(&self, new: NewConsent) -> Result<Consent, ControlError> {
        self.shared.with(|state| {
            let user = known(state, &new.user)?;
            let consent_id = new.consent_id.unwrap_or_else(new_id);
            if state.consent(&consent_id).is_some() {
                return Err(ControlError::Exists(consent_id));
            }
            let now = state.clock.seconds();
            let consent = Consent {
                consent_id,
                user: user.username,
                status: ConsentStatus::AwaitingAuthorisation,
                data: new.data.unwrap_or_else(|| defaults::data(&new.consent_type, now)),
                consent_type: new.consent_type,
                accounts: new.accounts.unwrap_or_else(defaults::accounts),
                raw_metadata: new.raw_metadata,
                auth_req_id: None,
                authorisations: Vec::new(),
                created_time: now,
            };
            state.consents.push(consent.clone());
            state.touch();
            Ok(consent)
        })
    }

    /// Every consent.
    #[must_use]
    pub fn consents(&self) -> Vec<Consent> {
        self.shared.with(|state| state.consents.clone())
    }

    /// One consent.
    pub fn consent(&self, consent_id: &str) -> Result<Consent, ControlError> {
        self.shared.with(|state| {
            state
                .consent(consent_id)
                .cloned()
                .ok_or_else(|| ControlError::UnknownConsent(consent_id.to_owned()))
        })
    }

    /// A browser begins a login.
    pub fn login(&self, new: NewLogin) -> Result<LoginReport, ControlError> {
        self.shared.with(|state| {
            let user = known(state, &new.username)?;
            if state.config.profile == Profile::Is7 {
                return Ok(is7::begin(state, user, new));
            }
            let session = ask(
                state,
                Ask {
                    username: user.username,
                    application: new.application.unwrap_or_else(|| "ShopApp".to_owned()),
                    ip_address: new.ip_address.unwrap_or_else(|| "203.0.113.7".to_owned()),
                    browser: Some("Chrome".to_owned()),
                    os: Some("Windows".to_owned()),
                    metadata: new.metadata,
                    consent: None,
                },
            );
            Ok(report(&session))
        })
    }

    /// Lets the browser of a login look at the poll, and come back if that says so; tells what it was told.
    pub fn login_status(&self, session_data_key: &str) -> Result<LoginReport, ControlError> {
        self.shared.with(|state| {
            if state.config.profile == Profile::Is7 {
                return is7::look(state, session_data_key);
            }
            browser::come_back(state, session_data_key);
            let session = state.session(session_data_key).filter(|session| session.consent.is_none());
            session.map(report).ok_or_else(|| ControlError::UnknownLogin(session_data_key.to_owned()))
        })
    }

    /// Sends a push of any content.
    pub fn push(&self, new: NewPush) -> Result<Push, ControlError> {
        self.shared.with(|state| {
            let push_id = match (new.push_id, new.device_id) {
                (Some(push_id), _) => push_id,
                (None, Some(did)) => match state.device(&did) {
                    Some(device) => device.push_id.clone(),
                    None => return Err(ControlError::UnknownDevice(did)),
                },
                (None, None) => {
                    return Err(ControlError::Invalid("push_id or device_id is needed".to_owned()));
                }
            };
            let message = match state.config.profile {
                Profile::Is7 => json!({ "message": { "token": push_id, "data": new.data } }),
                Profile::Classic | Profile::OpenBanking => json!({ "to": push_id, "data": new.data }),
            };
            Ok(state.send_push(&push_id, message))
        })
    }

    /// Every push that left.
    #[must_use]
    pub fn pushes(&self) -> Vec<Push> {
        self.shared.with(|state| state.pushes.clone())
    }

    /// The pushes of a push token: first those that nobody has had, then new ones.
    #[must_use]
    pub fn subscribe(&self, push_id: &str) -> PushStream {
        PushStream::new(Arc::clone(&self.shared), push_id, None)
    }

    /// The pushes of a push token after the one of this number, had by someone or not.
    #[must_use]
    pub fn subscribe_after(&self, push_id: &str, after: u64) -> PushStream {
        PushStream::new(Arc::clone(&self.shared), push_id, Some(after))
    }

    /// Orders a fault.
    pub fn fault(&self, fault: Fault) {
        self.shared.with(|state| {
            state.faults.push(fault);
            state.announce();
        });
    }

    /// The faults that are still to come.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.with(|state| state.faults.clone())
    }

    /// Calls off every fault.
    pub fn clear_faults(&self) {
        self.shared.with(|state| {
            state.faults.clear();
            state.announce();
        });
    }

    /// Moves the server's clock this far from the machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.shared.with(|state| {
            state.clock.offset_seconds = seconds;
            state.announce();
        });
    }

    /// Every request on the protocol paths, oldest first.
    #[must_use]
    pub fn audit(&self) -> Vec<AuditEntry> {
        self.shared.with(|state| state.audit.clone())
    }

    /// Forgets them.
    pub fn clear_audit(&self) {
        self.shared.with(|state| {
            state.audit.clear();
            state.announce();
        });
    }
}

fn known(state: &State, username: &str) -> Result<User, ControlError> {
    state.user(username).cloned().ok_or_else(|| ControlError::UnknownUser(username.to_owned()))
}

fn report(session: &Session) -> LoginReport {
    LoginReport {
        session_data_key: session.key.clone(),
        username: session.username.clone(),
        status: session.login.clone(),
        number: None,
    }
}
