//! Signing keys in software: made by `rsa`, used by `ring`, kept sealed under the vault's master key.
//!
//! `rsa` only ever makes a key; its private-key operations are not used, because their timing leaks (RUSTSEC-2023-0071).
//! A key exists in the clear only in memory while it is made or signed with. What holds it is wiped afterwards, as far as
//! the crates do: the PKCS#8 text and `rsa`'s key are, `ring`'s key pair and big-number temporaries are not.

use std::path::PathBuf;
use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
use rsa::rand_core::{CryptoRng, RngCore};

use crate::files;
use crate::ports::{KeyStore, KeyStoreError, Vault};
use crate::seal::{MasterKey, Place, Sealer};

/// Signing keys as files.
struct SoftwareKeyStore {
    folder: PathBuf,
    vault: Arc<dyn Vault>,
}

/// A [`KeyStore`] in software, for devices whose hardware has no RSA keys, and for the desk. It keeps its keys below
/// `directory`, sealed under the master key of `vault`, which must be the one that the authenticator is opened with.
#[must_use]
#[cfg_attr(feature = "uniffi", uniffi::export)]
pub fn software_key_store(directory: String, vault: Arc<dyn Vault>) -> Arc<dyn KeyStore> {
    Arc::new(SoftwareKeyStore { folder: PathBuf::from(directory).join("keys"), vault })
}

impl SoftwareKeyStore {
    fn path(&self, alias: &str) -> Result<PathBuf, KeyStoreError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if alias.is_empty() || alias.len() > 64 || !alias.bytes().all(plain) {
            return Err(KeyStoreError::Failed);
        }
        Ok(self.folder.join(format!("{alias}.key")))
    }

    fn sealer(&self) -> Result<Sealer, KeyStoreError> {
        let master = self.vault.load().map_err(|_| KeyStoreError::Failed)?.ok_or(KeyStoreError::Failed)?;
        let derived = MasterKey::from_vault(master).and_then(|master| Sealer::derive(&master, "keys"));
        derived.map_err(|_| KeyStoreError::Failed)
    }

    fn load(&self, alias: &str) -> Result<Option<RsaKeyPair>, KeyStoreError> {
        let sealed = files::read(&self.path(alias)?, MAX_KEY_FILE).map_err(|_| KeyStoreError::Failed)?;
        let Some(sealed) = sealed else { return Ok(None) };
        // A changed byte, or another master key: this key cannot be had any more.
        let pkcs8 = self.sealer()?.open(place(alias), &sealed).map_err(|_| KeyStoreError::KeyLost)?;
        RsaKeyPair::from_pkcs8(&pkcs8).map(Some).map_err(|_| KeyStoreError::KeyLost)
    }
}

impl KeyStore for SoftwareKeyStore {
    fn make_key(&self, alias: String, bits: u32) -> Result<Vec<u8>, KeyStoreError> {
        if let Some(known) = self.load(&alias)? {
            return subject_public_key_info(&known);
        }
        let bits = usize::try_from(bits).map_err(|_| KeyStoreError::Failed)?;
        let mut random = SystemRng { failed: false };
        let key = RsaPrivateKey::new(&mut random, bits).map_err(|_| KeyStoreError::Failed)?;
        if random.failed {
            return Err(KeyStoreError::Failed);
        }
        let pkcs8 = key.to_pkcs8_der().map_err(|_| KeyStoreError::Failed)?;
        let sealed =
            self.sealer()?.seal(place(&alias), pkcs8.as_bytes()).map_err(|_| KeyStoreError::Failed)?;
        let path = self.path(&alias)?;
        files::make_folder(&self.folder).map_err(|_| KeyStoreError::Failed)?;
        files::create_once(&path, &sealed).map_err(|_| KeyStoreError::Failed)?;
        // Another process may have been quicker: what is on disk is the key.
        let winner = self.load(&alias)?.ok_or(KeyStoreError::Failed)?;
        subject_public_key_info(&winner)
    }

    fn sign(&self, alias: String, data: Vec<u8>) -> Result<Vec<u8>, KeyStoreError> {
        let key = self.load(&alias)?.ok_or(KeyStoreError::KeyLost)?;
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &data, &mut signature)
            .map_err(|_| KeyStoreError::Failed)?;
        Ok(signature)
    }

    fn delete_key(&self, alias: String) -> Result<(), KeyStoreError> {
        files::remove(&self.path(&alias)?).map_err(|_| KeyStoreError::Failed)
    }

    fn kind(&self) -> Result<String, KeyStoreError> {
        Ok("software".to_owned())
    }
}

