//! The device of the story: a home of its own, gone at the end.

use std::sync::Arc;

use authpush_core::qr::draw;
use authpush_core::{Account, Answer, AuthRequest, Authenticator, Consent, Device, Undelivered};
use authpush_sandbox::Sandbox;
use tempfile::TempDir;

use super::story::Story;
use super::{Plan, USER, sandbox_error, trust, unexpected};
use crate::card::card;
use crate::commands::qr::coloured;
use crate::failure::{DEMO_FAILED, Failure};
use crate::gateway::{Broken, Gateway, Stream};
use crate::home;
use crate::terminal::{VerifiedByScript, choose_one, type_in};

/// A device that is enrolled and listens for pushes.
pub(super) struct DemoDevice {
    authenticator: Arc<Authenticator>,
    pub(super) account: Account,
    gateway: Gateway,
    stream: Stream,
    // Removed when the device is dropped.
    _home: TempDir,
}

impl DemoDevice {
    /// Enrols from the bank's QR code, and opens its stream of pushes.
    pub(super) async fn enrol(story: &mut Story<'_>, sandbox: &Sandbox) -> Result<Self, Failure> {
        let qr = sandbox.control().enrolment(USER).map_err(sandbox_error)?.to_string();
        story.step("The bank shows a QR code to Alice, who is logged in to its website")?;
        story.say(&coloured(&draw(&qr)?))?;
        story.say(&format!("It says: {qr}"))?;

        story.step("The device registers")?;
        let home = TempDir::with_prefix("authpush-demo-").map_err(|error| {
            Failure::new(DEMO_FAILED, &format!("a temporary home cannot be made: {error}"))
        })?;
        let trust = trust(sandbox);
        let directory = home.path().display().to_string();
        let verifier = Arc::new(VerifiedByScript);
        let authenticator = home::open_in(&directory, trust.clone(), TIMEOUT, None, verifier).await?;
        let device = Device {
            name: "Alice's demo phone".to_owned(),
            model: "Virtual device".to_owned(),
            key_bits: 2048,
            provider: None,
        };
        let enrolling = authenticator.add_account(qr, PUSH_ID.to_owned(), device);
        let account = story.app.waiting.during("Making a key and enrolling", enrolling).await?;
        story.say(
            "It makes an RSA key, signs the QR code's challenge together with its push token, and sends",
        )?;
        story.say("the public key. The private key stays, sealed, in a temporary home.")?;
        story.calls()?;
        story.say(&format!("The account is {}.", crate::json::account_state(account.state)))?;

        story.step("The device listens for pushes")?;
        story.say("A phone has FCM or APNs for that; the sandbox has a stream of server-sent events.")?;
        story.say(&format!("GET /sandbox/push/{PUSH_ID}"))?;
        let gateway = Gateway::new(&trust, TIMEOUT, &account.host, PUSH_ID)?;
        let stream = gateway.open().await.map_err(failure)?;
        Ok(Self { authenticator, account, gateway, stream, _home: home })
    }

    /// Waits for the next push and takes it in.
    pub(super) async fn receive(&mut self, story: &mut Story<'_>) -> Result<AuthRequest, Failure> {
        story.step("The push arrives, and the device shows what is asked")?;
        let push = self.gateway.next(&mut self.stream).await.map_err(failure)?;
        let received = self.authenticator.process_auth_request(push, None).await?;
        let request = received.request().ok_or_else(|| unexpected("the push asks for nothing"))?;
        story.say(&card(&request))?;
        Ok(request)
    }

    /// Lets Alice decide, and sends the answer.
    pub(super) async fn decide(
        &self,
        story: &mut Story<'_>,
        request: &AuthRequest,
        plan: Plan,
        number: Option<&str>,
    ) -> Result<Answer, Failure> {
        story.step("Alice decides")?;
        let review = self.authenticator.process_consent_data(request.id.clone()).await?;
        let decision = if is_approval(plan).await? {
            let chosen = choose_account(request.consent.as_ref(), plan).await?;
            let account = chosen.first().map(|id| format!(" for account {id}")).unwrap_or_default();
            story.say(&format!("She approves{account}; a phone asks for her fingerprint before that."))?;
            match number {
                Some(number) => {
                    let typed = type_number(plan, number).await?;
                    story.say(&format!("She types the number from the login page: {typed}."))?;
                    self.authenticator.match_number(review, chosen, typed).await?
                }
                None => self.authenticator.add_approved_account_ids(review, chosen).await?,
            }
        } else {
            story.say("She denies. That needs no fingerprint: whoever holds the phone may say no.")?;
            review.deny()
        };
        let sending = self.authenticator.send_auth_request(decision);
        Ok(story.app.waiting.during("Sending the decision", sending).await?)
    }

    /// The device leaves the bank.
    pub(super) async fn remove(self, story: &mut Story<'_>, sandbox: &Sandbox) -> Result<(), Failure> {
        story.step("The device removes itself")?;
        let device_id = self.account.device_id.clone();
        self.authenticator.remove_account(device_id, Undelivered::Deliver).await?;
        story.say("It signs the removal with its key, and deletes the key when the server has confirmed.")?;
        story.calls()?;
        if !sandbox.control().devices().is_empty() || !self.authenticator.accounts().await?.is_empty() {
            return Err(unexpected("the device is still registered"));
        }
        Ok(())
    }
}

async fn is_approval(plan: Plan) -> Result<bool, Failure> {
    Ok(match plan {
        Plan::Approve => true,
        Plan::Deny => false,
        Plan::AskPerson => {
            choose_one("Your decision", vec!["approve".to_owned(), "deny".to_owned()]).await? == 0
        }
    })
}

/// The number as the person types it; in a script, as the page shows it.
async fn type_number(plan: Plan, shown: &str) -> Result<String, Failure> {
    match plan {
        Plan::AskPerson => type_in("The number on the login page").await,
        Plan::Approve | Plan::Deny => Ok(shown.to_owned()),
    }
}

/// One of the accounts offered; none for a login.
async fn choose_account(consent: Option<&Consent>, plan: Plan) -> Result<Vec<String>, Failure> {
    let Some(consent) = consent else { return Ok(Vec::new()) };
    let shown = consent.accounts.iter().map(|account| format!("{}  {}", account.id, account.display_name));
    let picked = match plan {
        Plan::AskPerson => choose_one("Pay from which account", shown.collect()).await?,
        Plan::Approve | Plan::Deny => 0,
    };
    Ok(consent.accounts.get(picked).map(|account| account.id.clone()).into_iter().collect())
}

fn failure(broken: Broken) -> Failure {
    match broken {
        Broken::ForNow(failure) | Broken::ForGood(failure) => failure,
    }
}

const PUSH_ID: &str = "demo-push-token";
const TIMEOUT: u32 = 30;
