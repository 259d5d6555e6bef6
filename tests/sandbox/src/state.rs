//! Everything the server remembers, behind one lock: handlers run one at a time, as small functions over it.

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::{
    Profile, Quirks,
    audit::{AuditEntry, MOST_ENTRIES, Verdict},
    clock::ServerClock,
    event::Event,
    fault::Fault,
    is7::login::Is7,
    model::{CibaRequest, Client, Consent, Device, Enrolment, Session, User},
    push::Push,
    store,
};

/// The super tenant, the only one that the Open Banking parts serve.
pub(crate) const SUPER_TENANT: &str = "carbon.super";

/// What does not change while the server runs.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) url: String,
    pub(crate) profile: Profile,
    pub(crate) tenant: String,
    pub(crate) quirks: Quirks,
    pub(crate) data: Option<PathBuf>,
    /// The private key of the built-in client, PKCS#8.
    pub(crate) shop_key: Vec<u8>,
}

pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) clock: ServerClock,
    pub(crate) users: Vec<User>,
    pub(crate) enrolments: Vec<Enrolment>,
    pub(crate) devices: Vec<Device>,
    pub(crate) clients: Vec<Client>,
    pub(crate) consents: Vec<Consent>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) ciba: Vec<CibaRequest>,
    pub(crate) is7: Is7,
    /// Bearer token to user name.
    pub(crate) bearers: BTreeMap<String, String>,
    /// Error code to the message that sticks to it once it was first reported.
    pub(crate) sticky: BTreeMap<&'static str, String>,
    pub(crate) pushes: Vec<Push>,
    pub(crate) last_push: watch::Sender<u64>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) audit: Vec<AuditEntry>,
    last_audited: u64,
    /// How often anything changed that the control API shows.
    pub(crate) changes: watch::Sender<u64>,
    events: broadcast::Sender<Event>,
    changed: bool,
}

impl State {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            clock: ServerClock::default(),
            users: Vec::new(),
            enrolments: Vec::new(),
            devices: Vec::new(),
            clients: Vec::new(),
            consents: Vec::new(),
            sessions: Vec::new(),
            ciba: Vec::new(),
            is7: Is7::default(),
            bearers: BTreeMap::new(),
            sticky: BTreeMap::new(),
            pushes: Vec::new(),
            last_push: watch::Sender::new(0),
            faults: Vec::new(),
            audit: Vec::new(),
            last_audited: 0,
            changes: watch::Sender::new(0),
            events: broadcast::Sender::new(EVENTS_KEPT),
            changed: false,
        }
    }

    pub(crate) fn mended(&self) -> bool {
        self.config.quirks == Quirks::Mended
    }

    /// Tells whoever watches that there is something new to see.
    pub(crate) fn announce(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(crate) fn emit(&self, event: Event) {
        self.announce();
        // Nobody listening is fine.
        let _ = self.events.send(event);
    }

    pub(crate) fn record(&mut self, mut entry: AuditEntry) {
        self.last_audited = self.last_audited.saturating_add(1);
        entry.id = self.last_audited;
        if entry.verdict == Verdict::Refused {
            self.emit(Event::Refused {
                path: entry.path.clone(),
                status: entry.status,
                reason: entry.reason.clone(),
            });
        }
        if self.audit.len() >= MOST_ENTRIES {
            self.audit.remove(0);
        }
        self.audit.push(entry);
        self.announce();
    }

    /// Something that outlives a restart has changed.
    pub(crate) fn touch(&mut self) {
        self.changed = true;
        self.announce();
    }

    /// The plain name behind `alice`, `alice@carbon.super` or `PRIMARY/alice`.
    pub(crate) fn plain_name<'a>(&self, name: &'a str) -> &'a str {
        let name = name.strip_prefix("PRIMARY/").unwrap_or(name);
        [self.config.tenant.as_str(), SUPER_TENANT]
            .iter()
            .find_map(|tenant| name.strip_suffix(tenant)?.strip_suffix('@'))
            .unwrap_or(name)
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        let name = self.plain_name(name);
        self.users.iter().find(|user| {
            user.username.eq_ignore_ascii_case(name) || user.qualified_name().eq_ignore_ascii_case(name)
        })
    }

    pub(crate) fn device(&self, device_id: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.device_id == device_id)
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }

    pub(crate) fn consent(&self, consent_id: &str) -> Option<&Consent> {
        self.consents.iter().find(|consent| consent.consent_id == consent_id)
    }

    pub(crate) fn consent_mut(&mut self, consent_id: &str) -> Option<&mut Consent> {
        self.consents.iter_mut().find(|consent| consent.consent_id == consent_id)
    }

    pub(crate) fn session_mut(&mut self, session_data_key: &str) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.key == session_data_key)
    }

    pub(crate) fn session(&self, session_data_key: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.key == session_data_key)
    }
}

/// The state, and what is reached without its lock.
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) stopped: watch::Sender<bool>,
}

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        let (events, changes) = (state.events.clone(), state.changes.clone());
        Self { state: Mutex::new(state), events, changes, stopped: watch::Sender::new(false) }
    }

    /// Runs `work` alone, and keeps on disk what it changed.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut state);
        if std::mem::take(&mut state.changed)
            && let Err(error) = store::save(&state)
        {
            // A full disk must not look like a protocol fault; it is told where the operator looks.
            state.emit(Event::NotKept { reason: error.to_string() });
        }
        result
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// A random UUID, as the server mints ids, challenges and tokens.
pub(crate) fn new_id() -> String {
    Uuid::new_v4().to_string()
}

const EVENTS_KEPT: usize = 1024;
