//! `--data DIR`: what survives a restart, in one JSON file that is replaced as a whole.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{
    model::{Client, Consent, Device, Enrolment, User},
    state::State,
};

/// The part of the state that is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Base64 of the built-in client's private key.
    shop_key: String,
    pub(crate) users: Vec<User>,
    pub(crate) enrolments: Vec<Enrolment>,
    pub(crate) devices: Vec<Device>,
    pub(crate) clients: Vec<Client>,
    pub(crate) consents: Vec<Consent>,
}

impl Kept {
    pub(crate) fn shop_key(&self) -> io::Result<Vec<u8>> {
        STANDARD.decode(&self.shop_key).map_err(io::Error::other)
    }
}

/// What an earlier run left in `directory`.
pub(crate) fn load(directory: &Path) -> io::Result<Option<Kept>> {
    match fs::read(directory.join(FILE)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn save(state: &State) -> io::Result<()> {
    let Some(directory) = &state.config.data else { return Ok(()) };
    let kept = Kept {
        shop_key: STANDARD.encode(&state.config.shop_key),
        users: state.users.clone(),
        enrolments: state.enrolments.clone(),
        devices: state.devices.clone(),
        clients: state.clients.clone(),
        consents: state.consents.clone(),
    };
    write(&directory.join(FILE), &serde_json::to_vec_pretty(&kept)?)
}

/// Writes a file that only its owner reads: beside, synced, then renamed over the old one.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

const FILE: &str = "sandbox.json";
