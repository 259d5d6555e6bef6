//! JSON Web Tokens as the server's libraries parse them, and the rules that its own validator adds.
//!
//! The order of the checks decides which of several faults is reported, so it follows `docs/protocol.md` section 11.2.

use serde_json::{Map, Value};

use crate::{base64url::jose_decode, keys::PublicKey};

/// A signed token, taken apart but not yet believed.
#[derive(Debug, Clone)]
pub(crate) struct Jwt {
    pub(crate) header: Map<String, Value>,
    /// `None` when the payload is no JSON object: that is noticed later than a broken header.
    pub(crate) claims: Option<Map<String, Value>>,
    signing_input: String,
    signature: Vec<u8>,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// The validator says no, in words.
    Invalid(String),
    /// The validator itself falls over (a null pointer in the real server).
    Crash(String),
}

impl Jwt {
    /// Three parts, a JSON header with an `alg`. Everything else is found out by [`Jwt::validate`].
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.');
        let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let Value::Object(fields) = serde_json::from_slice(&jose_decode(header)?).ok()? else { return None };
        fields.get("alg")?.as_str()?;
        Some(Self {
            header: fields,
            claims: jose_decode(payload).and_then(|bytes| serde_json::from_slice(&bytes).ok()),
            signing_input: format!("{header}.{payload}"),
            signature: jose_decode(signature)?,
        })
    }

    pub(crate) fn alg(&self) -> &str {
        self.header.get("alg").and_then(Value::as_str).unwrap_or_default()
    }

    /// A header parameter as Java's `String.valueOf` writes it: absent is the text `null`.
    pub(crate) fn header_text(&self, name: &str) -> String {
        match self.header.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "null".to_owned(),
        }
    }

    pub(crate) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.as_ref()?.get(name)
    }

    /// A claim that must be text when it is there: `Err` is "there, but no text".
    pub(crate) fn text_claim(&self, name: &str) -> Result<Option<&str>, ()> {
        match self.claim(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(()),
        }
    }

    /// A time in whole seconds: `Err` is "there, but no number".
    pub(crate) fn time_claim(&self, name: &str) -> Result<Option<i64>, ()> {
        match self.claim(name) {
            None | Some(Value::Null) => Ok(None),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "Java's longValue() cuts fractions in the same way"
            )]
            Some(Value::Number(number)) => {
                Ok(number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64)))
            }
            Some(_) => Err(()),
        }
    }

    /// Whether the signature is that of `key` under the algorithm of the header; `None` when the two do not go together.
    pub(crate) fn verifies_with(&self, key: &PublicKey) -> Option<bool> {
        key.verify(self.alg(), self.signing_input.as_bytes(), &self.signature)
    }

    /// What the validators of both generations begin with: claims that can be read, and the signature of an RSA key.
    pub(crate) fn check_signature(&self, key: Option<&PublicKey>) -> Result<(), Rejection> {
        let invalid = |why: &str| Err(Rejection::Invalid(why.to_owned()));
        if self.claims.is_none() {
            return invalid("the payload is no JSON object");
        }
        if self.time_claim("exp").is_err() || self.time_claim("nbf").is_err() {
            return invalid("exp or nbf is not a number");
        }
        let Some(key) = key.filter(|key| key.is_rsa()) else {
            return invalid("the stored key is not an RSA key");
        };
        match self.verifies_with(key) {
            None => {
                let alg = self.alg();
                invalid(&format!("algorithm {alg} is none of RS256/384/512, PS256/384/512"))
            }
            Some(false) => invalid("the signature is not that of the registered key"),
            Some(true) => Ok(()),
        }
    }

    /// The push validator: signature, then `exp`, then `nbf` (`docs/protocol.md` section 11.2).
    ///
    /// The skew is applied to `exp` the wrong way round: a token needs five more minutes of life. `iat`, `iss`, `aud`,
    /// `sub` and `jti` are not looked at.
    pub(crate) fn validate(&self, key: Option<&PublicKey>, now_millis: i64) -> Result<(), Rejection> {
        let invalid = |why: &str| Err(Rejection::Invalid(why.to_owned()));
        self.check_signature(key)?;
        let (Ok(exp), Ok(nbf)) = (self.time_claim("exp"), self.time_claim("nbf")) else {
            return invalid("exp or nbf is not a number");
        };
        let Some(exp) = exp else {
            return Err(Rejection::Crash("exp is missing: null pointer".to_owned()));
        };
        if now_millis.saturating_add(SKEW_MILLIS) > exp.saturating_mul(1000) {
            let left = exp.saturating_sub(now_millis.div_euclid(1000));
            return invalid(&format!(
                "exp is {left} s ahead of the server's clock; at least 300 s are required"
            ));
        }
        let Some(nbf) = nbf else { return invalid("nbf is missing") };
        if now_millis.saturating_add(SKEW_MILLIS) < nbf.saturating_mul(1000) {
            return invalid("nbf is more than 300 s ahead of the server's clock");
        }
        Ok(())
    }
}

