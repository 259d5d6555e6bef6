//! The third party's id, secret and P-256 key, and what it signs with it.

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::{Map, Value, json};

use crate::{base64url::url_encode, keys::p256_point, state::new_id};

/// Who the third party is.
#[derive(Clone)]
pub struct Credentials {
    client_id: String,
    client_secret: Option<String>,
    /// PKCS#8, DER.
    key: Vec<u8>,
}

/// The key is none, or the machine has no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the third party's key cannot be made or used")]
pub struct SigningFailed;

impl Credentials {
    /// A new key for this client id, without a secret: the client then authenticates with signed assertions.
    pub fn generate(client_id: impl Into<String>) -> Result<Self, SigningFailed> {
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| SigningFailed)?;
        Ok(Self { client_id: client_id.into(), client_secret: None, key: key.as_ref().to_vec() })
    }

    /// The same, authenticating with a secret.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<String>) -> Self {
        self.client_secret = Some(secret.into());
        self
    }

    /// The client that every sandbox knows.
    pub(crate) fn built_in(key: Vec<u8>) -> Self {
        Self { client_id: "shop".to_owned(), client_secret: Some("shop-secret".to_owned()), key }
    }

    /// OAuth client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Its secret, if it has one.
    #[must_use]
    pub fn client_secret(&self) -> Option<&str> {
        self.client_secret.as_deref()
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The public key as a JWKS.
    pub fn jwks(&self) -> Result<Value, SigningFailed> {
        let point = p256_point(&self.pair()?);
        // An uncompressed point: a tag, then both coordinates.
        let coordinate = |range| point.get(range).map(url_encode).ok_or(SigningFailed);
        let (x, y) = (coordinate(1..33)?, coordinate(33..65)?);
        Ok(json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "x": x, "y": y }] }))
    }

    /// The signed request of `/oauth2/ciba`.
    pub(crate) fn sign_request(&self, request: &RequestObject, now: i64) -> Result<String, SigningFailed> {
        let mut claims = Map::new();
        let mut put = |key: &str, value: Value| claims.insert(key.to_owned(), value);
        put("iss", json!(self.client_id));
        put("aud", json!(request.audience));
        put("jti", json!(new_id()));
        put("iat", json!(now));
        put("nbf", json!(now));
        put("exp", json!(now.saturating_add(LIFE)));
        put("scope", json!(request.scope));
        put("login_hint", json!(request.login_hint));
        if let Some(message) = &request.binding_message {
            put("binding_message", json!(message));
        }
        if let Some(seconds) = request.requested_expiry {
            put("requested_expiry", json!(seconds));
        }
        put("openbanking_intent_id", json!({ "value": request.consent_id, "essential": true }));
        self.sign(&Value::Object(claims))
    }

    /// A `private_key_jwt` client assertion.
    pub(crate) fn sign_assertion(&self, audience: &str, now: i64) -> Result<String, SigningFailed> {
        self.sign(&json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "jti": new_id(),
            "iat": now,
            "exp": now.saturating_add(LIFE),
        }))
    }

    /// Signs claims as a compact JWS with ES256.
    pub fn sign(&self, claims: &Value) -> Result<String, SigningFailed> {
        let header = url_encode(json!({ "alg": "ES256", "typ": "JWT" }).to_string().as_bytes());
        let input = format!("{header}.{}", url_encode(claims.to_string().as_bytes()));
        let signature =
            self.pair()?.sign(&SystemRandom::new(), input.as_bytes()).map_err(|_| SigningFailed)?;
        Ok(format!("{input}.{}", url_encode(signature.as_ref())))
    }

    fn pair(&self) -> Result<EcdsaKeyPair, SigningFailed> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key, &SystemRandom::new())
            .map_err(|_| SigningFailed)
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// What a CIBA request asks for.
#[derive(Debug)]
pub(crate) struct RequestObject {
    pub(crate) audience: String,
    pub(crate) consent_id: String,
    pub(crate) login_hint: String,
    pub(crate) scope: String,
    pub(crate) binding_message: Option<String>,
    pub(crate) requested_expiry: Option<u32>,
}

/// Half an hour: more than the five minutes that must be left, less than the hour that FAPI allows.
const LIFE: i64 = 1800;