/// RFC 8017 appendix A.1.1 inside RFC 5280 section 4.1.2.7, as Java's `X509EncodedKeySpec` reads it.
fn subject_public_key_info(key: &RsaKeyPair) -> Result<Vec<u8>, KeyStoreError> {
    let components = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key.public_key());
    let number = |bytes: &[u8]| rsa::BigUint::from_bytes_be(bytes);
    // 4096 bits are the most that are made; ring has checked that they make a key.
    let public = rsa::RsaPublicKey::new(number(&components.n), number(&components.e));
    let public = public.map_err(|_: rsa::Error| KeyStoreError::Failed)?;
    let der = public.to_public_key_der().map_err(|_| KeyStoreError::Failed)?;
    Ok(der.into_vec())
}

fn place(alias: &str) -> Place<'_> {
    Place { table: "key", key: alias }
}

/// The operating system's generator, as `rsa` asks for it. The trait has no error for it, so a failure is remembered and
/// the key thrown away.
struct SystemRng {
    failed: bool,
}

impl RngCore for SystemRng {
    fn next_u32(&mut self) -> u32 {
        rsa::rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rsa::rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.failed |= self.try_fill_bytes(bytes).is_err();
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        SystemRandom::new().fill(bytes).map_err(|_| rsa::rand_core::Error::new("no randomness"))
    }
}

impl CryptoRng for SystemRng {}

/// A sealed 4096-bit key has about 2.4 KB.
const MAX_KEY_FILE: u64 = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::VaultError;

    struct FixedVault;

    impl Vault for FixedVault {
        fn load(&self) -> Result<Option<Vec<u8>>, VaultError> {
            Ok(Some(vec![9; 32]))
        }

        fn create(&self) -> Result<Vec<u8>, VaultError> {
            Ok(vec![9; 32])
        }
    }

    fn store(folder: &tempfile::TempDir) -> Arc<dyn KeyStore> {
        software_key_store(folder.path().display().to_string(), Arc::new(FixedVault))
    }

    #[test]
    fn a_key_is_made_once_signs_and_goes() {
        let folder = tempfile::tempdir().unwrap();
        let keys = store(&folder);
        let spki = keys.make_key("a1".to_owned(), 2048).unwrap();
        assert_eq!(keys.make_key("a1".to_owned(), 4096).unwrap(), spki, "the key that is there is kept");
        assert_eq!(crate::registration::public_key(&spki).unwrap().1, 2048);
        let signature = keys.sign("a1".to_owned(), b"data".to_vec()).unwrap();
        let bare = spki.get(24..).unwrap(); // the PKCS#1 key inside a 2048-bit SubjectPublicKeyInfo
        let public =
            ring::signature::UnparsedPublicKey::new(&ring::signature::RSA_PKCS1_2048_8192_SHA256, bare);
        public.verify(b"data", &signature).unwrap();
        let sealed = std::fs::read(folder.path().join("keys/a1.key")).unwrap();
        assert!(RsaKeyPair::from_pkcs8(&sealed).is_err());
        keys.delete_key("a1".to_owned()).unwrap();
        keys.delete_key("a1".to_owned()).unwrap();
        assert_eq!(keys.sign("a1".to_owned(), Vec::new()), Err(KeyStoreError::KeyLost));
    }

    #[test]
    fn a_changed_or_moved_key_file_is_a_lost_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys = store(&folder);
        keys.make_key("a1".to_owned(), 2048).unwrap();
        let path = folder.path().join("keys/a1.key");
        let sealed = std::fs::read(&path).unwrap();
        std::fs::write(folder.path().join("keys/a2.key"), &sealed).unwrap();
        assert_eq!(keys.sign("a2".to_owned(), Vec::new()), Err(KeyStoreError::KeyLost));
        let mut changed = sealed;
        changed[100] ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert_eq!(keys.sign("a1".to_owned(), Vec::new()), Err(KeyStoreError::KeyLost));
        assert!(path.exists());
    }

    #[test]
    fn an_alias_cannot_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for alias in ["", "../a", "a/b", "a.b", &"a".repeat(65)] {
            assert_eq!(store(&folder).sign(alias.to_owned(), Vec::new()), Err(KeyStoreError::Failed));
        }
    }
}
