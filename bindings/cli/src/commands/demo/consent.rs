//! Open Banking: a shop asks for a payment by CIBA.

use authpush_core::desk::https_client;
use authpush_core::{Answer, Choice, Delivery};
use authpush_sandbox::shop::{Pending, Poll, Shop};
use authpush_sandbox::{ConsentStatus, Sandbox};
use serde_json::{Map, Value, json};

use super::device::DemoDevice;
use super::story::Story;
use super::{Plan, USER, bank_starts, sandbox_error, trust, unexpected};
use crate::failure::Failure;
use crate::{json, listing};

pub(super) async fn tell(
    story: &mut Story<'_>,
    sandbox: &Sandbox,
    plan: Plan,
) -> Result<Map<String, Value>, Failure> {
    bank_starts(story, sandbox)?;
    let mut device = DemoDevice::enrol(story, sandbox).await?;

    story.step("A shop asks the bank for a payment (CIBA)")?;
    let credentials = sandbox.control().shop_credentials();
    let shop = Shop::new(https_client(&trust(sandbox), 30)?, sandbox.url(), credentials);
    let asking = shop.start_payment(USER, AMOUNT, CURRENCY, CREDITOR, Some(BINDING_MESSAGE));
    let pending = asking.await.map_err(sandbox_error)?;
    story.say(&format!(
        "It signs a request for {AMOUNT} {CURRENCY}, and shows Alice \"{BINDING_MESSAGE}\"."
    ))?;
    story.calls()?;
    story.say(&format!("It may ask every {} s from now on whether Alice has decided.", pending.interval))?;

    let request = device.receive(story).await?;
    let answer = device.decide(story, &request, plan, None).await?;

    story.step("The device sends the signed answer, and the server verifies it")?;
    let calls = story.calls()?;
    let call = calls.last().ok_or_else(|| unexpected("no answer reached the server"))?;
    let token = story.token(call)?;
    story.say(&listing::answer(&answer))?;
    let consent = sandbox.control().consent(&pending.consent_id).map_err(sandbox_error)?;
    check(story, &answer, consent.status)?;

    story.step("The shop asks whether Alice has decided")?;
    let polling = shop.wait(&pending, 1);
    let poll = story.app.waiting.during("Waiting as long as the bank wants", polling).await;
    let told = polled(story, poll.map_err(sandbox_error)?, &answer, &pending)?;

    let account = device.account.clone();
    device.remove(story, sandbox).await?;
    let summary = json!({
        "profile": account.profile.name(),
        "decision": json::decision(answer.decision),
        "url": sandbox.url(),
        "device_id": account.device_id,
        "binding_message": BINDING_MESSAGE,
        "request": json::request(&request),
        "answer": json::answer(&answer),
        "token": token,
        "consent_status": consent.status,
        "shop": told,
        "removed": true,
    });
    Ok(summary.as_object().cloned().unwrap_or_default())
}

/// An approval is delivered. A denial is taken too, but this server says so with an error page.
fn check(story: &Story<'_>, answer: &Answer, status: ConsentStatus) -> Result<(), Failure> {
    match (answer.decision, answer.delivery, status) {
        (Choice::Approve, Delivery::Delivered, ConsentStatus::Authorised) => {
            story.say("The consent is authorised for the chosen account.")
        }
        (Choice::Deny, Delivery::Unconfirmed, ConsentStatus::Rejected) => {
            story.say(
                "The consent is rejected. This server then stumbles over its own denial and answers with",
            )?;
            story.say("an error page, from which nothing can be concluded: hence \"unconfirmed\", and not \"refused\".")
        }
        _ => Err(unexpected("the server did not take the decision")),
    }
}

fn polled(story: &mut Story<'_>, poll: Poll, answer: &Answer, pending: &Pending) -> Result<Value, Failure> {
    story.calls()?;
    match (answer.decision, poll) {
        (Choice::Approve, Poll::Token(token)) => {
            story.say(&format!(
                "Here is its access token, good for {} s: {}",
                token.expires_in, token.scope
            ))?;
            Ok(json!({ "poll": "token", "scope": token.scope }))
        }
        (Choice::Deny, Poll::Pending) => {
            story.say("authorization_pending, and so it will stay until the request's life is over:")?;
            let life = pending.expires_in;
            story.say(&format!(
                "the same mistake keeps the denial from the shop, which waits {life} s in vain."
            ))?;
            Ok(json!({ "poll": "authorization_pending", "scope": null }))
        }
        _ => Err(unexpected("the shop was told something else")),
    }
}

const AMOUNT: &str = "24.50";
const CURRENCY: &str = "GBP";
const CREDITOR: &str = "Corner Coffee Roasters";
/// This server takes letters and digits only.
const BINDING_MESSAGE: &str = "COFFEE42";
