//! The step of a login that asks the phones, its repetition, and the pushes that only tell.

use uuid::Uuid;

use super::{
    notification::Addressee,
    settings::{DeviceLine, Is7Settings},
};
use crate::{
    model::{Device, LoginStatus},
    push::Push,
    state::{State, new_id},
};

/// What this profile remembers beside what all do.
#[derive(Debug, Default)]
pub(crate) struct Is7 {
    pub(crate) settings: Is7Settings,
    pub(crate) logins: Vec<Login>,
}

/// A login in a browser, with the context of its latest push.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// The `pushId` of the latest push, which the answer calls `pushAuthId`.
    pub(crate) push_auth_id: String,
    /// Those of earlier pushes: their contexts are gone.
    pub(crate) earlier: Vec<String>,
    pub(crate) username: String,
    pub(crate) application: String,
    pub(crate) ip_address: String,
    pub(crate) challenge: String,
    pub(crate) number: Option<String>,
    /// The devices that the latest push went to.
    pub(crate) notified: Vec<String>,
    /// When the latest push left, seconds since 1970.
    pub(crate) pushed: i64,
    /// The answer as the servlet stored it, and the device that it names.
    pub(crate) token: Option<(String, String)>,
    /// Whether `check-status` will say COMPLETED: once, then it has forgotten.
    pub(crate) completed: bool,
    /// The context is gone.
    pub(crate) cleared: bool,
    pub(crate) status: LoginStatus,
}

impl Login {
    /// Whether its latest push, or an earlier one, has this id.
    pub(crate) fn answers_to(&self, id: &str) -> bool {
        self.push_auth_id == id || self.earlier.iter().any(|earlier| earlier == id)
    }

    /// Whether the context of the latest push is over by itself.
    pub(crate) fn is_over(&self, now_seconds: i64) -> bool {
        now_seconds.saturating_sub(self.pushed) > CONTEXT_LIFE
    }
}

/// A login to begin.
pub(crate) struct Ask {
    pub(crate) username: String,
    pub(crate) application: String,
    pub(crate) ip_address: String,
    pub(crate) number_challenge: bool,
}

/// Why a push is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoResend {
    Unknown,
    Decided,
    TooOften,
}

/// Begins a login. It exists even when no push could be sent.
pub(crate) fn ask(state: &mut State, ask: Ask) -> Login {
    let numbered = ask.number_challenge || state.is7.settings.number_challenge;
    let mut login = Login {
        push_auth_id: String::new(),
        earlier: Vec::new(),
        username: ask.username,
        application: ask.application,
        ip_address: ask.ip_address,
        challenge: String::new(),
        number: numbered.then(number),
        notified: Vec::new(),
        pushed: 0,
        token: None,
        completed: false,
        cleared: false,
        status: LoginStatus::Pending,
    };
    send(state, &mut login);
    state.is7.logins.push(login.clone());
    login
}

/// Asks once more: a new id, challenge and number; the context of the push before is dropped, and its answer with it.
pub(crate) fn resend(state: &mut State, id: &str) -> Result<Login, NoResend> {
    let position = state.is7.logins.iter().position(|login| login.answers_to(id)).ok_or(NoResend::Unknown)?;
    let mut login = state.is7.logins.get(position).cloned().ok_or(NoResend::Unknown)?;
    if login.status != LoginStatus::Pending {
        return Err(NoResend::Decided);
    }
    if login.earlier.len() >= MOST_RESENDS {
        return Err(NoResend::TooOften);
    }
    login.earlier.push(std::mem::take(&mut login.push_auth_id));
    login.number = login.number.map(|_| number());
    login.token = None;
    login.completed = false;
    send(state, &mut login);
    if let Some(kept) = state.is7.logins.get_mut(position) {
        *kept = login.clone();
    }
    Ok(login)
}

/// A push that asks for nothing, to each of `devices`.
pub(crate) fn inform(
    state: &mut State,
    username: &str,
    scenario: &str,
    devices: &[Device],
    ip_address: &str,
) -> Vec<Push> {
    let Some(user) = state.user(username).cloned() else { return Vec::new() };
    let settings = state.is7.settings.clone();
    let tenant = state.config.tenant.clone();
    let addressee = Addressee { user: &user, tenant: &tenant, settings: &settings };
    devices
        .iter()
        .map(|device| {
            let message = addressee.informational(device, scenario, ip_address);
            state.send_push(&device.push_id, message)
        })
        .collect()
}

impl State {
    /// The login that this `pushId` belongs to, be it of its latest push or of an earlier one.
    pub(crate) fn is7_login(&self, id: &str) -> Option<&Login> {
        self.is7.logins.iter().find(|login| login.answers_to(id))
    }

    /// The login whose latest push has this `pushId`.
    pub(crate) fn is7_context(&mut self, id: &str) -> Option<&mut Login> {
        self.is7.logins.iter_mut().find(|login| login.push_auth_id == id)
    }
}

/// Opens a context and sends its push to every device of the user; on the older line, to the one.
fn send(state: &mut State, login: &mut Login) {
    login.push_auth_id = new_id();
    login.challenge = new_id();
    login.pushed = state.clock.seconds();
    let most = match state.is7.settings.device_line {
        DeviceLine::One => 1,
        DeviceLine::Many => usize::MAX,
    };
    let devices: Vec<Device> =
        state.devices.iter().filter(|device| device.username == login.username).take(most).cloned().collect();
    login.notified = devices.iter().map(|device| device.device_id.clone()).collect();
    let user = state.user(&login.username).cloned();
    let (Some(user), false) = (user, devices.is_empty()) else {
        login.status = LoginStatus::Failed("error.push.registered.device.not.found".to_owned());
        login.cleared = true;
        return;
    };
    let settings = state.is7.settings.clone();
    let tenant = state.config.tenant.clone();
    let addressee = Addressee { user: &user, tenant: &tenant, settings: &settings };
    for device in &devices {
        let message = addressee.authentication(device, login);
        state.send_push(&device.push_id, message);
    }
}

/// 0 to 99, without a leading zero.
fn number() -> String {
    Uuid::new_v4().as_u128().rem_euclid(100).to_string()
}

/// The informational push that the server itself sends.
pub(crate) const DEVICE_REGISTRATION: &str = "DEVICE_REGISTRATION";
const MOST_RESENDS: usize = 3;
/// Seconds that a context lives. The real server leaves that to the clean-up of its session store.
const CONTEXT_LIFE: i64 = 900;
