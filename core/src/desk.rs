//! What a desk has in place of a phone: the master key in a file, and the trusted HTTP client for other uses.
//!
//! The file lies beside the data it protects: it keeps other users of the machine out, not whoever has the disk. A
//! passphrase keeps those out too: the key is then derived from it (Argon2id, RFC 9106) and the file holds the salt and
//! the cost only.

use std::path::PathBuf;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::device::argument;
use crate::error::{AuthenticatorError, InputProblem, Unavailability};
use crate::files;
use crate::http::{CallFailure, Limits, client, failure};
use crate::origin::Origin;
use crate::ports::{Vault, VaultError};
use crate::random;
use crate::seal::{MasterKey, Place, Sealer};
use crate::trust::{Trust, TrustSettings};

/// A [`Vault`] in a file of its own, for the owner alone (0600).
pub struct FileVault {
    path: PathBuf,
    passphrase: Option<Zeroizing<String>>,
}

impl FileVault {
    /// A vault in `directory`. With a passphrase the key is derived from it and is nowhere on disk.
    #[must_use]
    pub fn new(directory: String, passphrase: Option<String>) -> Self {
        Self { path: PathBuf::from(directory).join("vault.json"), passphrase: passphrase.map(Zeroizing::new) }
    }

    fn open(&self, envelope: Envelope) -> Result<Vec<u8>, VaultError> {
        match (envelope, &self.passphrase) {
            (Envelope::Plain { version: 1, key }, None) => {
                BASE64_STANDARD.decode(key.as_bytes()).map_err(|_| VaultError::Damaged)
            }
            (Envelope::Passphrase { version: 1, cost, salt, check }, Some(passphrase)) => {
                let salt = BASE64_STANDARD.decode(salt).map_err(|_| VaultError::Damaged)?;
                let check = BASE64_STANDARD.decode(check).map_err(|_| VaultError::Damaged)?;
                let key = cost.derive(passphrase, &salt)?;
                let sealer = checker(&key)?;
                sealer.open(CHECK, &check).map_err(|_| VaultError::WrongKey)?;
                Ok(key.to_vec())
            }
            (Envelope::Passphrase { version: 1, .. }, None) => Err(VaultError::PassphraseRequired),
            // Made without a passphrase: one that is given now would protect nothing, and must not seem to.
            (Envelope::Plain { version: 1, .. }, Some(_)) => Err(VaultError::WrongKey),
            _ => Err(VaultError::Damaged),
        }
    }

    fn fresh(&self) -> Result<Envelope, VaultError> {
        let failed = |_| VaultError::Failed;
        match &self.passphrase {
            None => {
                let key = Zeroizing::new(random::bytes::<32>().map_err(failed)?);
                Ok(Envelope::Plain {
                    version: 1,
                    key: Zeroizing::new(BASE64_STANDARD.encode(key.as_slice())),
                })
            }
            Some(passphrase) => {
                let salt = random::bytes::<16>().map_err(failed)?;
                let key = Cost::DEFAULT.derive(passphrase, &salt)?;
                let check = checker(&key)?.seal(CHECK, b"").map_err(failed)?;
                Ok(Envelope::Passphrase {
                    version: 1,
                    cost: Cost::DEFAULT,
                    salt: BASE64_STANDARD.encode(salt),
                    check: BASE64_STANDARD.encode(check),
                })
            }
        }
    }
}

impl Vault for FileVault {
    fn load(&self) -> Result<Option<Vec<u8>>, VaultError> {
        let content = files::read(&self.path, MAX_FILE).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => VaultError::Damaged,
            _ => VaultError::Failed,
        })?;
        let Some(content) = content.map(Zeroizing::new) else { return Ok(None) };
        let envelope = serde_json::from_slice(&content).map_err(|_| VaultError::Damaged)?;
        self.open(envelope).map(Some)
    }

    fn create(&self) -> Result<Vec<u8>, VaultError> {
        let content = serde_json::to_vec(&self.fresh()?).map_err(|_| VaultError::Failed)?;
        let content = Zeroizing::new(content);
        files::create_once(&self.path, &content).map_err(|_| VaultError::Failed)?;
        self.load()?.ok_or(VaultError::Failed)
    }
}

/// A client that trusts whom the authenticator trusts, for what else a desk wants to ask a server.
pub fn https_client(
    trust: &TrustSettings,
    timeout_seconds: u32,
) -> Result<reqwest::Client, AuthenticatorError> {
    client(trust, Limits { total: timeout_seconds, connect: timeout_seconds })
}

