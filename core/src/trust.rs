//! Whom to talk to: what the caller says, read into types that cannot be wrong.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::device::argument;
use crate::error::{AuthenticatorError, InputProblem, TrustFailure};
use crate::origin::{AllowedHost, InsecureLoopback, Origin, comparable_host};

/// What makes a server trusted. Chain, name and validity are always verified; nothing here can switch that off.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct TrustSettings {
    /// Whether the bundled public roots (Mozilla's, through webpki-roots) are trust anchors besides the given ones.
    #[cfg_attr(feature = "uniffi", uniffi(default = true))]
    pub public_roots: bool,
    /// Further trust anchors: PEM texts, each with one certificate or more. A server certificate that is given here
    /// itself is trusted whether or not it is marked as a certificate authority; one that is not vouches for nobody else.
    #[cfg_attr(feature = "uniffi", uniffi(default = []))]
    pub anchors_pem: Vec<String>,
    /// Pins. A host for which there is at least one must match one of them, besides everything else.
    #[cfg_attr(feature = "uniffi", uniffi(default = []))]
    pub pins: Vec<Pin>,
    /// The hosts that may be talked to, as `HOST` or `HOST:PORT`. Empty: any.
    #[cfg_attr(feature = "uniffi", uniffi(default = []))]
    pub allowed_hosts: Vec<String>,
    /// Whether plain `http` to this very machine is allowed, for tests.
    #[cfg_attr(feature = "uniffi", uniffi(default = false))]
    pub insecure_loopback: bool,
}

impl Default for TrustSettings {
    fn default() -> Self {
        Self {
            public_roots: true,
            anchors_pem: Vec::new(),
            pins: Vec::new(),
            allowed_hosts: Vec::new(),
            insecure_loopback: false,
        }
    }
}

/// A pinned public key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Pin {
    /// `sha256/` and the Base64 of the SHA-256 of the certificate's `SubjectPublicKeyInfo` (RFC 7469 section 2.4).
    pub spki: String,
    /// The host it is for; `None`: every host.
    #[cfg_attr(feature = "uniffi", uniffi(default = None))]
    pub host: Option<String>,
}

/// [`TrustSettings`], read.
pub(crate) struct Trust {
    pub(crate) public_roots: bool,
    pub(crate) anchors: Vec<CertificateDer<'static>>,
    pub(crate) pins: Vec<KnownPin>,
    allowed: Vec<AllowedHost>,
    loopback: InsecureLoopback,
}

/// A pin with its host as it is compared.
pub(crate) struct KnownPin {
    pub(crate) host: Option<String>,
    pub(crate) sha256: [u8; 32],
}

impl Trust {
    pub(crate) fn read(settings: &TrustSettings) -> Result<Self, AuthenticatorError> {
        let allowed = settings.allowed_hosts.iter().map(|host| AllowedHost::parse(host));
        Ok(Self {
            public_roots: settings.public_roots,
            anchors: anchors(&settings.anchors_pem)?,
            pins: settings.pins.iter().map(KnownPin::read).collect::<Result<_, _>>()?,
            allowed: allowed
                .collect::<Result<_, _>>()
                .map_err(|problem| argument("allowed_hosts", problem))?,
            loopback: if settings.insecure_loopback {
                InsecureLoopback::Allowed
            } else {
                InsecureLoopback::Refused
            },
        })
    }

    /// Whether a server may be talked to at all; asked before anything is made or sent.
    pub(crate) fn check(&self, origin: &Origin) -> Result<(), TrustFailure> {
        origin.check_scheme(self.loopback)?;
        if self.allowed.is_empty() || self.allowed.iter().any(|host| host.matches(origin)) {
            Ok(())
        } else {
            Err(TrustFailure::HostNotAllowed)
        }
    }
}

impl KnownPin {
    fn read(pin: &Pin) -> Result<Self, AuthenticatorError> {
        let wrong = |problem| argument("pins", problem);
        let encoded = pin.spki.strip_prefix("sha256/").ok_or_else(|| wrong(InputProblem::NotAllowed))?;
        let hash = BASE64_STANDARD.decode(encoded).map_err(|_| wrong(InputProblem::NotAllowed))?;
        let host = pin.host.as_deref().map(comparable_host).transpose().map_err(wrong)?;
        Ok(Self { host, sha256: hash.try_into().map_err(|_| wrong(InputProblem::NotAllowed))? })
    }
}

fn anchors(pem: &[String]) -> Result<Vec<CertificateDer<'static>>, AuthenticatorError> {
    let mut anchors = Vec::new();
    for text in pem {
        let before = anchors.len();
        for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
            anchors.push(certificate.map_err(|_| argument("anchors_pem", InputProblem::NotAllowed))?);
        }
        if anchors.len() == before {
            return Err(argument("anchors_pem", InputProblem::Missing));
        }
    }
    Ok(anchors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_say_nothing_usable_are_refused() {
        let hash = BASE64_STANDARD.encode([1; 32]);
        let pin = |spki: &str, host: Option<&str>| TrustSettings {
            pins: vec![Pin { host: host.map(str::to_owned), spki: spki.to_owned() }],
            ..TrustSettings::default()
        };
        assert!(Trust::read(&pin(&format!("sha256/{hash}"), Some("Bank.Example."))).is_ok());
        for spki in [hash.as_str(), "sha256/", "sha256/AAAA", "sha1/AAAA", ""] {
            assert!(Trust::read(&pin(spki, None)).is_err(), "{spki}");
        }
        assert!(Trust::read(&pin(&format!("sha256/{hash}"), Some("a b"))).is_err());
        let anchors = TrustSettings { anchors_pem: vec!["not pem".to_owned()], ..TrustSettings::default() };
        assert!(Trust::read(&anchors).is_err());
    }

    #[test]
    fn allowed_hosts_hold_when_there_are_any() {
        let settings =
            TrustSettings { allowed_hosts: vec!["bank.example".to_owned()], ..TrustSettings::default() };
        let trust = Trust::read(&settings).unwrap();
        let origin = |text| Origin::parse(text).unwrap();
        assert_eq!(trust.check(&origin("https://bank.example:9446")), Ok(()));
        assert_eq!(trust.check(&origin("https://evil.example")), Err(TrustFailure::HostNotAllowed));
        assert_eq!(trust.check(&origin("http://bank.example")), Err(TrustFailure::InsecureUrl));
    }
}
