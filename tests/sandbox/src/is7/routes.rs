//! Which paths there are below a root, and who answers.

use super::{authenticate, browser, devices, discovery, registration, root::Root};
use crate::{
    fault::FaultTarget,
    http::{Incoming, Reply},
    routes::Route,
    state::State,
};

/// What a request below a root is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Discovery,
    Register,
    List,
    Get(String),
    Delete(String),
    Remove(String),
    /// `POST .../devices/{id}/update`, which an official app asks for and no released server has.
    Update,
    /// `PATCH .../devices/{id}`, which is gone.
    Patch,
    Answer,
    CheckStatus,
    CommonAuth,
}

/// The route of a request to the is7 profile.
pub(crate) fn of(state: &State, method: &str, segments: &[&str]) -> Route {
    let (root, rest) = Root::split(segments);
    if let Some(why) = root.missing(state) {
        return Route::Unknown(why);
    }
    let action = match (method, rest) {
        (method, ["api", "users", "v1", "me", "push", rest @ ..]) => match of_api(method, rest) {
            Ok(action) => action,
            Err(route) => return route,
        },
        ("POST", ["push-auth", "authenticate"]) => Action::Answer,
        ("GET", ["push-auth", "check-status"]) => Action::CheckStatus,
        ("GET" | "POST", ["commonauth"]) => Action::CommonAuth,
        ("POST", ["oauth2", "token"]) => return Route::Token,
        ("GET", ["oauth2", "token", ".well-known", "openid-configuration"]) => return Route::Configuration,
        (_, ["oauth2", "ciba"]) => return Route::Unknown("these lines push no CIBA request"),
        (_, ["push-auth", "authenticate" | "check-status"] | ["oauth2", "token"]) => {
            return Route::WrongMethod;
        }
        _ => return Route::Unknown("no such path"),
    };
    Route::Is7(root, action)
}

fn of_api(method: &str, rest: &[&str]) -> Result<Action, Route> {
    match (method, rest) {
        ("GET", ["discovery-data"]) => Ok(Action::Discovery),
        ("POST", ["devices"]) => Ok(Action::Register),
        ("GET", ["devices"]) => Ok(Action::List),
        ("GET", ["devices", id]) => Ok(Action::Get((*id).to_owned())),
        ("DELETE", ["devices", id]) => Ok(Action::Delete((*id).to_owned())),
        ("PATCH", ["devices", _]) => Ok(Action::Patch),
        ("POST", ["devices", id, "remove"]) => Ok(Action::Remove((*id).to_owned())),
        ("POST", ["devices", _, "update"]) => Ok(Action::Update),
        (_, ["discovery-data" | "devices"] | ["devices", _] | ["devices", _, "remove"]) => {
            Err(Route::WrongMethod)
        }
        _ => Err(Route::Unknown("no such path")),
    }
}

impl Action {
    /// Which faults hit it.
    pub(crate) fn fault_target(&self) -> Option<FaultTarget> {
        match self {
            Self::Discovery => Some(FaultTarget::Discovery),
            Self::Register => Some(FaultTarget::Register),
            Self::Remove(_) => Some(FaultTarget::Remove),
            Self::Update | Self::Patch => Some(FaultTarget::Edit),
            Self::Answer => Some(FaultTarget::Answer),
            Self::List | Self::Get(_) | Self::Delete(_) | Self::CheckStatus | Self::CommonAuth => None,
        }
    }
}

/// Answers a request below `root`.
pub(crate) fn respond(
    state: &mut State,
    root: &Root,
    action: Action,
    request: &Incoming,
) -> Result<Reply, Reply> {
    match action {
        Action::Discovery => discovery::discovery_data(state, root, request),
        Action::Register => registration::register(state, root, request),
        Action::List => devices::list(state, root, request),
        Action::Get(id) => devices::get(state, root, request, &id),
        Action::Delete(id) => devices::delete(state, root, request, &id),
        Action::Remove(id) => devices::remove(state, root, request, &id),
        Action::Update => Err(Reply::page(404, "").why("no released server has this path")),
        Action::Patch => Err(Reply::page(405, "").why("these lines cannot change a device")),
        Action::Answer => authenticate::authenticate(state, root, request),
        Action::CheckStatus => Ok(browser::check_status(state, request)),
        Action::CommonAuth => Ok(browser::commonauth(state, request)),
    }
}
