//! What the control API does to the is7 profile alone.

use serde::{Deserialize, Serialize};

use super::{Control, ControlError, LoginReport, NewLogin, known};
use crate::{
    Profile,
    is7::{
        browser,
        login::{self, Ask, DEVICE_REGISTRATION, Login, NoResend},
        settings::Is7Settings,
    },
    model::User,
    push::Push,
    state::State,
};

/// A push that only tells.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewInformational {
    /// Whose devices are told.
    pub username: String,
    /// What it is about; `DEVICE_REGISTRATION` unless given.
    #[serde(default)]
    pub scenario: Option<String>,
    /// The address that it tells; 203.0.113.7 unless given.
    #[serde(default)]
    pub ip_address: Option<String>,
}

impl Control {
    /// The settings of the is7 profile.
    #[must_use]
    pub fn is7_settings(&self) -> Is7Settings {
        self.shared.with(|state| state.is7.settings.clone())
    }

    /// Changes the settings of the is7 profile; what was begun before stays as it is.
    pub fn set_is7_settings(&self, settings: Is7Settings) {
        self.shared.with(|state| {
            state.is7.settings = settings;
            state.announce();
        });
    }

    /// Sends a push that asks for nothing to every device of a user.
    pub fn informational(&self, new: NewInformational) -> Result<Vec<Push>, ControlError> {
        self.shared.with(|state| {
            only_is7(state)?;
            let user = known(state, &new.username)?;
            let scenario = new.scenario.as_deref().unwrap_or(DEVICE_REGISTRATION);
            let ip_address = new.ip_address.as_deref().unwrap_or("203.0.113.7");
            let devices: Vec<_> =
                state.devices.iter().filter(|device| device.username == user.username).cloned().collect();
            Ok(login::inform(state, &user.username, scenario, &devices, ip_address))
        })
    }

    /// The browser asks for the push once more: the report has the new push's id.
    pub fn resend(&self, push_auth_id: &str) -> Result<LoginReport, ControlError> {
        self.shared.with(|state| match login::resend(state, push_auth_id) {
            Ok(login) => Ok(report(&login)),
            Err(NoResend::Unknown) => Err(ControlError::UnknownLogin(push_auth_id.to_owned())),
            Err(NoResend::Decided) => Err(ControlError::Invalid("this login is decided".to_owned())),
            Err(NoResend::TooOften) => {
                Err(ControlError::Invalid("a push is sent again three times".to_owned()))
            }
        })
    }
}

/// A browser begins a login.
pub(super) fn begin(state: &mut State, user: User, new: NewLogin) -> LoginReport {
    let ask = Ask {
        username: user.username,
        application: new.application.unwrap_or_else(|| "ShopApp".to_owned()),
        ip_address: new.ip_address.unwrap_or_else(|| "203.0.113.7".to_owned()),
        number_challenge: new.number_challenge,
    };
    report(&login::ask(state, ask))
}

/// The browser looks at the poll, and comes back if that says so.
pub(super) fn look(state: &mut State, push_auth_id: &str) -> Result<LoginReport, ControlError> {
    browser::come_back(state, push_auth_id);
    let login = state.is7_login(push_auth_id).map(report);
    login.ok_or_else(|| ControlError::UnknownLogin(push_auth_id.to_owned()))
}

/// Where a login stands, and the number that its page shows.
fn report(login: &Login) -> LoginReport {
    LoginReport {
        session_data_key: login.push_auth_id.clone(),
        username: login.username.clone(),
        status: login.status.clone(),
        number: login.number.clone(),
    }
}

fn only_is7(state: &State) -> Result<(), ControlError> {
    match state.config.profile {
        Profile::Is7 => Ok(()),
        other => Err(ControlError::Invalid(format!("the profile {other} has no such push"))),
    }
}
