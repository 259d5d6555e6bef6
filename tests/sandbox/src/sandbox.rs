//! Starting and stopping.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use tokio::{net::TcpListener, sync::broadcast, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

use crate::{
    Options,
    control::Control,
    event::Event,
    model::{Client, User},
    server,
    shop::Credentials,
    state::{Config, Shared, State},
    store,
    tls::Identity,
};

/// A running server. Dropping it stops it, too, but only [`Sandbox::stop`] waits until the port is free.
#[derive(Debug)]
pub struct Sandbox {
    url: String,
    identity: Identity,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The port, or a file under the data directory.
    #[error("cannot listen, or cannot use the data directory: {0}")]
    Io(#[from] io::Error),
    /// The certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    MakeCertificate(#[from] rcgen::Error),
    /// The certificate or key under the data directory cannot be read.
    #[error("cannot read the kept certificate: {0}")]
    Certificate(String),
    /// TLS refuses certificate or key.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The built-in client's key could not be made or read.
    #[error("cannot make the key of the built-in client")]
    ShopKey,
}

impl Sandbox {
    /// Starts a server on the current runtime and returns once it listens.
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        if let Some(directory) = &options.data {
            make_private(directory)?;
        }
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let identity = Identity::load_or_make(options.data.as_deref(), address.ip())?;
        let acceptor = TlsAcceptor::from(Arc::new(identity.server_config()?));
        // Listening everywhere, it still needs a name that a caller can use.
        let host = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
        let url = format!("https://{}", SocketAddr::new(host, address.port()));
        let kept = options.data.as_deref().map(store::load).transpose()?.flatten();
        let shop = match &kept {
            Some(kept) => Credentials::built_in(kept.shop_key()?),
            None => {
                Credentials::generate("shop").map_err(|_| SandboxError::ShopKey)?.with_secret("shop-secret")
            }
        };
        let mut state = State::new(Config {
            url: url.clone(),
            profile: options.profile,
            tenant: options.tenant,
            quirks: options.quirks,
            data: options.data,
            shop_key: shop.key().to_vec(),
        });
        if let Some(kept) = kept {
            state.users = kept.users;
            state.enrolments = kept.enrolments;
            state.devices = kept.devices;
            state.clients = kept.clients;
            state.consents = kept.consents;
        }
        furnish(&mut state, &options.user, &shop)?;
        let shared = Arc::new(Shared::new(state));
        shared.with(State::touch);
        let serving = tokio::spawn(server::serve(listener, acceptor, Arc::clone(&shared)));
        Ok(Self { url, identity, shared, serving: Some(serving) })
    }

    /// `https://HOST:PORT`, without a trailing slash: the `hst` of its QR codes.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its certificate, to be trusted by whoever calls it.
    #[must_use]
    pub fn ca_certificate_pem(&self) -> &str {
        &self.identity.certificate
    }

    /// Where that certificate lies, when there is a data directory.
    #[must_use]
    pub fn ca_certificate_path(&self) -> Option<&Path> {
        self.identity.path.as_deref()
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// The control API without the detour over HTTP.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.shared))
    }

    /// Ends every connection and returns once the port is free.
    pub async fn stop(mut self) {
        self.shared.stopped.send_replace(true);
        if let Some(serving) = self.serving.take() {
            // An error would be a panic in the accept loop, which has ended then, too.
            let _ = serving.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.stopped.send_replace(true);
    }
}

/// What exists from the start: the administrator, the named user, and the built-in client.
fn furnish(state: &mut State, user: &str, shop: &Credentials) -> Result<(), SandboxError> {
    for (name, first_name, last_name) in [("admin", "Admin", "Admin"), (user, "Alice", "Doe")] {
        if state.user(name).is_none() {
            let named = name == "alice" || name == "admin";
            let own = || {
                let mut letters = name.chars();
                letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
            };
            state.users.push(User {
                username: name.to_owned(),
                password: name.to_owned(),
                first_name: if named { Some(first_name.to_owned()) } else { own() },
                last_name: Some(last_name.to_owned()),
                organization: None,
                user_store_domain: None,
            });
        }
    }
    if state.client("shop").is_none() {
        state.clients.push(Client {
            client_id: "shop".to_owned(),
            client_secret: Some("shop-secret".to_owned()),
            public_key: None,
            jwks: Some(shop.jwks().map_err(|_| SandboxError::ShopKey)?),
            application: Some("ShopApp".to_owned()),
        });
    }
    Ok(())
}

fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}
