//! The device's home: where its data is, what guards it, whom it trusts; and the authenticator that lives there.

use std::env;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use authpush_core::desk::FileVault;
use authpush_core::{
    Authenticator, Configuration, Pin, TrustSettings, UserVerifier, Vault, VaultError, software_key_store,
    system_clock,
};
use etcetera::BaseStrategy as _;
use zeroize::Zeroizing;

use crate::args::Globals;
use crate::failure::{Failure, NO_HOME, USAGE};
use crate::input;

/// Opens the authenticator of the home that the arguments name.
pub(crate) async fn open(
    globals: &Globals,
    verifier: Arc<dyn UserVerifier>,
) -> Result<Arc<Authenticator>, Failure> {
    let directory = directory(globals)?;
    open_in(&directory, trust(globals)?, globals.timeout, passphrase()?, verifier).await
}

/// Opens the authenticator of a home.
pub(crate) async fn open_in(
    directory: &str,
    trust: TrustSettings,
    timeout_seconds: u32,
    passphrase: Option<String>,
    verifier: Arc<dyn UserVerifier>,
) -> Result<Arc<Authenticator>, Failure> {
    let vault: Arc<dyn Vault> =
        Arc::new(RememberingVault::new(FileVault::new(directory.to_owned(), passphrase)));
    let keys = software_key_store(directory.to_owned(), Arc::clone(&vault));
    let mut configuration = Configuration::new(directory.to_owned());
    configuration.trust = trust;
    configuration.timeout_seconds = timeout_seconds;
    configuration.connect_seconds = configuration.connect_seconds.min(timeout_seconds);
    Ok(Authenticator::open(configuration, keys, vault, verifier, system_clock()).await?)
}

/// Whom to talk to, as the arguments say it.
pub(crate) fn trust(globals: &Globals) -> Result<TrustSettings, Failure> {
    let anchors = globals.ca_cert.iter().map(|path| input::text_file(path));
    Ok(TrustSettings {
        public_roots: !globals.no_public_roots,
        anchors_pem: anchors.collect::<Result<_, _>>()?,
        pins: globals.pin.iter().map(|pin| read_pin(pin)).collect(),
        allowed_hosts: globals.allow_host.clone(),
        insecure_loopback: globals.insecure_loopback,
    })
}

fn directory(globals: &Globals) -> Result<String, Failure> {
    let given = globals.home.clone().filter(|home| !home.is_empty());
    let directory = match given {
        Some(home) => home,
        None => platform_directory()?.into_os_string(),
    };
    directory.into_string().map_err(|_| Failure::new(NO_HOME, "the path of the home is not UTF-8 text"))
}

fn platform_directory() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy();
    let strategy =
        strategy.map_err(|_| Failure::new(NO_HOME, "there is no home directory to keep the data in"))?;
    Ok(strategy.data_dir().join("authpush"))
}

fn passphrase() -> Result<Option<String>, Failure> {
    match env::var("AUTHPUSH_PASSPHRASE") {
        Ok(passphrase) => Ok(Some(passphrase).filter(|passphrase| !passphrase.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::new(USAGE, "AUTHPUSH_PASSPHRASE is not UTF-8 text"))
        }
    }
}

/// `[HOST=]sha256/BASE64`; Base64 may end in the same sign, so the host ends at the first one before `sha256/`.
fn read_pin(text: &str) -> Pin {
    match text.split_once('=') {
        Some((host, spki)) if !text.starts_with("sha256/") => {
            Pin { host: Some(host.to_owned()), spki: spki.to_owned() }
        }
        _ => Pin { host: None, spki: text.to_owned() },
    }
}

/// A vault that is opened once: deriving a key from a passphrase takes a noticeable while, by intention.
struct RememberingVault {
    vault: FileVault,
    key: Mutex<Option<Zeroizing<Vec<u8>>>>,
}

impl RememberingVault {
    fn new(vault: FileVault) -> Self {
        Self { vault, key: Mutex::new(None) }
    }
}

impl Vault for RememberingVault {
    fn load(&self) -> Result<Option<Vec<u8>>, VaultError> {
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.as_ref() {
            return Ok(Some(key.to_vec()));
        }
        let loaded = self.vault.load()?;
        *known = loaded.clone().map(Zeroizing::new);
        Ok(loaded)
    }

    fn create(&self) -> Result<Vec<u8>, VaultError> {
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        let created = self.vault.create()?;
        *known = Some(Zeroizing::new(created.clone()));
        Ok(created)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_for_one_host_or_for_all() {
        let pin =
            |host: Option<&str>, spki: &str| Pin { host: host.map(str::to_owned), spki: spki.to_owned() };
        assert_eq!(read_pin("sha256/AAAA="), pin(None, "sha256/AAAA="));
        assert_eq!(read_pin("bank.example=sha256/AA=="), pin(Some("bank.example"), "sha256/AA=="));
        assert_eq!(read_pin("nonsense"), pin(None, "nonsense"));
    }

    #[test]
    fn the_key_is_derived_once() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().display().to_string();
        let vault = RememberingVault::new(FileVault::new(directory, Some("correct horse".to_owned())));
        assert_eq!(vault.load(), Ok(None));
        let key = vault.create().unwrap();
        std::fs::remove_file(folder.path().join("vault.json")).unwrap();
        assert_eq!(vault.load(), Ok(Some(key)));
    }
}
