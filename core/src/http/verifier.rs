//! Certificate verification: web PKI, plus anchors that are the server's own certificate, plus pins.
//!
//! A self-signed server certificate that was handed over as an anchor must work even where it is marked as a
//! certificate authority, which web PKI forbids a server to present. It is recognised by being identical, and its name
//! and dates are verified all the same. Pins narrow: one must match a key of the path that was *verified*, never one
//! that was merely presented, and a pin never makes a path trusted.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::{Decode as _, Encode as _, Tag};
use x509_cert::ext::pkix::BasicConstraints;

use crate::device::argument;
use crate::error::{AuthenticatorError, InputProblem};
use crate::trust::{KnownPin, Trust};

/// The verifier of one client.
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    roots: Vec<TrustAnchor<'static>>,
    anchors: Vec<CertificateDer<'static>>,
    pins: Vec<KnownPin>,
}

/// The certificate is trusted, and matches no pin of its host.
#[derive(Debug)]
pub(super) struct PinMismatch;

impl Verifier {
    pub(super) fn new(provider: Arc<CryptoProvider>, trust: Trust) -> Result<Self, AuthenticatorError> {
        let mut roots = Vec::new();
        if trust.public_roots {
            roots.extend_from_slice(webpki_roots::TLS_SERVER_ROOTS);
        }
        for anchor in &trust.anchors {
            let wrong = || argument("anchors_pem", InputProblem::NotAllowed);
            let certificate = Certificate::from_der(anchor).map_err(|_| wrong())?;
            // A server's own certificate vouches for itself alone: its key must not make it an authority.
            if is_authority(&certificate) {
                roots.push(anchor_from_trusted_cert(anchor).map_err(|_| wrong())?.to_owned());
            }
        }
        Ok(Self { provider, roots, anchors: trust.anchors, pins: trust.pins })
    }

    fn verify_anchor(
        &self,
        leaf: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        check_validity(leaf, now)?;
        let leaf = EndEntityCert::try_from(leaf).map_err(|_| CertificateError::BadEncoding)?;
        leaf.verify_is_valid_for_subject_name(name).map_err(told)?;
        if self.pinned(name, || [leaf.subject_public_key_info().to_vec()]) { Ok(()) } else { Err(mismatch()) }
    }

    fn verify_path(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let leaf = EndEntityCert::try_from(leaf).map_err(|_| CertificateError::BadEncoding)?;
        let unpinned = Cell::new(false);
        let pin = |path: &VerifiedPath<'_>| {
            let matches = self.pinned(name, || keys_of(path));
            unpinned.set(!matches);
            // Another path may lead through a pinned key: refusing here makes the search go on.
            if matches { Ok(()) } else { Err(webpki::Error::UnknownIssuer) }
        };
        let algorithms = self.provider.signature_verification_algorithms.all;
        let usage = KeyUsage::server_auth();
        let path =
            leaf.verify_for_usage(algorithms, &self.roots, intermediates, now, usage, None, Some(&pin));
        leaf.verify_is_valid_for_subject_name(name).map_err(told)?;
        match path {
            Ok(_) => Ok(()),
            Err(_) if unpinned.get() => Err(mismatch()),
            Err(error) => Err(told(error)),
        }
    }

    /// Whether the host has no pins, or one of these keys matches one of them.
    fn pinned<K: IntoIterator<Item = Vec<u8>>>(
        &self,
        name: &ServerName<'_>,
        keys: impl FnOnce() -> K,
    ) -> bool {
        let host = name.to_str().trim_end_matches('.').to_ascii_lowercase();
        let is_for =
            |pin: &&KnownPin| pin.host.as_ref().is_none_or(|pinned| pinned.trim_matches(['[', ']']) == host);
        let pins: Vec<_> = self.pins.iter().filter(is_for).collect();
        pins.is_empty()
            || keys().into_iter().any(|key| {
                let hash = digest(&SHA256, &key);
                pins.iter().any(|pin| pin.sha256 == hash.as_ref())
            })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.anchors.iter().any(|anchor| anchor == leaf) {
            self.verify_anchor(leaf, name, now)?;
        } else {
            self.verify_path(leaf, intermediates, name, now)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier {{ roots: {}, pins: {} }}", self.roots.len(), self.pins.len())
    }
}

impl fmt::Display for PinMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no pin of this host matches")
    }
}

impl std::error::Error for PinMismatch {}

/// The public keys of a verified path, each as DER of its `SubjectPublicKeyInfo`.
fn keys_of(path: &VerifiedPath<'_>) -> Vec<Vec<u8>> {
    let mut keys = vec![path.end_entity().subject_public_key_info().to_vec()];
    keys.extend(path.intermediate_certificates().map(|issuer| issuer.subject_public_key_info().to_vec()));
    // An anchor is kept without the SEQUENCE around its key; what is pinned has it.
    let anchor = path.anchor().subject_public_key_info.as_ref();
    keys.extend(AnyRef::new(Tag::Sequence, anchor).and_then(|key| key.to_der()));
    keys
}

/// RFC 5280 section 4.2.1.9.
fn is_authority(certificate: &Certificate) -> bool {
    let constraints = certificate.tbs_certificate.get::<BasicConstraints>();
    matches!(constraints, Ok(Some((_, BasicConstraints { ca: true, .. }))))
}

/// RFC 5280 section 4.1.2.5, for a certificate that is its own anchor. The time is the system clock's.
fn check_validity(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let parsed = Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let validity = parsed.tbs_certificate.validity;
    let now = Duration::from_secs(now.as_secs());
    if now < validity.not_before.to_unix_duration() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > validity.not_after.to_unix_duration() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

fn mismatch() -> Error {
    CertificateError::Other(OtherError(Arc::new(PinMismatch))).into()
}

/// A web PKI verdict in rustls' words, as far as a person is told of the difference.
fn told(error: webpki::Error) -> Error {
    match error {
        webpki::Error::CertExpired { .. } | webpki::Error::InvalidCertValidity => CertificateError::Expired,
        webpki::Error::CertNotValidYet { .. } => CertificateError::NotValidYet,
        webpki::Error::CertNotValidForName(_) => CertificateError::NotValidForName,
        webpki::Error::BadDer | webpki::Error::BadDerTime => CertificateError::BadEncoding,
        _ => CertificateError::UnknownIssuer,
    }
    .into()
}
