//! JSON Web Tokens in JWS compact form (RFC 7515 section 7.1), the one algorithm that the servers know: RS256.
//!
//! Signing itself is the key store's; this file only knows how header and claims become the text that is signed.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Map, Value};

/// Header and claims, not yet signed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unsigned {
    input: String,
}

impl Unsigned {
    /// The JWS signing input: `BASE64URL(header) "." BASE64URL(claims)`.
    pub(crate) fn new(header: Map<String, Value>, claims: Map<String, Value>) -> Self {
        let part = |map| BASE64URL.encode(Value::Object(map).to_string());
        Self { input: format!("{}.{}", part(header), part(claims)) }
    }

    /// The bytes to sign.
    pub(crate) fn signing_input(&self) -> Vec<u8> {
        self.input.clone().into_bytes()
    }

    /// The compact serialisation, with the signature over [`signing_input`](Self::signing_input).
    pub(crate) fn signed(self, signature: &[u8]) -> String {
        format!("{}.{}", self.input, BASE64URL.encode(signature))
    }
}

/// The protected header: `alg`, `typ` and the parameter in which this server looks for the device.
pub(crate) fn header(device_parameter: &str, device_id: &str) -> Map<String, Value> {
    let mut header = Map::new();
    header.insert("alg".to_owned(), "RS256".into());
    header.insert("typ".to_owned(), "JWT".into());
    header.insert(device_parameter.to_owned(), device_id.into());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7515 appendix A.1.1 has white space that we never write; ours is frozen instead.
    #[test]
    fn the_signing_input_is_frozen() {
        let mut claims = Map::new();
        claims.insert("exp".to_owned(), 1_300_819_380.into());
        let token = Unsigned::new(header("did", "d1"), claims);
        let input = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImRpZCI6ImQxIn0.eyJleHAiOjEzMDA4MTkzODB9";
        assert_eq!(token.signing_input(), input.as_bytes());
        assert_eq!(token.signed(&[251, 255, 0]), format!("{input}.-_8A"));
    }
}
