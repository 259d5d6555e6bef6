//! The bank's page: the QR code, its text, devices and consents.

use authpush_sandbox::{CibaStart, NewConsent, Profile, Quirks, Sandbox};
use serde_json::Value;

use crate::{
    browser::Browser,
    support::{Phone, accounts, client, is7, sandbox},
};

/// Reads the code from the pixels that the browser drew, as a phone's camera would.
async fn scanned(browser: &Browser) -> String {
    let picture = image::load_from_memory(&browser.picture("#qr").await).unwrap().to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut finder = quircs::Quirc::default();
    let codes: Vec<_> = finder.identify(width, height, &picture).collect();
    assert_eq!(codes.len(), 1);
    String::from_utf8(codes[0].as_ref().unwrap().decode().unwrap().payload).unwrap()
}

/// Registers a phone with what the page shows.
async fn register(sandbox: &Sandbox, text: &str) -> Phone {
    let qr = serde_json::from_str(text).unwrap();
    let phone = Phone { client: client(sandbox), qr, push_id: "push-token-1".to_owned() };
    assert_eq!(phone.register(&phone.registration()).await.status(), 201);
    phone
}

#[tokio::test]
async fn a_phone_registers_with_the_code_on_the_page_and_appears() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/portal/bank", sandbox.url())).await;
    browser.until("return document.querySelector('#qr svg')").await;
    browser.until_shows("devices", "No phone is registered").await;

    let text = browser.js("return document.getElementById('text').value").await;
    let text = text.as_str().unwrap();
    assert_eq!(scanned(&browser).await, text);
    let discovery: Value = serde_json::from_str(text).unwrap();
    assert_eq!((&discovery["un"], &discovery["hst"]), (&"alice".into(), &sandbox.url().into()));

    browser.click("#renew").await;
    browser.until_shows("code-state", "new code").await;
    let renewed = scanned(&browser).await;
    assert_ne!(renewed, text, "each code opens a registration of its own");

    let phone = register(&sandbox, &renewed).await;
    browser.until_shows("devices", "Alice's phone").await;
    browser.until_shows("devices", "push-token-1").await;
    browser.until_shows("code-state", "was registered with this code").await;

    let control = sandbox.control();
    let consent = control.create_consent(NewConsent::of_type("payments", "alice")).unwrap();
    browser.until_shows("consents", "waiting").await;
    control.ciba(CibaStart { consent_id: consent.consent_id, ..CibaStart::default() }).unwrap();
    let data = control.pushes().last().unwrap().message["data"].clone();
    phone.answer(&Phone::claims(&data, "SUCCESSFUL", &accounts(&["12345"]))).await;
    browser.until_shows("consents", "authorised").await;
    browser.until_shows("consents", "165.88 GBP to ACME Inc").await;
    browser.until_shows("consents", "Salary Saver Account").await;

    browser.choose("user", "admin").await;
    browser.until_shows("devices", "No phone is registered").await;
    browser.until_shows("consents", "Nobody has asked").await;
    browser.until("return JSON.parse(document.getElementById('text').value).un === 'admin'").await;
    assert_eq!(browser.complaints().await, [] as [&str; 0]);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_text_is_copied() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/portal/bank", sandbox.url())).await;
    browser.until("return document.getElementById('text').value").await;
    browser.click("#copy").await;
    browser.until("return ['Copied.', 'Selected: copy it now.'].includes(document.getElementById('copied').textContent)").await;
    assert!(
        browser.js("return document.getElementById('consents-section').hidden").await == true,
        "no consents here"
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn is7_registers_with_its_own_kind_of_code() {
    let sandbox = sandbox(Profile::Is7, Quirks::AsServer).await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/portal/bank", sandbox.url())).await;
    browser.until("return document.querySelector('#qr svg')").await;
    let mut phone = is7::Phone::reading(&sandbox, "alice", "push-token-1");
    phone.qr = serde_json::from_str(&scanned(&browser).await).unwrap();
    assert_eq!(phone.register(&phone.registration()).await.status(), 201);
    browser.until_shows("devices", "push-token-1").await;
    browser.until_shows("code-state", "was registered with this code").await;
    sandbox.stop().await;
}
