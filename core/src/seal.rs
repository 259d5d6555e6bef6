//! The sealed envelope: AES-256-GCM under keys derived from the vault's master key.
//!
//! An envelope is `version (1) | nonce (12) | ciphertext | tag (16)`. The associated data names the format, the table
//! and the primary key of the row, so a record opens only in its own place: moved, swapped or changed by one bit it is
//! an error. Nonces are random: at 2^32 records the chance of a repeated one is still below 2^-32.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{AuthenticatorError, StorageFailure};
use crate::random;

/// Seals and opens one kind of record. Wiped by `ring` only as far as `ring` does; see the README's threat table.
pub(crate) struct Sealer {
    key: LessSafeKey,
}

impl Sealer {
    /// Derives the key for `purpose` from the master key (HKDF-SHA256, RFC 5869).
    pub(crate) fn derive(master: &MasterKey, purpose: &str) -> Result<Self, AuthenticatorError> {
        let mut key = derive(master, purpose)?;
        let unbound =
            UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| AuthenticatorError::Internal)?;
        key.zeroize();
        Ok(Self { key: LessSafeKey::new(unbound) })
    }

    /// Seals `plain` for its place: table (or kind of file) and primary key (or file name).
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, AuthenticatorError> {
        self.seal_with(random::bytes()?, place, plain)
    }

    fn seal_with(
        &self,
        nonce: [u8; NONCE_LEN],
        place: Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, AuthenticatorError> {
        let mut body = plain.to_vec();
        let sealing = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(sealing, Aad::from(place.associated_data()), &mut body)
            .map_err(|_| AuthenticatorError::Internal)?;
        Ok([&[VERSION], nonce.as_slice(), &body].concat())
    }

    /// Opens what was sealed for this place; anything else is [`StorageFailure::Corrupt`].
    pub(crate) fn open(
        &self,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AuthenticatorError> {
        let (version, rest) = sealed.split_first().ok_or(StorageFailure::Corrupt)?;
        if *version != VERSION {
            // The version is not sealed: a flipped bit there must not look like a message from the future.
            return Err(StorageFailure::Corrupt.into());
        }
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(StorageFailure::Corrupt)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| StorageFailure::Corrupt)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .key
            .open_in_place(nonce, Aad::from(place.associated_data()), &mut body)
            .map_err(|_| StorageFailure::Corrupt)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

/// Names without content: a keyed hash that stands in the clear where the name itself must not.
pub(crate) struct Namer {
    key: hmac::Key,
}

impl Namer {
    pub(crate) fn derive(master: &MasterKey, purpose: &str) -> Result<Self, AuthenticatorError> {
        let key = derive(master, purpose)?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()) })
    }

    /// The same name for the same parts, and for nobody without the key: 32 hexadecimal digits.
    pub(crate) fn name(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            // Lengths first, so that ("ab","c") and ("a","bc") differ.
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        hex(context.sign().as_ref().get(..16).unwrap_or_default())
    }
}

/// Where a record belongs.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'a str,
    pub(crate) key: &'a str,
}

impl Place<'_> {
    fn associated_data(self) -> Vec<u8> {
        [FORMAT, b"\0", self.table.as_bytes(), b"\0", self.key.as_bytes()].concat()
    }
}

/// The vault's key: 32 bytes, wiped when dropped.
pub(crate) struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Takes over the vault's bytes and wipes them.
    pub(crate) fn from_vault(mut bytes: Vec<u8>) -> Result<Self, AuthenticatorError> {
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map(|key| Self(Zeroizing::new(key)));
        bytes.zeroize();
        key.map_err(|_| StorageFailure::WrongKey.into())
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn derive(master: &MasterKey, purpose: &str) -> Result<Zeroizing<[u8; 32]>, AuthenticatorError> {
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, FORMAT).extract(master.0.as_slice());
    let info = [purpose.as_bytes()];
    let expanded = extracted.expand(&info, hkdf::HKDF_SHA256).map_err(|_| AuthenticatorError::Internal)?;
    let mut key = Zeroizing::new([0; 32]);
    expanded.fill(key.as_mut_slice()).map_err(|_| AuthenticatorError::Internal)?;
    Ok(key)
}

const VERSION: u8 = 1;
const FORMAT: &[u8] = b"authpush/1";

#[cfg(test)]
mod tests {
    use super::*;

    fn master() -> MasterKey {
        MasterKey::from_vault((0u8..32).collect()).unwrap()
    }

    const PLACE: Place<'_> = Place { table: "accounts", key: "d1" };

    /// Stores written by every released version must open for ever: these bytes may never change.
    #[test]
    fn the_envelope_is_frozen() {
        let sealer = Sealer::derive(&master(), "records").unwrap();
        let envelope = sealer.seal_with([7; 12], PLACE, b"hello").unwrap();
        assert_eq!(hex(&envelope), FROZEN);
        assert_eq!(sealer.open(PLACE, &envelope).unwrap().as_slice(), b"hello");
        let namer = Namer::derive(&master(), "names").unwrap();
        assert_eq!(namer.name(&["d1", "s1"]), FROZEN_NAME);
    }

    #[test]
    fn a_record_opens_unchanged_and_in_its_place_only() {
        let sealer = Sealer::derive(&master(), "records").unwrap();
        let envelope = sealer.seal(PLACE, b"hello").unwrap();
        assert!(sealer.open(Place { key: "d2", ..PLACE }, &envelope).is_err());
        assert!(sealer.open(Place { table: "requests", ..PLACE }, &envelope).is_err());
        assert!(Sealer::derive(&master(), "keys").unwrap().open(PLACE, &envelope).is_err());
        for at in 0..envelope.len() {
            let mut changed = envelope.clone();
            changed[at] ^= 1;
            assert_eq!(sealer.open(PLACE, &changed), Err(StorageFailure::Corrupt.into()), "byte {at}");
            assert!(sealer.open(PLACE, &envelope[..at]).is_err());
        }
    }

    #[test]
    fn names_depend_on_where_parts_end() {
        let namer = Namer::derive(&master(), "names").unwrap();
        assert_ne!(namer.name(&["ab", "c"]), namer.name(&["a", "bc"]));
        assert_eq!(namer.name(&["a"]).len(), 32);
    }

    #[test]
    fn a_master_key_has_32_bytes() {
        assert!(MasterKey::from_vault(vec![0; 31]).is_err());
    }

    const FROZEN: &str = "010707070707070707070707074f6309c411ef22cbe2ebb6fa705362e5647e418901";
    const FROZEN_NAME: &str = "2f99fd575a8351856141b8fc99e8cdad";
}
