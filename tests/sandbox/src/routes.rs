//! From a method and a path to the function that answers.
//!
//! Everything may be asked with a tenant in front (`/t/{tenant}/..`) or without; the paths of is7 are its own affair.

use percent_encoding::percent_decode_str;

use crate::{
    Profile,
    audit::AuditEntry,
    classic::{browser, devices, discovery, registration, servlet},
    fault::FaultTarget,
    http::{Incoming, Reply},
    is7::{
        root::Root,
        routes::{self as is7, Action},
    },
    oauth::{ciba, configuration, token},
    open_banking::{answer, proxy},
    state::{SUPER_TENANT, State},
};

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Discovery,
    OpenBankingDiscovery,
    Register,
    List,
    Get(String),
    Edit(String),
    Delete(String),
    Remove(String),
    Answer,
    OpenBankingAnswer,
    CheckStatus,
    CommonAuth,
    Ciba,
    Token,
    Configuration,
    /// Everything of the is7 profile that the others lack.
    Is7(Root, Action),
    /// A known path, asked with the wrong method.
    WrongMethod,
    /// Nothing, and why.
    Unknown(&'static str),
}

impl Route {
    pub(crate) fn of(state: &State, method: &str, path: &str) -> Self {
        let Some(segments) = segments(path) else { return Self::Unknown("the path is not UTF-8") };
        let mut rest: Vec<&str> = segments.iter().map(String::as_str).collect();
        if state.config.profile == Profile::Is7 {
            return is7::of(state, method, &rest);
        }
        if let ["t", tenant, ..] = rest.as_slice() {
            if *tenant != state.config.tenant && *tenant != SUPER_TENANT {
                return Self::Unknown("no such tenant");
            }
            rest.drain(..2);
        }
        let open_banking = state.config.profile == Profile::OpenBanking;
        match (method, rest.as_slice()) {
            ("GET", ["api", "users", "v1", "me", "push-auth", "discovery-data"]) => Self::Discovery,
            (method, ["api", "users", "v1", "me", "push-auth", "devices", device @ ..]) => {
                Self::of_device(method, device)
            }
            (method, ["api", "openbanking", "ciba", "push-auth", what]) => match (method, *what) {
                _ if !open_banking => Self::Unknown("this path belongs to the open-banking profile"),
                ("GET", "discovery-data") => Self::OpenBankingDiscovery,
                ("POST", "authenticate") => Self::OpenBankingAnswer,
                (_, "discovery-data" | "authenticate") => Self::WrongMethod,
                _ => Self::Unknown("no such path"),
            },
            ("POST", ["push-auth", "authenticate"]) => Self::Answer,
            ("GET", ["push-auth", "check-status"]) => Self::CheckStatus,
            ("GET" | "POST", ["commonauth"]) => Self::CommonAuth,
            ("POST", ["oauth2", "ciba"]) if open_banking => Self::Ciba,
            (_, ["oauth2", "ciba"]) if !open_banking => {
                Self::Unknown("CIBA belongs to the open-banking profile")
            }
            ("POST", ["oauth2", "token"]) => Self::Token,
            ("GET", ["oauth2", "token", ".well-known", "openid-configuration"]) => Self::Configuration,
            (
                _,
                ["api", "users", "v1", "me", "push-auth", "discovery-data"]
                | ["push-auth", "authenticate" | "check-status"]
                | ["oauth2", "ciba" | "token"],
            ) => Self::WrongMethod,
            _ => Self::Unknown("no such path"),
        }
    }

    fn of_device(method: &str, device: &[&str]) -> Self {
        match (method, device) {
            ("POST", []) => Self::Register,
            ("GET", []) => Self::List,
            ("GET", [did]) => Self::Get((*did).to_owned()),
            ("PATCH", [did]) => Self::Edit((*did).to_owned()),
            ("DELETE", [did]) => Self::Delete((*did).to_owned()),
            ("POST", [did, "remove"]) => Self::Remove((*did).to_owned()),
            (_, [] | [_] | [_, "remove"]) => Self::WrongMethod,
            _ => Self::Unknown("no such path"),
        }
    }

    /// Which faults hit it.
    pub(crate) fn fault_target(&self) -> Option<FaultTarget> {
        match self {
            Self::Register => Some(FaultTarget::Register),
            Self::Answer | Self::OpenBankingAnswer => Some(FaultTarget::Answer),
            Self::Remove(_) => Some(FaultTarget::Remove),
            Self::Edit(_) => Some(FaultTarget::Edit),
            Self::Discovery | Self::OpenBankingDiscovery => Some(FaultTarget::Discovery),
            Self::Ciba => Some(FaultTarget::Ciba),
            Self::Token => Some(FaultTarget::Token),
            Self::Is7(_, action) => action.fault_target(),
            _ => None,
        }
    }
}

/// Answers a request on a protocol path, and writes it into the audit.
pub(crate) fn answer(state: &mut State, request: &Incoming) -> Reply {
    let route = Route::of(state, &request.method, &request.path);
    let reply = respond(state, route, request).unwrap_or_else(|refusal| refusal);
    let entry = AuditEntry::new(state.clock.rfc3339(), request, &reply);
    state.record(entry);
    reply
}

fn respond(state: &mut State, route: Route, request: &Incoming) -> Result<Reply, Reply> {
    match route {
        Route::Discovery => discovery::discovery_data(state, request),
        Route::OpenBankingDiscovery => Ok(proxy::discovery(state, request)),
        Route::Register => registration::register(state, request),
        Route::List => devices::list(state, request),
        Route::Get(did) => devices::get(state, request, &did),
        Route::Edit(did) => devices::edit(state, request, &did),
        Route::Delete(did) => devices::delete(state, request, &did),
        Route::Remove(did) => devices::remove(state, request, &did),
        Route::Answer => servlet::authenticate(state, request),
        Route::OpenBankingAnswer => answer::authenticate(state, request),
        Route::CheckStatus => Ok(browser::check_status(state, request)),
        Route::CommonAuth => Ok(browser::commonauth(state, request)),
        Route::Ciba => ciba::begin(state, request),
        Route::Token => token::token(state, request),
        Route::Configuration => Ok(configuration::openid_configuration(state)),
        Route::Is7(root, action) => is7::respond(state, &root, action, request),
        Route::WrongMethod => Err(Reply::page(405, "").why("this path is not asked with this method")),
        Route::Unknown(why) => Err(Reply::page(404, "").why(why)),
    }
}

/// The decoded segments of a path. An empty one stays, so that a doubled or trailing slash is another path.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    path.strip_prefix('/')?
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned))
        .collect()
}
