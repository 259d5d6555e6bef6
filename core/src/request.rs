//! A request for the person's decision: what is stored of it, and what is shown.

use serde::{Deserialize, Serialize};

use crate::account::AccountRecord;
use crate::choice::Choice;
use crate::clock::Times;
use crate::consent::{Consent, first_offered};
use crate::delivery::Delivery;
use crate::discovery::Profile;
use crate::lifecycle::Stage;
use crate::profile::wire;
use crate::push::{MAX_METADATA, Push};
use crate::text::{LINE, display_safe};
use crate::wire::{AnswerFacts, Metadata, Subject};

/// A request as a screen shows it. Every text is safe to show; what is not known is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct AuthRequest {
    /// The request's id on this device.
    pub id: String,
    /// The account it is for.
    pub device_id: String,
    /// The kind of server that asks.
    pub profile: Profile,
    /// The account's user.
    pub username: String,
    /// The user's name as the server shows it.
    pub display_name: Option<String>,
    /// The user's organisation or tenant.
    pub organization: Option<String>,
    /// The application that asks.
    pub application_name: Option<String>,
    /// Its address.
    pub application_url: Option<String>,
    /// The browser (in CIBA: of the party that asks, not of the user).
    pub browser_name: Option<String>,
    /// The operating system under that browser.
    pub os_name: Option<String>,
    /// The address of that browser.
    pub ip_address: Option<String>,
    /// Where that is.
    pub location: Option<String>,
    /// A code that the other screen may show: `ABCD - 1234`.
    pub connection_code: Option<String>,
    /// Whether an approval needs the number that the other screen shows.
    pub number_challenge: bool,
    /// How many wrong numbers may still be given before only a denial is left; 0 where there is no number.
    pub number_tries_left: u32,
    /// Text that came along and is given back with the answer (classic servers).
    pub details: Option<String>,
    /// When it came, in seconds since 1970 by the server's clock.
    pub received_at: i64,
    /// When its life ends, likewise.
    pub expires_at: i64,
    /// How far it is.
    pub state: RequestState,
    /// What is asked for; `None` for a plain login.
    pub consent: Option<Consent>,
    /// What a screen must point out.
    pub warnings: Vec<RequestWarning>,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum RequestState {
    /// Waits for the person.
    Pending,
    /// The person agreed.
    Approved,
    /// The person did not.
    Denied,
    /// Its life, or its account, ended before the person decided.
    Expired,
}

/// What a screen must point out about a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum RequestWarning {
    /// The push names another user than the account's.
    NamesAnotherUser {
        /// The user it names.
        username: String,
    },
}

/// What a push turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a value for other languages, which know no boxes")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Received {
    /// A request for a decision.
    Request {
        /// The request, as it now stands.
        request: AuthRequest,
        /// Whether it was known already.
        duplicate: bool,
    },
    /// Something to know, and nothing to decide. Nothing was stored.
    Informational {
        /// What it is about, in the server's word, such as `DEVICE_REGISTRATION`.
        scenario: String,
    },
}

#[cfg_attr(feature = "uniffi", uniffi::export)]
impl Received {
    /// The request, if it is one.
    #[must_use]
    pub fn request(&self) -> Option<AuthRequest> {
        match self {
            Self::Request { request, .. } => Some(request.clone()),
            Self::Informational { .. } => None,
        }
    }
}

/// A request as it is stored, sealed. It cannot be printed: it holds the challenge.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RequestRecord {
    pub(crate) id: String,
    pub(crate) device_id: String,
    pub(crate) profile: Profile,
    pub(crate) username: String,
    pub(crate) tenant_domain: Option<String>,
    pub(crate) push: Push,
    pub(crate) received_at: i64,
    pub(crate) expires_at: i64,
    /// When it came, by the device's own clock; not known of requests of the first release.
    #[serde(default)]
    pub(crate) received_device: Option<i64>,
    /// The how manieth request of this store it is: what "newest first" goes by.
    #[serde(default)]
    pub(crate) sequence: i64,
    pub(crate) stage: Stage,
    /// How often the person gave a wrong number.
    #[serde(default)]
    pub(crate) wrong_numbers: u32,
}

impl RequestRecord {
    /// A new request for an account. `sent_at`, where the transport tells it, counts only if it is believable.
    pub(crate) fn new(id: String, account: &AccountRecord, push: Push, now: Times, life: Life) -> Self {
        let received_at = now.server;
        let earliest = received_at.saturating_sub(life.seconds);
        let sent_at = life.sent_at.filter(|sent| (earliest..=received_at).contains(sent));
        Self {
            id,
            device_id: account.discovery.device_id.clone(),
            profile: account.discovery.profile,
            username: account.discovery.username.clone(),
            tenant_domain: account.discovery.tenant_domain.clone(),
            push,
            received_at,
            expires_at: sent_at.unwrap_or(received_at).saturating_add(life.seconds),
            received_device: Some(now.device),
            sequence: life.sequence,
            stage: Stage::Pending,
            wrong_numbers: 0,
        }
    }

    /// The consent that is asked for, read anew from what came.
    pub(crate) fn consent(&self) -> Option<Consent> {
        match wire(self.profile).metadata() {
            Metadata::Consent => Consent::read(&self.push.metadata),
            Metadata::Echo | Metadata::None => None,
        }
    }

