//! The pages without a mouse and without eyes: every control is reached by the keyboard and has a name.

use authpush_sandbox::{NewLogin, Profile, Quirks};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    support::{Phone, accounts, client, sandbox},
};

const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';
const DOWN: char = '\u{e015}';

#[tokio::test]
async fn every_control_is_reached_by_tab_seen_in_focus_and_named() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let _phone = Phone::enrol(&sandbox, "push-token-1").await;
    let control = sandbox.control();
    control.login(NewLogin { username: "alice".to_owned(), ..NewLogin::default() }).unwrap();
    client(&sandbox).get(format!("{}/nothing", sandbox.url())).send().await.unwrap();
    let fault = json!({ "on": "token", "kind": "drop" });
    control.fault(serde_json::from_value(fault).unwrap());
    let browser = Browser::start().await;
    for page in ["/", "/portal/bank", "/portal/shop", "/portal/control"] {
        browser.open(&format!("{}{page}", sandbox.url())).await;
        browser
            .until("return !document.getElementById('choices') || document.querySelector('#choices input')")
            .await;
        let wanted = browser.js(CONTROLS).await;
        let wanted: Vec<&str> =
            wanted.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(wanted.len() >= 5, "{page}: {wanted:?}");
        assert!(
            !wanted.iter().any(|control| control.ends_with(": ")),
            "{page}: a control without a name: {wanted:?}"
        );
        let mut reached = Vec::new();
        for _ in 0..=wanted.len() {
            browser.press(TAB).await;
            let Value::String(focused) = browser.js(FOCUSED).await else { break };
            assert!(!focused.ends_with("unseen"), "{page}: {focused}");
            reached.push(focused);
        }
        for control in &wanted {
            assert!(reached.iter().any(|focused| focused == control), "{page}: {control} not in {reached:?}");
        }
        let landmarks = browser.js(LANDMARKS).await;
        assert_eq!(landmarks, json!([]), "{page}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_payment_is_made_with_the_keyboard_alone_and_said_aloud() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let phone = Phone::enrol(&sandbox, "push-token-1").await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/portal/shop", sandbox.url())).await;
    browser.until("return document.querySelector('#choices input')").await;
    let tab_to = async |id: &str| {
        for _ in 0..30 {
            if browser.js("return document.activeElement.id || document.activeElement.value").await == id {
                return;
            }
            browser.press(TAB).await;
        }
        panic!("{id} is not reached");
    };
    tab_to("payments").await;
    browser.press(DOWN).await;
    browser.until("return document.querySelector('input[value=accounts]').checked").await;
    tab_to("binding").await;
    for key in ['A', '7'] {
        browser.press(key).await;
    }
    browser.press(ENTER).await;
    browser.until_shows("headline", "Waiting for the phone").await;
    browser.until_shows("compare", "A7").await;
    let spoken =
        "const said = document.getElementById('headline'); return [said.getAttribute('role'), said.ariaLive]";
    assert_eq!(browser.js(spoken).await, json!(["status", "polite"]));
    let data = sandbox.control().pushes().last().unwrap().message["data"].clone();
    phone.answer(&Phone::claims(&data, "SUCCESSFUL", &accounts(&["12345"]))).await;
    browser.until_shows("headline", "The shop has its token").await;
    sandbox.stop().await;
}

/// What a person can do something with, as `kind: accessible name`. Of a group of choices, Tab stops at the chosen one.
const CONTROLS: &str = "
    globalThis.said = (element) => {
        const texts = (nodes) => [...nodes].map((node) => node.textContent.trim().replace(/\\s+/g, ' ')).join(' ');
        const by = (element.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean);
        const name = element.getAttribute('aria-label')
            || texts(by.map((id) => document.getElementById(id)))
            || texts(element.labels ?? [])
            || (element.matches('a, button, summary') ? texts([element]) : '');
        return `${element.tagName.toLowerCase()}: ${name}`;
    };
    return [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]')]
        .filter((element) => element.checkVisibility() && !element.disabled)
        .filter((element) => element.type !== 'radio' || element.checked)
        .map(globalThis.said);
";

const FOCUSED: &str = "
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    // A choice shows the focus on the whole of its line.
    const shown = element.type === 'radio' ? element.closest('label') : element;
    const seen = getComputedStyle(shown).outlineStyle !== 'none' && parseFloat(getComputedStyle(shown).outlineWidth) >= 2;
    return globalThis.said(element) + (seen ? '' : ' unseen');
";

const LANDMARKS: &str = "
    const wrong = [];
    const count = (selector, times) => {
        const found = document.querySelectorAll(selector).length;
        if (found !== times) wrong.push(`${selector}: ${found}`);
    };
    count('html[lang=en]', 1); count('main', 1); count('header', 1); count('nav[aria-label]', 1); count('h1', 1);
    if (location.pathname !== '/') { count('[aria-current=page]', 1); count('#live[role=status]', 1); }
    for (const section of document.querySelectorAll('section')) {
        if (!document.getElementById(section.getAttribute('aria-labelledby'))) wrong.push('a section without a heading');
    }
    for (const table of document.querySelectorAll('table')) {
        if (table.querySelectorAll('th[scope=col]').length === 0) wrong.push('a table without headers');
    }
    let level = 1;
    for (const heading of document.querySelectorAll('h1, h2, h3')) {
        const next = Number(heading.tagName[1]);
        if (next > level + 1) wrong.push(`a heading too deep: ${heading.textContent}`);
        level = next;
    }
    return wrong;
";
