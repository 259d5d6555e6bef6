//! What a sandbox is started with.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use serde::Serialize;

use crate::state::SUPER_TENANT;

/// How a sandbox is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which server it plays.
    pub profile: Profile,
    /// Where it keeps users, devices, clients, consents and its certificate; in memory without.
    pub data: Option<PathBuf>,
    /// The tenant of its users.
    pub tenant: String,
    /// The user that exists from the start, beside `admin`; the password is the name.
    pub user: String,
    /// Whether the real server's faults are played, too.
    pub quirks: Quirks,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            profile: Profile::OpenBanking,
            data: None,
            tenant: SUPER_TENANT.to_owned(),
            user: "alice".to_owned(),
            quirks: Quirks::AsServer,
        }
    }
}

/// Which server is played: one module each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// WSO2 IS 5.x/6.x with the push authenticator.
    Classic,
    /// The Open Banking accelerator 3.1/3.2 on top of that.
    OpenBanking,
    /// WSO2 IS 7.1 and later.
    Is7,
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Classic => "classic",
            Self::OpenBanking => "open-banking",
            Self::Is7 => "is7",
        })
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        match text {
            "classic" => Ok(Self::Classic),
            "open-banking" => Ok(Self::OpenBanking),
            "is7" => Ok(Self::Is7),
            _ => Err(UnknownProfile(text.to_owned())),
        }
    }
}

/// A profile name that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown profile {0:?}: classic, open-banking or is7")]
pub struct UnknownProfile(String);

/// Whether the real server's faults are played. The table of them is in the crate's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quirks {
    /// As the real server does it.
    #[default]
    AsServer,
    /// As it was meant.
    Mended,
}
