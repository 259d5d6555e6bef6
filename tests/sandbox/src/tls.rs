//! The server's own certificate: self-signed, for the listening address and the loopback names.

use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use time::{Duration, OffsetDateTime};

use crate::{SandboxError, store};

/// Certificate and key, both PEM.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: String,
    key: String,
    /// Where the certificate lies, if it lies anywhere.
    pub(crate) path: Option<PathBuf>,
}

impl Identity {
    /// The one of an earlier run, if it covers `ip`, or a new one.
    pub(crate) fn load_or_make(directory: Option<&Path>, ip: IpAddr) -> Result<Self, SandboxError> {
        let Some(directory) = directory else { return Self::make(ip) };
        let paths = (directory.join(CERTIFICATE), directory.join(KEY), directory.join(ADDRESS));
        let read = || -> io::Result<(String, String, String)> {
            Ok((fs::read_to_string(&paths.0)?, fs::read_to_string(&paths.1)?, fs::read_to_string(&paths.2)?))
        };
        match read() {
            Ok((certificate, key, address)) if address.trim() == ip.to_string() => {
                Ok(Self { certificate, key, path: Some(paths.0) })
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => {
                let made = Self::make(ip)?;
                store::write(&paths.1, made.key.as_bytes())?;
                store::write(&paths.0, made.certificate.as_bytes())?;
                store::write(&paths.2, ip.to_string().as_bytes())?;
                Ok(Self { path: Some(paths.0), ..made })
            }
        }
    }

    fn make(ip: IpAddr) -> Result<Self, SandboxError> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        if !names.contains(&ip.to_string()) {
            names.push(ip.to_string());
        }
        let mut params = CertificateParams::new(names)?;
        // Wide enough for every clock that a test may set.
        let now = OffsetDateTime::now_utc();
        params.not_before = now.saturating_sub(Duration::days(10 * 366));
        params.not_after = now.saturating_add(Duration::days(30 * 366));
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "authpush sandbox");
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self { certificate: certificate.pem(), key: key.serialize_pem(), path: None })
    }

    /// TLS 1.2 and 1.3 with the ring provider, and nothing global.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, SandboxError> {
        let unreadable = |error: rustls::pki_types::pem::Error| SandboxError::Certificate(error.to_string());
        let chain = CertificateDer::pem_slice_iter(self.certificate.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(unreadable)?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).map_err(unreadable)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "key.pem";
const ADDRESS: &str = "address.txt";