    /// Whether its life is over. Both clocks must say so: one that has just been corrected, or a single answer with a
    /// wrong `Date`, must not end what has hardly begun.
    pub(crate) fn has_expired(&self, now: Times) -> bool {
        let life = self.expires_at.saturating_sub(self.received_at);
        let by_device = self.received_device.is_none_or(|at| now.device.saturating_sub(at) > life);
        now.server > self.expires_at && by_device
    }

    /// Whether its decision is not to be tried any more. One that was made after the request's time still has its chance.
    pub(crate) fn delivery_is_over(&self, now: Times) -> bool {
        let decided_at = match &self.stage {
            Stage::Decided(decided) => decided.at_device,
            Stage::Pending | Stage::Closed => None,
        };
        let life = self.expires_at.saturating_sub(self.received_at);
        let ended_at = self.received_device.map(|at| at.saturating_add(life));
        let has_chance = match (decided_at, ended_at) {
            (Some(decided), Some(ended)) if decided > ended => {
                (0..=LATE_CHANCE).contains(&now.device.saturating_sub(decided))
            }
            _ => false,
        };
        self.has_expired(now) && !has_chance
    }

    pub(crate) fn state(&self, now: Times) -> RequestState {
        match &self.stage {
            Stage::Pending if self.has_expired(now) => RequestState::Expired,
            Stage::Pending => RequestState::Pending,
            Stage::Closed => RequestState::Expired,
            Stage::Decided(decided) => match decided.choice {
                Choice::Approve => RequestState::Approved,
                Choice::Deny => RequestState::Denied,
            },
        }
    }

    /// The accounts that the answer names: those chosen, or the one that a denial must name.
    pub(crate) fn named_accounts(&self, choice: Choice, chosen: &[String]) -> Vec<String> {
        match (choice, self.consent()) {
            (Choice::Approve, _) => chosen.to_vec(),
            (Choice::Deny, Some(consent)) => vec![first_offered(&consent)],
            (Choice::Deny, None) => Vec::new(),
        }
    }

    /// What the answer's token depends on. `named` are the accounts that the answer names.
    pub(crate) fn answer_facts<'a>(&'a self, choice: Choice, named: &'a [String]) -> AnswerFacts<'a> {
        let subject = match wire(self.profile).metadata() {
            Metadata::Consent if self.push.metadata != crate::push::PushMetadata::None => {
                Subject::Consent { account_ids: named }
            }
            Metadata::Consent | Metadata::None => Subject::Login { echo: None },
            Metadata::Echo => Subject::Login { echo: self.push.metadata.echo() },
        };
        AnswerFacts {
            session_key: &self.push.session_key,
            challenge: &self.push.challenge,
            choice,
            subject,
            number: self.push.number.as_deref(),
            relative_path: self.push.relative_path.as_deref(),
        }
    }

    /// What a screen shows.
    pub(crate) fn view(&self, now: Times) -> AuthRequest {
        let wire = wire(self.profile);
        let push = &self.push;
        let details = match wire.metadata() {
            Metadata::Echo => push.metadata.echo().map(|text| display_safe(text, MAX_METADATA)),
            Metadata::Consent | Metadata::None => None,
        };
        let other_user = push.names_another_user(&self.username, self.tenant_domain.as_deref());
        AuthRequest {
            id: self.id.clone(),
            device_id: self.device_id.clone(),
            profile: self.profile,
            username: display_safe(&self.username, LINE),
            display_name: push.display_name.clone(),
            organization: push.organization.clone(),
            application_name: push.application_name.clone(),
            application_url: push.application_url.clone(),
            browser_name: push.browser_name.clone(),
            os_name: push.os_name.clone(),
            ip_address: push.ip_address.clone(),
            location: push.location.clone(),
            connection_code: wire.connection_code(&push.session_key),
            number_challenge: push.number.is_some(),
            number_tries_left: self.number_tries_left(),
            details,
            received_at: self.received_at,
            expires_at: self.expires_at,
            state: self.state(now),
            consent: self.consent(),
            warnings: other_user
                .map(|username| RequestWarning::NamesAnotherUser { username })
                .into_iter()
                .collect(),
        }
    }

    /// Whether somebody may be sending its answer at this moment.
    pub(crate) fn is_being_sent(&self, now: i64) -> bool {
        matches!(&self.stage, Stage::Decided(decided) if decided.sending.is_leased(now))
    }

    /// How many wrong numbers may still be given.
    pub(crate) fn number_tries_left(&self) -> u32 {
        let tries = if self.push.number.is_some() { NUMBER_TRIES } else { 0 };
        tries.saturating_sub(self.wrong_numbers)
    }

    /// The delivery state, when there is a decision.
    pub(crate) fn delivery(&self) -> Option<Delivery> {
        match &self.stage {
            Stage::Decided(decided) => Some(decided.progress.delivery()),
            Stage::Pending | Stage::Closed => None,
        }
    }
}

/// How long a request lives, and since when; and which one it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) seconds: i64,
    pub(crate) sent_at: Option<i64>,
    pub(crate) sequence: i64,
}

/// Open requests that one account may have; a flood of pushes must not bury the one that is real.
pub(crate) const MAX_PENDING: usize = 20;

/// Requests that nobody decided and that are kept as history.
pub(crate) const MAX_UNDECIDED: usize = 100;

/// Wrong numbers after which only a denial is left.
const NUMBER_TRIES: u32 = 3;

/// How long, in seconds, a decision that was made after its request's time is still tried: the server shall judge it once.
const LATE_CHANCE: i64 = 300;
