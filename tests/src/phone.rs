//! A phone: core with a clock that the test turns, a person who does as told, and a folder that can be opened again.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use authpush_core::desk::FileVault;
use authpush_core::{
    Account, Answer, AuthRequest, Authenticator, AuthenticatorError, Clock, ClockError, Configuration,
    Device, TrustSettings, UserVerifier, UserVerifierError, Verification, VerificationPrompt,
    software_key_store,
};
use tempfile::TempDir;

use crate::bank::Bank;

/// The device's clock: the system's plus what the test says.
#[derive(Default)]
pub struct ManualClock {
    ahead: AtomicI64,
    readings_left: Mutex<Option<usize>>,
}

/// The person in front of the phone.
#[derive(Default)]
pub struct Person {
    asked: AtomicUsize,
    refusal: Mutex<Option<UserVerifierError>>,
    prompt: Mutex<Option<VerificationPrompt>>,
}

/// A phone.
pub struct Phone {
    /// What is tried.
    pub authenticator: Arc<Authenticator>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Its owner.
    pub person: Arc<Person>,
    settings: PhoneSettings,
    folder: Arc<TempDir>,
}

/// How a phone is set up.
#[derive(Clone, Default)]
pub struct PhoneSettings {
    /// Whom it trusts.
    pub trust: TrustSettings,
    /// Most seconds for a call.
    pub timeout_seconds: Option<u32>,
    /// How much history it keeps.
    pub history_limit: Option<u32>,
}

/// A setting to change when a phone is opened again.
pub type Setting = Box<dyn FnOnce(&mut PhoneSettings)>;

impl ManualClock {
    /// Turns the clock to this many seconds ahead of the true time.
    pub fn turn(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::SeqCst);
    }

    /// Fails after this many more readings; `None`: never.
    pub fn fails_after(&self, readings: Option<usize>) {
        *self.readings_left.lock().unwrap() = readings;
    }

    /// The true time.
    #[must_use]
    pub fn true_time() -> i64 {
        i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Result<i64, ClockError> {
        if let Some(left) = self.readings_left.lock().unwrap().as_mut() {
            *left = left.checked_sub(1).ok_or(ClockError::Failed)?;
        }
        Ok(Self::true_time().saturating_add(self.ahead.load(Ordering::SeqCst)))
    }
}

impl Person {
    /// From now on refuses in this way.
    pub fn refuses(&self, error: UserVerifierError) {
        *self.refusal.lock().unwrap() = Some(error);
    }

    /// From now on is there.
    pub fn agrees(&self) {
        *self.refusal.lock().unwrap() = None;
    }

    /// How often they were asked.
    #[must_use]
    pub fn times_asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// What they were asked last.
    #[must_use]
    pub fn last_prompt(&self) -> Option<VerificationPrompt> {
        self.prompt.lock().unwrap().clone()
    }
}

impl UserVerifier for Person {
    fn verify(&self, prompt: VerificationPrompt) -> Result<Verification, UserVerifierError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        *self.prompt.lock().unwrap() = Some(prompt);
        self.refusal.lock().unwrap().map_or(Ok(Verification::Verified), Err)
    }
}

impl PhoneSettings {
    /// Trusts this one certificate.
    #[must_use]
    pub fn trusting(certificate: String) -> Self {
        let trust =
            TrustSettings { public_roots: false, anchors_pem: vec![certificate], ..TrustSettings::default() };
        Self { trust, ..Self::default() }
    }
}

impl Phone {
    /// A new phone that trusts this bank.
    #[must_use]
    pub async fn of(bank: &Bank) -> Self {
        Self::with(PhoneSettings::trusting(bank.certificate())).await
    }

    /// A new phone.
    #[must_use]
    pub async fn with(settings: PhoneSettings) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::open(folder, settings, Arc::default(), Arc::default()).await.unwrap()
    }

    /// The same phone after the app was restarted, perhaps with other settings.
    pub async fn reopened(
        &self,
        change: impl FnOnce(&mut PhoneSettings),
    ) -> Result<Self, AuthenticatorError> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Self::open(Arc::clone(&self.folder), settings, Arc::clone(&self.clock), Arc::clone(&self.person))
            .await
    }

    async fn open(
        folder: Arc<TempDir>,
        settings: PhoneSettings,
        clock: Arc<ManualClock>,
        person: Arc<Person>,
    ) -> Result<Self, AuthenticatorError> {
        let home = folder.path().join("home").display().to_string();
        let vault = Arc::new(FileVault::new(home.clone(), None));
        let keys = software_key_store(home.clone(), vault.clone());
        let mut configuration = Configuration::new(home);
        configuration.trust = settings.trust.clone();
        configuration.timeout_seconds = settings.timeout_seconds.unwrap_or(configuration.timeout_seconds);
        configuration.history_limit = settings.history_limit.unwrap_or(configuration.history_limit);
        let authenticator =
            Authenticator::open(configuration, keys, vault, person.clone(), clock.clone()).await?;
        Ok(Self { authenticator, clock, person, settings, folder })
    }

    /// Where everything is stored.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// How many key files there are.
    #[must_use]
    pub fn keys(&self) -> usize {
        std::fs::read_dir(self.home().join("keys")).map_or(0, Iterator::count)
    }

    /// Scans a QR code.
    pub async fn scan(&self, qr: &str) -> Result<Account, AuthenticatorError> {
        self.scan_with(qr, "push-token-1").await
    }

    /// Scans a QR code while the push service knows the phone by this token.
    pub async fn scan_with(&self, qr: &str, push_id: &str) -> Result<Account, AuthenticatorError> {
        let device = Device {
            name: "Alice's phone".to_owned(),
            model: "Pixel 8".to_owned(),
            key_bits: 2048,
            provider: None,
        };
        self.authenticator.add_account(qr.to_owned(), push_id.to_owned(), device).await
    }

    /// Takes in a push.
    pub async fn receive(&self, push: &str) -> Result<AuthRequest, AuthenticatorError> {
        Ok(self.authenticator.process_auth_request(push.to_owned(), None).await?.request().unwrap())
    }

    /// Approves with these accounts.
    pub async fn approve(&self, id: &str, accounts: &[&str]) -> Result<Answer, AuthenticatorError> {
        let review = self.authenticator.process_consent_data(id.to_owned()).await?;
        let accounts = accounts.iter().map(|id| (*id).to_owned()).collect();
        let decision = self.authenticator.add_approved_account_ids(review, accounts).await?;
        self.authenticator.send_auth_request(decision).await
    }

    /// Approves a login with the number of the other screen.
    pub async fn approve_with_number(&self, id: &str, number: &str) -> Result<Answer, AuthenticatorError> {
        let review = self.authenticator.process_consent_data(id.to_owned()).await?;
        let decision = self.authenticator.match_number(review, Vec::new(), number.to_owned()).await?;
        self.authenticator.send_auth_request(decision).await
    }

    /// Denies.
    pub async fn deny(&self, id: &str) -> Result<Answer, AuthenticatorError> {
        let review = self.authenticator.process_consent_data(id.to_owned()).await?;
        self.authenticator.send_auth_request(review.deny()).await
    }

    /// The state of its only account.
    pub async fn only_account(&self) -> Account {
        let mut accounts = self.authenticator.accounts().await.unwrap();
        assert_eq!(accounts.len(), 1, "{accounts:?}");
        accounts.remove(0)
    }
}
