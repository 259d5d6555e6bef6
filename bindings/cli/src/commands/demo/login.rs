//! A login in a browser, confirmed on the device: all that a classic server asks for, and what 7.1 and later ask for
//! with a number to be carried over.

use authpush_core::{Choice, Delivery};
use authpush_sandbox::{LoginStatus, NewLogin, Sandbox};
use serde_json::{Map, Value, json};

use super::device::DemoDevice;
use super::story::Story;
use super::{Plan, USER, bank_starts, sandbox_error, unexpected};
use crate::args::ServerProfile;
use crate::failure::Failure;
use crate::{json, listing};

pub(super) async fn tell(
    story: &mut Story<'_>,
    sandbox: &Sandbox,
    plan: Plan,
    profile: ServerProfile,
) -> Result<Map<String, Value>, Failure> {
    bank_starts(story, sandbox)?;
    let mut device = DemoDevice::enrol(story, sandbox).await?;

    story.step("Alice logs in to a shop in her browser")?;
    let login = NewLogin {
        username: USER.to_owned(),
        number_challenge: profile == ServerProfile::Is7,
        ..NewLogin::default()
    };
    let login = sandbox.control().login(login).map_err(sandbox_error)?;
    story.say("The shop sends her to the bank's login, which sends a push to her device and waits.")?;
    if let Some(number) = &login.number {
        story.say(&format!("The page shows a number that she has to carry over: {number}"))?;
    }

    let request = device.receive(story).await?;
    let answer = device.decide(story, &request, plan, login.number.as_deref()).await?;

    story.step("The device sends the signed answer, and the server stores it")?;
    let calls = story.calls()?;
    let call = calls.last().ok_or_else(|| unexpected("no answer reached the server"))?;
    let token = story.token(call)?;
    story.say(&listing::answer(&answer))?;
    if answer.delivery != Delivery::Delivered {
        return Err(unexpected("the server did not take the decision"));
    }

    story.step("The browser comes back, and the server judges the answer")?;
    let report = sandbox.control().login_status(&login.session_data_key).map_err(sandbox_error)?;
    match (answer.decision, &report.status) {
        (Choice::Approve, LoginStatus::Authenticated) => story.say("Alice is logged in.")?,
        (Choice::Deny, LoginStatus::Denied) => story.say("The login is refused, as she wanted.")?,
        _ => return Err(unexpected("the browser was told something else")),
    }

    let account = device.account.clone();
    device.remove(story, sandbox).await?;
    let summary = json!({
        "profile": account.profile.name(),
        "decision": json::decision(answer.decision),
        "url": sandbox.url(),
        "device_id": account.device_id,
        "request": json::request(&request),
        "answer": json::answer(&answer),
        "token": token,
        "login": report,
        "removed": true,
    });
    Ok(summary.as_object().cloned().unwrap_or_default())
}