/// Whether a server (`https://HOST[:PORT]`) may be talked to at all: the part of the trust that such a client does not
/// know of, so ask before using it.
pub fn check_host(trust: &TrustSettings, host: &str) -> Result<(), AuthenticatorError> {
    let wrong = |problem: InputProblem| argument("host", problem);
    let origin = Origin::parse(host).map_err(wrong)?;
    Ok(Trust::read(trust)?.check(&origin)?)
}

/// Why a call of such a client got no answer, in the words of the authenticator's own calls.
#[must_use]
pub fn call_error(error: &reqwest::Error) -> AuthenticatorError {
    match failure(error) {
        CallFailure::Untrusted(reason) => reason.into(),
        CallFailure::NotReached => Unavailability::NotReached.into(),
        CallFailure::Lost => Unavailability::AnswerLost.into(),
    }
}

/// What is in the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Envelope {
    Plain { version: u32, key: Zeroizing<String> },
    Passphrase { version: u32, cost: Cost, salt: String, check: String },
}

/// What a guess costs, in Argon2id's terms.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// The second recommendation of RFC 9106 section 4 (64 MiB, three passes), for one lane.
    const DEFAULT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    fn derive(self, passphrase: &str, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        // A file that asks for more than this was not written by us, and would make opening it an attack.
        if self.memory_kib > 1024 * 1024 || self.passes > 16 || self.lanes > 16 {
            return Err(VaultError::Damaged);
        }
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|_| VaultError::Damaged)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
            .map_err(|_| VaultError::Damaged)?;
        Ok(key)
    }
}

fn checker(key: &[u8; 32]) -> Result<Sealer, VaultError> {
    let master = MasterKey::from_vault(key.to_vec()).map_err(|_| VaultError::Failed)?;
    Sealer::derive(&master, "vault/check").map_err(|_| VaultError::Failed)
}

const CHECK: Place<'_> = Place { table: "vault", key: "check" };
const MAX_FILE: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(folder: &tempfile::TempDir, passphrase: Option<&str>) -> FileVault {
        FileVault::new(folder.path().display().to_string(), passphrase.map(str::to_owned))
    }

    #[test]
    fn the_first_key_stays() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(vault(&folder, None).load(), Ok(None));
        let key = vault(&folder, None).create().unwrap();
        assert_eq!(key.len(), 32);
        assert_eq!(vault(&folder, None).create().unwrap(), key);
        assert_eq!(vault(&folder, None).load(), Ok(Some(key)));
        assert_eq!(vault(&folder, Some("x")).load(), Err(VaultError::WrongKey));
    }

    #[test]
    fn a_passphrase_derives_the_key_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let key = vault(&folder, Some("correct horse")).create().unwrap();
        assert_eq!(vault(&folder, Some("correct horse")).load(), Ok(Some(key.clone())));
        assert_eq!(vault(&folder, Some("battery")).load(), Err(VaultError::WrongKey));
        assert_eq!(vault(&folder, None).load(), Err(VaultError::PassphraseRequired));
        let file = std::fs::read_to_string(folder.path().join("vault.json")).unwrap();
        assert!(!file.contains(&BASE64_STANDARD.encode(key)) && !file.contains("horse"));
    }

    #[test]
    fn a_host_is_checked_as_for_the_authenticators_own_calls() {
        let trust =
            TrustSettings { allowed_hosts: vec!["bank.example".to_owned()], ..TrustSettings::default() };
        assert!(check_host(&trust, "https://bank.example:9446").is_ok());
        let code = |host: &str| check_host(&trust, host).unwrap_err().code();
        assert_eq!(code("https://evil.example"), "host_not_allowed");
        assert_eq!(code("http://bank.example"), "insecure_url");
        assert_eq!(code("https://bank.example/path"), "invalid_argument");
    }

    #[test]
    fn a_damaged_file_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.json");
        for content in ["", "{}", "null", r#"{"kind":"plain","version":2,"key":""}"#] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(vault(&folder, None).load(), Err(VaultError::Damaged), "{content}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
        let greedy = r#"{"kind":"passphrase","version":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","check":"",
            "cost":{"memory_kib":4294967295,"passes":1,"lanes":1}}"#;
        std::fs::write(&path, greedy).unwrap();
        assert_eq!(vault(&folder, Some("x")).load(), Err(VaultError::Damaged));
    }
}
