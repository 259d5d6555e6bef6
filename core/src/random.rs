//! Randomness from the operating system, for nonces, keys, `jti` and jitter.

use ring::rand::{SecureRandom, SystemRandom};

use crate::error::AuthenticatorError;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], AuthenticatorError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| AuthenticatorError::Internal)?;
    Ok(bytes)
}

/// A new token id: UUID version 4 (RFC 9562 section 5.4).
pub(crate) fn jti() -> Result<String, AuthenticatorError> {
    Ok(uuid::Builder::from_random_bytes(bytes()?).into_uuid().hyphenated().to_string())
}

/// A number in `0..bound`; even enough for jitter, not for keys.
pub(crate) fn below(bound: u32) -> Result<u32, AuthenticatorError> {
    Ok(u32::from_le_bytes(bytes()?).checked_rem(bound).unwrap_or_default())
}
