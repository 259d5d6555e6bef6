//! The validator of the phone's tokens: signature and `exp`, and nothing else.

use crate::{
    base64url::java_decode,
    jwt::{Jwt, Rejection},
    keys::PublicKey,
    model::Device,
};

/// No skew at all: a token is dead once the server's clock has passed its `exp`. `nbf`, `iat`, `iss` and `aud` may say
/// anything. An `exp` in milliseconds, as one official app sends, is a date far ahead.
pub(crate) fn validate(jwt: &Jwt, device: &Device, now_millis: i64) -> Result<(), Rejection> {
    jwt.check_signature(device_key(device).as_ref())?;
    let Ok(Some(exp)) = jwt.time_claim("exp") else {
        return Err(Rejection::Crash("exp is missing: null pointer".to_owned()));
    };
    if now_millis > exp.saturating_mul(1000) {
        let late = now_millis.div_euclid(1000).saturating_sub(exp);
        return Err(Rejection::Invalid(format!(
            "exp is {late} s behind the server's clock; there is no skew"
        )));
    }
    Ok(())
}

/// The key that a device's tokens are checked with.
pub(crate) fn device_key(device: &Device) -> Option<PublicKey> {
    PublicKey::from_spki(&java_decode(&device.public_key)?)
}
