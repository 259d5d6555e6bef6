//! A server that does as it is told, and counts what reaches it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a server shows of itself in the handshake.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// The certificate that a client would be given as an anchor: the root, or the leaf itself.
    pub anchor_pem: String,
}

/// What a server does with a request.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// Reads the request and closes.
    Close,
    /// Reads the request and says nothing for so long.
    Stall(Duration),
}

/// The running server.
pub struct Wild {
    url: String,
    requests: Arc<AtomicUsize>,
    bytes: Arc<AtomicUsize>,
    script: Arc<Mutex<VecDeque<Reaction>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Identity {
    /// A self-signed certificate for these names; `ca`: marked as a certificate authority.
    #[must_use]
    pub fn self_signed(names: &[&str], ca: IsCa) -> Self {
        let mut params = params(names);
        params.is_ca = ca;
        Self::from_params(params)
    }

    /// A self-signed certificate that was valid long ago.
    #[must_use]
    pub fn expired(names: &[&str]) -> Self {
        let mut params = params(names);
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self::from_params(params)
    }

    /// A certificate under a root of its own; the root is the anchor. `presented` also goes out with the chain.
    #[must_use]
    pub fn under_a_root(names: &[&str], presented: &[&Self]) -> Self {
        let mut root = params(&[]);
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = params(names).signed_by(&key, &root).unwrap();
        let mut chain = vec![leaf.der().clone()];
        chain.extend(presented.iter().filter_map(|other| other.chain.first().cloned()));
        Self { chain, key: private(&key), anchor_pem: root.pem() }
    }

    /// A certificate that was signed with the key of another server's own certificate, which is no authority. That one is
    /// the anchor.
    #[must_use]
    pub fn under_no_authority(names: &[&str]) -> Self {
        let mut issuer = params(&["bank.example"]);
        issuer.is_ca = IsCa::ExplicitNoCa;
        let issuer = CertifiedIssuer::self_signed(issuer, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = params(names).signed_by(&key, &issuer).unwrap();
        Self { chain: vec![leaf.der().clone()], key: private(&key), anchor_pem: issuer.pem() }
    }

    fn from_params(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { chain: vec![certificate.der().clone()], key: private(&key), anchor_pem: certificate.pem() }
    }

    /// The pin of the leaf's public key.
    #[must_use]
    pub fn pin(&self) -> String {
        pin_of(self.chain.first().unwrap())
    }

    /// The pin of the anchor's public key.
    #[must_use]
    pub fn anchor_pin(&self) -> String {
        use rustls::pki_types::pem::PemObject as _;
        pin_of(&CertificateDer::from_pem_slice(self.anchor_pem.as_bytes()).unwrap())
    }
}

impl Wild {
    /// Over TLS, on 127.0.0.1.
    pub async fn tls(identity: Identity, script: Vec<Reaction>) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(identity.chain, identity.key)
            .unwrap();
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), script).await
    }

    /// In the clear, on 127.0.0.1.
    pub async fn plain(script: Vec<Reaction>) -> Self {
        Self::start(None, script).await
    }

    async fn start(tls: Option<TlsAcceptor>, script: Vec<Reaction>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let (requests, bytes) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let script = Arc::new(Mutex::new(VecDeque::from(script)));
        let (seen, counted, plan) = (Arc::clone(&requests), Arc::clone(&bytes), Arc::clone(&script));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let next = || plan.lock().unwrap().pop_front().unwrap_or(Reaction::Close);
                match &tls {
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, next, &seen, &counted).await;
                        }
                    }
                    None => serve(stream, next, &seen, &counted).await,
                }
            }
        });
        Self { url, requests, bytes, script, task }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whole requests that arrived.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Bytes of requests that arrived, behind the handshake.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }

    /// What it does next, after what it was told before.
    pub fn then(&self, reaction: Reaction) {
        self.script.lock().unwrap().push_back(reaction);
    }

    /// A QR code of an Open Banking server at this address.
    #[must_use]
    pub fn qr(&self, device_id: &str) -> String {
        serde_json::json!({
            "did": device_id, "un": "alice", "td": "carbon.super", "hst": self.url,
            "bp": "/t/carbon.super/api/users/v1/me", "re": "/push-auth/devices", "chg": "challenge-1",
            "ae": "/api/openbanking/ciba/push-auth/authenticate"
        })
        .to_string()
    }
}

impl Drop for Wild {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Reaction {
    /// An HTTP answer with this status line and body.
    #[must_use]
    pub fn status(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Bytes(
            format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
            )
            .into_bytes(),
        )
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    next: impl FnOnce() -> Reaction,
    requests: &AtomicUsize,
    bytes: &AtomicUsize,
) {
    if !read_request(&mut stream, bytes).await {
        return;
    }
    requests.fetch_add(1, Ordering::SeqCst);
    match next() {
        Reaction::Bytes(answer) => {
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
        Reaction::Close => {}
        Reaction::Stall(time) => tokio::time::sleep(time).await,
    }
}

/// Reads a head and as much body as it announces.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, bytes: &AtomicUsize) -> bool {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let Ok(read) = stream.read(&mut chunk).await else { return false };
        if read == 0 {
            return false;
        }
        bytes.fetch_add(read, Ordering::SeqCst);
        request.extend(chunk.iter().take(read));
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let announced = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let announced = announced.and_then(|length| length.trim().parse::<usize>().ok()).unwrap_or(0);
        if body.len() >= announced {
            return true;
        }
    }
}

fn params(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(key.serialize_der()).into()
}

fn pin_of(certificate: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let parsed = rustls::server::ParsedCertificate::try_from(certificate).unwrap();
    let key = parsed.subject_public_key_info();
    let hash = ring::digest::digest(&ring::digest::SHA256, key.as_ref());
    format!("sha256/{}", base64::prelude::BASE64_STANDARD.encode(hash))
}
