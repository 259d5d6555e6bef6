//! What the shell tells of the phone, cut to what the server's columns hold.

use serde::{Deserialize, Serialize};

use crate::error::{AuthenticatorError, InputProblem};
use crate::text::display_safe;

/// The device that is enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Device {
    /// What the person calls it. Cut to 45 characters; empty becomes `Device`.
    pub name: String,
    /// Its model. Cut to 45 characters; empty becomes `Device`.
    pub model: String,
    /// Size of the RSA key to make: 2048, 3072 or 4096.
    #[cfg_attr(feature = "uniffi", uniffi(default = 2048))]
    pub key_bits: u32,
    /// Through which push service this installation is reached, for servers that know several; `None`: the server's default.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub provider: Option<PushProvider>,
}

/// A device with the token under which the push service reaches it. It cannot be printed: whoever has the token can
/// send to this device.
#[derive(Clone)]
pub(crate) struct Reachable {
    pub(crate) device: Device,
    pub(crate) push_id: String,
}

/// A push service, in the server's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PushProvider {
    /// Its name at the server, with its letter case: `FCM`, `AmazonSNS`.
    pub name: String,
    /// What it wants to know, such as `platform`.
    pub metadata: Vec<ProviderDetail>,
}

/// A named text for a push service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ProviderDetail {
    /// The key.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Device {
    fn checked(self) -> Result<Self, AuthenticatorError> {
        if !KEY_SIZES.contains(&self.key_bits) {
            return Err(argument("key_bits", InputProblem::NotAllowed));
        }
        self.provider.as_ref().map(check_provider).transpose()?;
        Ok(Self { name: device_name(&self.name), model: device_name(&self.model), ..self })
    }
}

impl Reachable {
    /// Checks what cannot be mended and mends what can.
    pub(crate) fn new(device: Device, push_id: String) -> Result<Self, AuthenticatorError> {
        check_push_id(&push_id)?;
        Ok(Self { device: device.checked()?, push_id })
    }
}

/// A name as the server's column of 45 characters takes it: characters, not bytes, and never none.
pub(crate) fn device_name(raw: &str) -> String {
    let safe = display_safe(raw, usize::MAX);
    let cut: String = safe.chars().take(MAX_NAME).collect();
    if cut.is_empty() { "Device".to_owned() } else { cut }
}

pub(crate) fn check_push_id(push_id: &str) -> Result<(), AuthenticatorError> {
    if push_id.is_empty() {
        return Err(argument("push_id", InputProblem::Missing));
    }
    if push_id.chars().nth(MAX_PUSH_ID).is_some() {
        return Err(argument("push_id", InputProblem::TooLong));
    }
    // The server trims the token before it sends, and signs and looks up what it was given.
    if push_id.trim() != push_id || !crate::text::is_plain(push_id) {
        return Err(argument("push_id", InputProblem::NotAllowed));
    }
    Ok(())
}

fn check_provider(provider: &PushProvider) -> Result<(), AuthenticatorError> {
    let details = provider.metadata.iter().flat_map(|detail| [&detail.name, &detail.value]);
    let mut texts = details.chain([&provider.name]);
    if provider.name.is_empty() || texts.any(|text| text.len() > MAX_PUSH_ID || !crate::text::is_plain(text))
    {
        return Err(argument("provider", InputProblem::NotAllowed));
    }
    Ok(())
}

pub(crate) fn argument(field: &str, problem: InputProblem) -> AuthenticatorError {
    AuthenticatorError::InvalidArgument { field: field.to_owned(), problem }
}

/// The server's columns `NAME` and `MODEL`.
const MAX_NAME: usize = 45;
/// The server's column `PUSH_ID`.
const MAX_PUSH_ID: usize = 255;
const KEY_SIZES: [u32; 3] = [2048, 3072, 4096];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_the_servers_columns_and_are_never_empty() {
        assert_eq!(device_name(&"ü".repeat(60)).chars().count(), 45);
        assert_eq!(device_name(" \n"), "Device");
        assert_eq!(device_name("Alice's phone"), "Alice's phone");
    }

    #[test]
    fn what_the_server_could_not_store_is_refused_here() {
        let device = |push_id: &str, key_bits| {
            let device = Device { name: String::new(), model: String::new(), key_bits, provider: None };
            Reachable::new(device, push_id.to_owned())
        };
        assert!(device(&"p".repeat(255), 2048).is_ok());
        for (push_id, bits) in [("", 2048), (" p", 2048), ("p\n", 2048), ("p", 1024), ("p", 2049)] {
            assert!(device(push_id, bits).is_err());
        }
        assert!(device(&"p".repeat(256), 2048).is_err());
    }
}
