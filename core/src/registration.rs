//! The proof that a registration carries: a signature over the challenge and the push token.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use x509_cert::der::Decode as _;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::account::AccountRecord;
use crate::error::AuthenticatorError;
use crate::profile::wire;
use crate::wire::Registration;

/// What the device signs: UTF-8 of `challenge "." push token`. The challenge has no dot, so where it ends is certain.
pub(crate) fn signing_input(challenge: &str, push_id: &str) -> Vec<u8> {
    format!("{challenge}.{push_id}").into_bytes()
}

/// The body, in the words of the account's server.
pub(crate) fn body(account: &AccountRecord, signature: &[u8]) -> Value {
    wire(account.discovery.profile).registration(&Registration {
        device_id: &account.discovery.device_id,
        name: &account.name,
        model: &account.model,
        push_id: &account.push_id,
        public_key: &account.public_key,
        signature: &BASE64_STANDARD.encode(signature),
        provider: account.provider.as_ref(),
    })
}

/// A public key as it is sent, and its size in bits as it is.
pub(crate) fn public_key(spki: &[u8]) -> Result<(String, u32), AuthenticatorError> {
    let bits = modulus_bits(spki).ok_or(AuthenticatorError::Internal)?;
    Ok((BASE64_STANDARD.encode(spki), bits))
}

fn modulus_bits(spki: &[u8]) -> Option<u32> {
    let info = SubjectPublicKeyInfoRef::from_der(spki).ok()?;
    let key = rsa::pkcs1::RsaPublicKey::from_der(info.subject_public_key.as_bytes()?).ok()?;
    let modulus = key.modulus.as_bytes();
    u32::try_from(modulus.len()).ok()?.checked_mul(8)?.checked_sub(modulus.first()?.leading_zeros())
}
