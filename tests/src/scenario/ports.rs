//! Ports that do as the scenario says.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use authpush_core::{
    Clock, ClockError, KeyStore, KeyStoreError, LogLine, LogSink, LogSinkError, UserVerifier,
    UserVerifierError, Vault, VaultError, Verification, VerificationPrompt,
};
use serde_json::Value;

use super::Doubt;
use crate::phone::ManualClock;

/// Person, vault, clock and log of one scenario, and what its key store is to do.
#[derive(Default)]
pub(super) struct Ports {
    person: Mutex<Option<UserVerifierError>>,
    asked: AtomicUsize,
    keys: Mutex<Option<KeyStoreError>>,
    vault: Mutex<Fault>,
    master: Mutex<Option<Vec<u8>>>,
    clock: Mutex<Option<ClockError>>,
    ahead: AtomicI64,
    log: Mutex<Option<LogSinkError>>,
    lines: Mutex<Vec<LogLine>>,
}

#[derive(Clone, Copy, Default)]
enum Fault {
    #[default]
    None,
    Another,
    Error(VaultError),
}

impl Ports {
    pub(super) fn switch_person(&self, word: &str) -> Result<(), Doubt> {
        *self.person.lock().unwrap() = match word {
            "agrees" => None,
            "cancels" => Some(UserVerifierError::Cancelled),
            "fails" | "throws" => Some(UserVerifierError::Failed),
            "is_unavailable" => Some(UserVerifierError::Unavailable),
            other => return Err(unknown(other)),
        };
        Ok(())
    }

    pub(super) fn switch_keys(&self, word: &str) -> Result<(), Doubt> {
        *self.keys.lock().unwrap() = match word {
            "works" => None,
            "is_lost" => Some(KeyStoreError::KeyLost),
            "needs_user" => Some(KeyStoreError::NeedsUser),
            "fails" | "throws" => Some(KeyStoreError::Failed),
            other => return Err(unknown(other)),
        };
        Ok(())
    }

    pub(super) fn switch_vault(&self, word: &str) -> Result<(), Doubt> {
        *self.vault.lock().unwrap() = match word {
            "works" => Fault::None,
            "has_another_key" => Fault::Another,
            "needs_passphrase" => Fault::Error(VaultError::PassphraseRequired),
            "is_damaged" => Fault::Error(VaultError::Damaged),
            "fails" | "throws" => Fault::Error(VaultError::Failed),
            other => return Err(unknown(other)),
        };
        Ok(())
    }

    pub(super) fn switch_clock(&self, word: &Value) -> Result<(), Doubt> {
        *self.clock.lock().unwrap() = match (word.as_str(), word.as_i64()) {
            (Some("works"), _) => None,
            (Some("fails" | "throws"), _) => Some(ClockError::Failed),
            (None, Some(ahead)) => {
                self.ahead.store(ahead, Ordering::SeqCst);
                None
            }
            _ => return Err(unknown(&word.to_string())),
        };
        Ok(())
    }

    pub(super) fn switch_log(&self, word: &str) -> Result<(), Doubt> {
        *self.log.lock().unwrap() = match word {
            "works" => None,
            "throws" => Some(LogSinkError::Failed),
            other => return Err(unknown(other)),
        };
        Ok(())
    }

    pub(super) fn times_asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn lines(&self) -> Vec<LogLine> {
        self.lines.lock().unwrap().clone()
    }
}

fn unknown(word: &str) -> Doubt {
    format!("the word {word:?} is not known here")
}

impl UserVerifier for Ports {
    fn verify(&self, _: VerificationPrompt) -> Result<Verification, UserVerifierError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.person.lock().unwrap().map_or(Ok(Verification::Verified), Err)
    }
}

impl Vault for Ports {
    fn load(&self) -> Result<Option<Vec<u8>>, VaultError> {
        match *self.vault.lock().unwrap() {
            Fault::None => Ok(self.master.lock().unwrap().clone()),
            Fault::Another => Ok(Some(vec![0x5a; 32])),
            Fault::Error(error) => Err(error),
        }
    }

    fn create(&self) -> Result<Vec<u8>, VaultError> {
        Ok(self.master.lock().unwrap().get_or_insert_with(|| vec![7; 32]).clone())
    }
}

impl Clock for Ports {
    fn now(&self) -> Result<i64, ClockError> {
        let ahead = self.ahead.load(Ordering::SeqCst);
        self.clock.lock().unwrap().map_or(Ok(ManualClock::true_time().saturating_add(ahead)), Err)
    }
}

impl LogSink for Ports {
    fn write(&self, line: LogLine) -> Result<(), LogSinkError> {
        if let Some(error) = *self.log.lock().unwrap() {
            return Err(error);
        }
        self.lines.lock().unwrap().push(line);
        Ok(())
    }
}

/// The software key store, unless it is to fail.
pub(super) struct SwitchedKeys {
    keys: Arc<dyn KeyStore>,
    ports: Arc<Ports>,
}

impl SwitchedKeys {
    pub(super) fn new(keys: Arc<dyn KeyStore>, ports: Arc<Ports>) -> Self {
        Self { keys, ports }
    }

    fn working(&self) -> Result<&dyn KeyStore, KeyStoreError> {
        self.ports.keys.lock().unwrap().map_or(Ok(self.keys.as_ref()), Err)
    }
}

impl KeyStore for SwitchedKeys {
    fn make_key(&self, alias: String, bits: u32) -> Result<Vec<u8>, KeyStoreError> {
        self.working()?.make_key(alias, bits)
    }

    fn sign(&self, alias: String, data: Vec<u8>) -> Result<Vec<u8>, KeyStoreError> {
        self.working()?.sign(alias, data)
    }

    fn delete_key(&self, alias: String) -> Result<(), KeyStoreError> {
        self.working()?.delete_key(alias)
    }

    fn kind(&self) -> Result<String, KeyStoreError> {
        self.keys.kind()
    }
}
