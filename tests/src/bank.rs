//! The sandbox, with the few things that tests do at it all the time.

use authpush_sandbox::{
    AuditEntry, CibaStart, Control, Fault, FaultKind, FaultTarget, LoginStatus, NewConsent, NewLogin,
    Options, Profile, Push, Quirks, Sandbox, Verdict,
};
use serde_json::Value;

/// A bank with one customer, `alice`.
pub struct Bank {
    sandbox: Sandbox,
    options: Options,
}

impl Bank {
    /// An Open Banking server, quirks included.
    pub async fn open_banking() -> Self {
        Self::start(Options { profile: Profile::OpenBanking, ..Options::default() }).await
    }

    /// A plain identity server.
    pub async fn classic() -> Self {
        Self::start(Options { profile: Profile::Classic, ..Options::default() }).await
    }

    /// An identity server of the 7.1 line.
    pub async fn is7() -> Self {
        Self::start(Options { profile: Profile::Is7, ..Options::default() }).await
    }

    /// A server with these options.
    pub async fn start(options: Options) -> Self {
        let sandbox = Sandbox::start(options.clone()).await.unwrap();
        Self { sandbox, options }
    }

    /// An Open Banking server that keeps its data, so that it can go away and come back.
    pub async fn durable(data: &std::path::Path) -> Self {
        Self::start(Options { data: Some(data.to_owned()), quirks: Quirks::AsServer, ..Options::default() })
            .await
    }

    /// Goes away. What comes back is an address on which nobody listens, and how to come back there.
    pub async fn close(self) -> Options {
        let address = self.url().strip_prefix("https://").unwrap().parse().unwrap();
        let options = Options { listen: address, ..self.options.clone() };
        self.sandbox.stop().await;
        options
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.sandbox.url()
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.sandbox.ca_certificate_pem().to_owned()
    }

    /// Its controls.
    #[must_use]
    pub fn control(&self) -> Control {
        self.sandbox.control()
    }

    /// A new QR code for alice.
    #[must_use]
    pub fn qr(&self) -> String {
        self.control().enrolment("alice").unwrap().to_string()
    }

    /// Starts a CIBA request for a new consent of this type; the consent's id.
    #[must_use]
    pub fn ask(&self, consent_type: &str) -> String {
        self.ask_for(NewConsent::of_type(consent_type, "alice"))
    }

    /// Starts a CIBA request for a new consent; the consent's id.
    #[must_use]
    pub fn ask_for(&self, consent: NewConsent) -> String {
        let consent = self.control().create_consent(consent).unwrap();
        let start = CibaStart {
            consent_id: consent.consent_id.clone(),
            binding_message: Some("AB12".to_owned()),
            ..CibaStart::default()
        };
        let answer = self.control().ciba(start).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        consent.consent_id
    }

    /// Starts a login of alice; its session.
    #[must_use]
    pub fn login(&self, metadata: Option<&str>) -> String {
        let login = NewLogin {
            username: "alice".to_owned(),
            metadata: metadata.map(str::to_owned),
            ..NewLogin::default()
        };
        self.control().login(login).unwrap().session_data_key
    }

    /// How a login ended.
    #[must_use]
    pub fn verdict(&self, session: &str) -> LoginStatus {
        self.control().login_status(session).unwrap().status
    }

    /// The newest push that went out, as it reaches a phone.
    #[must_use]
    pub fn last_push(&self) -> String {
        self.delivered(self.control().pushes().last().unwrap())
    }

    /// A push as it reaches a phone: the newer servers wrap it for the push service, which unwraps it.
    #[must_use]
    pub fn delivered(&self, push: &Push) -> String {
        push.message.get("message").unwrap_or(&push.message).to_string()
    }

    /// The data of the newest push.
    #[must_use]
    pub fn last_push_data(&self) -> Value {
        let push: Value = serde_json::from_str(&self.last_push()).unwrap();
        push.get("data").unwrap().clone()
    }

    /// Where a consent stands: its status and the accounts that it authorises.
    #[must_use]
    pub fn consent(&self, id: &str) -> (String, Vec<String>) {
        let consent = self.control().consent(id).unwrap();
        let status = serde_json::to_value(consent.status).unwrap();
        (status.as_str().unwrap().to_owned(), consent.authorised_account_ids().to_vec())
    }

    /// Makes the next call to `on` end like this.
    pub fn fault(&self, on: FaultTarget, kind: FaultKind) {
        self.control().fault(Fault::new(on, kind));
    }

    /// Makes the next answer of the phone meet this status.
    pub fn answer_with(&self, status: u16, body: &str) {
        let fault = Fault::new(FaultTarget::Answer, FaultKind::Status).with_status(status).with_body(body);
        self.control().fault(fault);
    }

    /// What the server saw on paths that hold `part`.
    #[must_use]
    pub fn seen(&self, part: &str) -> Vec<AuditEntry> {
        self.control().audit().into_iter().filter(|entry| entry.path.contains(part)).collect()
    }

    /// The answers that it saw, and how many of them it accepted.
    #[must_use]
    pub fn answers(&self) -> (usize, usize) {
        let seen = self.seen("/push-auth/authenticate");
        let accepted = seen.iter().filter(|entry| entry.verdict == Verdict::Accepted).count();
        (seen.len(), accepted)
    }
}
