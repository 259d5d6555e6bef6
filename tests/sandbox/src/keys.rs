//! Public keys, as devices and clients register them, and the verification that the server's JOSE library does.
//!
//! Nothing here is shared with the library under test: a mistake there must not be mirrored here.

use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA384, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde_json::Value;
use spki::{Document, ObjectIdentifier, SubjectPublicKeyInfoRef, der::Decode as _};

use crate::base64url::jose_decode;

/// A key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// PKCS#1 `RSAPublicKey`, DER.
    Rsa(Vec<u8>),
    /// Modulus and exponent, big-endian, as a JWK gives them.
    RsaComponents(Vec<u8>, Vec<u8>),
    /// Uncompressed point.
    P256(Vec<u8>),
}

impl PublicKey {
    /// From an X.509 `SubjectPublicKeyInfo` in DER: RSA or P-256.
    pub(crate) fn from_spki(der: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
        let bits = info.subject_public_key.as_bytes()?.to_vec();
        match info.algorithm.oid {
            RSA => Some(Self::Rsa(bits)),
            EC if info.algorithm.parameters_oid().ok()? == P256 => Some(Self::P256(bits)),
            _ => None,
        }
    }

    /// From `-----BEGIN PUBLIC KEY-----`.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        let (label, document) = Document::from_pem(pem.trim()).ok()?;
        if label == "PUBLIC KEY" { Self::from_spki(document.as_bytes()) } else { None }
    }

    /// From one key of a JWKS: `kty` RSA or EC P-256.
    pub(crate) fn from_jwk(jwk: &Value) -> Option<Self> {
        let field = |name: &str| jose_decode(jwk.get(name)?.as_str()?);
        match jwk.get("kty")?.as_str()? {
            "RSA" => Some(Self::RsaComponents(field("n")?, field("e")?)),
            "EC" if jwk.get("crv")?.as_str()? == "P-256" => {
                let mut point = vec![4];
                point.extend(field("x")?);
                point.extend(field("y")?);
                Some(Self::P256(point))
            }
            _ => None,
        }
    }

    pub(crate) fn is_rsa(&self) -> bool {
        !matches!(self, Self::P256(_))
    }

    /// Checks a JWS signature under the algorithm that its header names.
    ///
    /// `None`: the algorithm does not go with this key. RSA keys of 1024 bits verify with RS256 and RS512 only; the
    /// real server would also take RS384 and PS256 from them, which no device makes.
    pub(crate) fn verify(&self, alg: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
        if let Self::P256(point) = self {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
            return (alg == "ES256").then(|| key.verify(message, signature).is_ok());
        }
        let parameters: &RsaParameters = match alg {
            "RS256" => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            "RS384" => &RSA_PKCS1_2048_8192_SHA384,
            "RS512" => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            "PS256" => &RSA_PSS_2048_8192_SHA256,
            "PS384" => &RSA_PSS_2048_8192_SHA384,
            "PS512" => &RSA_PSS_2048_8192_SHA512,
            _ => return None,
        };
        Some(match self {
            Self::Rsa(der) => UnparsedPublicKey::new(parameters, der).verify(message, signature).is_ok(),
            Self::RsaComponents(n, e) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }
            Self::P256(_) => false,
        })
    }

    /// `SHA256withRSA` of the JDK.
    pub(crate) fn verify_sha256_with_rsa(&self, message: &[u8], signature: &[u8]) -> bool {
        self.is_rsa() && self.verify("RS256", message, signature) == Some(true)
    }
}

/// The point of a P-256 key pair, which is what its public key is.
pub(crate) fn p256_point(pair: &signature::EcdsaKeyPair) -> Vec<u8> {
    use ring::signature::KeyPair as _;
    pair.public_key().as_ref().to_vec()
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url::java_decode;

    #[test]
    fn a_signature_of_the_official_sdks_kind_a_key_of_1024_bits() {
        let key = PublicKey::from_spki(&java_decode(SPKI).unwrap()).unwrap();
        let signature = java_decode(SIGNATURE).unwrap();
        assert!(key.verify_sha256_with_rsa(MESSAGE, &signature));
        assert!(!key.verify_sha256_with_rsa(b"another", &signature));
    }

    #[test]
    fn a_pem_and_a_jwk_of_p256_are_the_same_key() {
        let from_pem = PublicKey::from_pem(PEM).unwrap();
        let jwk = serde_json::json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
            "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
        });
        assert_eq!(from_pem, PublicKey::from_jwk(&jwk).unwrap());
        assert!(!from_pem.is_rsa());
        assert_eq!(from_pem.verify("RS256", b"", b""), None);
    }

    const SPKI: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCVwJYtlmoZov4I554h+Utto+Cr8+BKMmqaz3R/mJGGFj2iUWFKQVXR5heW0m9dFOuunNpxXe3ImCwCGbOv1fbctTOUpcKUKv2qAzZpeJ/fEZMQ/4UcWDjxAoNFc7SloKA1Xnkr81Eo/ujSdjPnYktzdCnxb3ruqGcC3nuCNWmJSQIDAQAB";
    const MESSAGE: &[u8] =
        b"8d126a32-5f9e-40b5-9336-e59ff39f9499.fcm:token-4483db08-1159-4fd8-a11b-ae56281fd05e";
    const SIGNATURE: &str = "LoDPcGySezFoweuYBexsrUiTKjWjJF+8Cn+h4MphjcFmpBW42Nst9Eeg1Rs+f7gb7hbTHyH8nb+Z+ssmQIH+fXIXGmUq60CW405Shxzc2JiT17YcxWTF3e5tpLSRJPEu0vqXMQyxEprs5hgHfxzvewFFDUABOqnT6gPs7tfFCRI=";
    // The base point of the curve.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
";
}