const SKEW_MILLIS: i64 = 300_000;

#[cfg(test)]
mod tests {
    use ring::{rand::SystemRandom, signature};
    use serde_json::json;

    use super::*;
    use crate::base64url::url_encode;

    const NOW: i64 = 1_700_000_000;

    fn key() -> (signature::RsaKeyPair, PublicKey) {
        use rsa::pkcs8::EncodePrivateKey as _;
        let mut random = rsa::rand_core::OsRng;
        let private = rsa::RsaPrivateKey::new(&mut random, 2048).unwrap();
        let der = private.to_pkcs8_der().unwrap();
        let pair = signature::RsaKeyPair::from_pkcs8(der.as_bytes()).unwrap();
        let public = PublicKey::Rsa(ring::signature::KeyPair::public_key(&pair).as_ref().to_vec());
        (pair, public)
    }

    fn sign(pair: &signature::RsaKeyPair, alg: &str, claims: &Value) -> Jwt {
        let header = url_encode(json!({ "alg": alg, "did": "d" }).to_string().as_bytes());
        let input = format!("{header}.{}", url_encode(claims.to_string().as_bytes()));
        let padding: &dyn signature::RsaEncoding = match alg {
            "RS384" => &signature::RSA_PKCS1_SHA384,
            "RS512" => &signature::RSA_PKCS1_SHA512,
            "PS256" => &signature::RSA_PSS_SHA256,
            "PS384" => &signature::RSA_PSS_SHA384,
            "PS512" => &signature::RSA_PSS_SHA512,
            _ => &signature::RSA_PKCS1_SHA256,
        };
        let mut bytes = vec![0; pair.public().modulus_len()];
        pair.sign(padding, &SystemRandom::new(), input.as_bytes(), &mut bytes).unwrap();
        Jwt::parse(&format!("{input}.{}", url_encode(&bytes))).unwrap()
    }

    #[test]
    fn the_rules_table() {
        let (pair, public) = key();
        let (other, _) = key();
        let valid = json!({ "exp": NOW + 300, "nbf": NOW });
        let check = |jwt: Jwt| jwt.validate(Some(&public), NOW * 1000);
        for alg in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
            assert_eq!(check(sign(&pair, alg, &valid)), Ok(()), "{alg}");
        }
        for (claims, passes) in [
            (json!({ "exp": NOW + 299, "nbf": NOW }), false),
            (json!({ "exp": NOW + 300, "nbf": NOW + 300 }), true),
            (json!({ "exp": NOW + 300, "nbf": NOW + 301 }), false),
            (json!({ "exp": NOW + 300 }), false),
            (json!({ "exp": "9999999999", "nbf": NOW }), false),
            (json!({ "exp": NOW + 900, "nbf": 0, "iat": "x", "aud": 7, "extra": {} }), true),
            (json!([]), false),
        ] {
            let result = check(sign(&pair, "RS256", &claims));
            assert_eq!(result.is_ok(), passes, "{claims}: {result:?}");
        }
        assert!(matches!(check(sign(&pair, "RS256", &json!({ "nbf": NOW }))), Err(Rejection::Crash(_))));
        assert!(matches!(check(sign(&other, "RS256", &valid)), Err(Rejection::Invalid(_))));
        assert!(matches!(check(sign(&pair, "HS256", &valid)), Err(Rejection::Invalid(_))));
    }

    #[test]
    fn what_is_a_token_at_all() {
        assert!(Jwt::parse("").is_none());
        assert!(Jwt::parse("a.b").is_none());
        assert!(Jwt::parse("eyJhbGciOiJSUzI1NiJ9.e30.AA.AA").is_none());
        assert!(Jwt::parse("e30.e30.AA").is_none(), "no alg");
        let jwt = Jwt::parse("eyJhbGciOiJSUzI1NiJ9.e30.AA").unwrap();
        assert_eq!(jwt.header_text("did"), "null");
        assert_eq!(jwt.text_claim("sid"), Ok(None));
    }
}
