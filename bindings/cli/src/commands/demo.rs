//! The whole story in one process: a bank, a shop and a device, talking over real TLS on loopback.
//!
//! Told for the engineer of a mobile app: who does what, which call that is on the wire, and what comes of it. It fails
//! when the story does not go as told.

mod consent;
mod device;
mod login;
mod story;

use authpush_core::TrustSettings;
use authpush_sandbox::{Options, Sandbox};

use crate::app::{App, Status};
use crate::args::{Demo, ServerProfile};
use crate::commands::sandbox;
use crate::failure::{CANCELLED, DEMO_FAILED, Failure};
use crate::interrupt::StopSignals;
use crate::output::Output;
use crate::terminal::{Person, show_cursor};
use story::Story;

pub(crate) async fn run(app: &App, arguments: Demo) -> Result<Status, Failure> {
    let stop = StopSignals::catch();
    let plan = Plan::of(app, &arguments);
    let ended = tokio::select! {
        ended = tell(app, plan, arguments.profile) => ended,
        () = stop.told() => Err(Failure::new(CANCELLED, "the demonstration was broken off")),
    };
    if app.person == Person::AtTerminal {
        show_cursor();
    }
    ended
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Approve,
    Deny,
    AskPerson,
}

impl Plan {
    fn of(app: &App, arguments: &Demo) -> Self {
        if arguments.deny {
            Self::Deny
        } else if arguments.approve {
            Self::Approve
        } else if app.person == Person::AtTerminal && app.output == Output::Text {
            Self::AskPerson
        } else {
            app.output.note("Nobody can be asked here: going on as with --approve.");
            Self::Approve
        }
    }
}

async fn tell(app: &App, plan: Plan, profile: ServerProfile) -> Result<Status, Failure> {
    let options = Options { profile: profile.into(), ..Options::default() };
    let sandbox = sandbox::start(options).await?;
    let mut story = Story::new(app, &sandbox);
    let told = match profile {
        ServerProfile::OpenBanking => consent::tell(&mut story, &sandbox, plan).await,
        ServerProfile::Classic | ServerProfile::Is7 => login::tell(&mut story, &sandbox, plan, profile).await,
    };
    sandbox.stop().await;
    story.end(told?)?;
    Ok(Status::Done)
}

/// The story says that this cannot happen.
fn unexpected(what: &str) -> Failure {
    Failure::new(DEMO_FAILED, &format!("the story did not go as told: {what}"))
}

/// The user who exists in every sandbox.
const USER: &str = "alice";

/// Everybody in the story trusts the bank's own certificate, and nothing else.
fn trust(sandbox: &Sandbox) -> TrustSettings {
    TrustSettings {
        public_roots: false,
        anchors_pem: vec![sandbox.ca_certificate_pem().to_owned()],
        ..TrustSettings::default()
    }
}

/// A failure of the sandbox's own parts.
fn sandbox_error(error: impl std::fmt::Display) -> Failure {
    unexpected(&error.to_string())
}

fn bank_starts(story: &mut Story, sandbox: &Sandbox) -> Result<(), Failure> {
    story.step("The bank starts")?;
    story.say(&format!("A sandbox listens on {} with a certificate of its own.", sandbox.url()))?;
    story.say("The device is told to trust exactly that certificate; an app would ship the bank's.")
}
