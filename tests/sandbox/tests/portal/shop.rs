//! The shop's page: a request from its start to its end, as the phone answers.

use authpush_sandbox::{ConsentStatus, Profile, Quirks, Sandbox};
use serde_json::Value;

use crate::{
    browser::Browser,
    support::{Phone, accounts, is7, sandbox},
};

async fn at_the_shop(profile: Profile, quirks: Quirks) -> (Sandbox, Phone, Browser) {
    let sandbox = sandbox(profile, quirks).await;
    let phone = Phone::enrol(&sandbox, "push-token-1").await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/portal/shop", sandbox.url())).await;
    browser.until("return document.querySelector('#choices input')").await;
    (sandbox, phone, browser)
}

/// What the phone was sent.
fn pushed(sandbox: &Sandbox) -> Value {
    sandbox.control().pushes().last().unwrap().message["data"].clone()
}

#[tokio::test]
async fn a_payment_is_approved_and_the_token_appears() {
    let (sandbox, phone, browser) = at_the_shop(Profile::OpenBanking, Quirks::AsServer).await;
    browser.fill("amount", "12.50").await;
    browser.fill("payee", "Two & Sons").await;
    browser.fill("binding", "AB12").await;
    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "Waiting for the phone").await;
    browser.until_shows("compare", "AB12").await;
    browser.until_shows("steps", "Nobody has fetched it yet").await;

    let push = sandbox.control().subscribe("push-token-1").next().await.unwrap();
    let data = push.message["data"].clone();
    let metadata: Value = serde_json::from_str(data["metadata"].as_str().unwrap()).unwrap();
    assert_eq!(metadata["binding_message"], "AB12");
    assert!(metadata["consentData"].to_string().contains("12.50"), "{metadata}");
    assert!(metadata["consentData"].to_string().contains("Two & Sons"), "{metadata}");

    let answer = phone.answer(&Phone::claims(&data, "SUCCESSFUL", &accounts(&["12345"]))).await;
    assert_eq!(answer.status(), 202);
    browser.until_shows("headline", "Approved").await;
    browser.until_shows("headline", "The shop has its token").await;
    browser.until_shows("steps", "Status 202: the consent is authorised").await;
    let consent = sandbox.control().consents().pop().unwrap();
    assert_eq!(consent.status, ConsentStatus::Authorised);
    browser.until_shows("token", &format!("OB_CONSENT_ID_{}", consent.consent_id)).await;
    assert_eq!(browser.complaints().await, [] as [&str; 0]);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_denial_is_shown_with_the_quirk_that_keeps_it_from_the_shop() {
    let (sandbox, phone, browser) = at_the_shop(Profile::OpenBanking, Quirks::AsServer).await;
    browser.click("input[value=accounts]").await;
    browser.choose("life", "60").await;
    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "Waiting for the phone").await;
    let denial = Phone::claims(&pushed(&sandbox), "DENIED", &accounts(&["12345"]));
    assert_eq!(phone.answer(&denial).await.status(), 500);
    browser.until_shows("headline", "Denied, but nobody tells the shop").await;
    browser.until_shows("outcome", "polls until its request expires").await;
    browser.until_shows("steps", "authorization_pending").await;

    sandbox.control().set_clock_offset(61);
    browser.until_shows("headline", "Denied, and expired for the shop").await;
    browser.until_shows("outcome", "Quirk: Open Banking denial").await;
    assert_eq!(browser.js("return document.getElementById('stop').hidden").await, true);
    sandbox.stop().await;
}

#[tokio::test]
async fn mended_the_shop_hears_of_a_denial() {
    let (sandbox, phone, browser) = at_the_shop(Profile::OpenBanking, Quirks::Mended).await;
    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "Waiting for the phone").await;
    let denial = Phone::claims(&pushed(&sandbox), "DENIED", &accounts(&["12345"]));
    assert_eq!(phone.answer(&denial).await.status(), 202);
    browser.until_shows("headline", "Denied. The shop knows").await;
    sandbox.stop().await;
}

#[tokio::test]
async fn what_the_bank_does_not_take_is_explained() {
    let (sandbox, phone, browser) = at_the_shop(Profile::OpenBanking, Quirks::AsServer).await;
    browser.fill("binding", "Table 7!").await;
    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "The bank refused").await;
    browser.until_shows("outcome", "letters and digits only").await;

    browser.fill("binding", "").await;
    browser.choose("user", "admin").await;
    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "No push was sent").await;
    browser.until_shows("steps", "The user has no registered device").await;
    browser.until_shows("outcome", "200, and no push").await;
    browser.click("#stop").await;
    browser.until_shows("headline", "Stopped").await;
    assert_eq!(browser.js("return document.activeElement.id").await, "headline", "not lost with the button");

    // A token that is refused says so, and the request goes on waiting.
    browser.choose("user", "alice").await;
    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "Waiting for the phone").await;
    let mut claims = Phone::claims(&pushed(&sandbox), "SUCCESSFUL", &accounts(&["12345"]));
    claims["chg"] = "another".into();
    assert_eq!(phone.answer(&claims).await.status(), 400);
    browser.until_shows("headline", "answer was refused").await;
    browser.until_shows("steps", "chg is not the challenge of this session").await;
    sandbox.stop().await;
}

#[tokio::test]
async fn a_login_is_all_that_the_classic_profile_offers() {
    let (sandbox, phone, browser) = at_the_shop(Profile::Classic, Quirks::AsServer).await;
    assert_eq!(browser.js("return document.querySelectorAll('#choices input').length").await, 1);
    browser.fill("application", "Library").await;
    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "Waiting for the phone").await;
    let data = pushed(&sandbox);
    assert_eq!(data["applicationName"], "Library");
    phone.answer(&Phone::claims(&data, "SUCCESSFUL", &Value::Null)).await;
    browser.until_shows("headline", "The browser is logged in").await;

    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "Waiting for the phone").await;
    phone.answer(&Phone::claims(&pushed(&sandbox), "DENIED", &Value::Null)).await;
    browser.until_shows("headline", "The browser is sent away").await;
    assert_eq!(browser.complaints().await, [] as [&str; 0]);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_login_of_is7_shows_the_number_large() {
    let sandbox = sandbox(Profile::Is7, Quirks::AsServer).await;
    let phone = is7::Phone::enrol(&sandbox, "alice", "push-token-1").await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/portal/shop", sandbox.url())).await;
    browser.until("return document.querySelector('#choices input')").await;
    let data = || sandbox.control().pushes().last().unwrap().message["message"]["data"].clone();

    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "Waiting for the phone").await;
    assert_eq!(
        browser.js("return document.getElementById('compare').hidden").await,
        true,
        "no number asked for"
    );
    phone.answer(&is7::Phone::claims(&data(), "DENIED")).await;
    browser.until_shows("headline", "The browser is sent away").await;

    browser.click("#number").await;
    browser.click("#ask button[type=submit]").await;
    browser.until_shows("headline", "Waiting for the phone").await;
    let (data, size) =
        (data(), "return parseFloat(getComputedStyle(document.querySelector('#compare strong')).fontSize)");
    let number = data["numberChallenge"].as_str().unwrap();
    browser.until_shows("compare", number).await;
    assert!(browser.js(size).await.as_f64().unwrap() >= 48.0);
    let mut claims = is7::Phone::claims(&data, "APPROVED");
    claims["numberChallenge"] = number.into();
    assert_eq!(phone.answer(&claims).await.status(), 200);
    browser.until_shows("headline", "The browser is logged in").await;
    assert_eq!(browser.complaints().await, [] as [&str; 0]);
    sandbox.stop().await;
}
