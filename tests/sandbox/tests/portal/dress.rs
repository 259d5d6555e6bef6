//! The pages as they are worn: light and dark, on a desk and on small phones, without motion.

use authpush_sandbox::{CibaStart, NewConsent, Profile, Quirks, Sandbox};
use serde_json::json;

use crate::{
    browser::Browser,
    support::{Phone, accounts, client, sandbox},
};

/// Something of everything that the pages show.
async fn furnished() -> Sandbox {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let phone =
        Phone::enrol(&sandbox, "a-push-token-of-a-length-that-firebase-would-make-of-it".repeat(3).as_str())
            .await;
    let control = sandbox.control();
    for decision in ["SUCCESSFUL", "DENIED", "none"] {
        let consent = control.create_consent(NewConsent::of_type("payments", "alice")).unwrap();
        control.ciba(CibaStart { consent_id: consent.consent_id, ..CibaStart::default() }).unwrap();
        let data = control.pushes().last().unwrap().message["data"].clone();
        phone.answer(&Phone::claims(&data, decision, &accounts(&["12345"]))).await;
    }
    let fault = json!({ "on": "token", "kind": "delay", "delay_ms": 5 });
    crate::support::post(&client(&sandbox), &format!("{}/sandbox/faults", sandbox.url()), fault.to_string())
        .await;
    sandbox
}

const PAGES: [&str; 4] = ["/", "/portal/bank", "/portal/shop", "/portal/control"];

#[tokio::test]
async fn the_pages_load_cleanly_in_light_and_dark_on_a_desk_and_on_small_phones() {
    let sandbox = furnished().await;
    let browser = Browser::start().await;
    for scheme in ["light", "dark"] {
        for width in [1280, 360, 320] {
            browser.dress(width, scheme).await;
            for page in PAGES {
                let at = format!("{page} {scheme} {width}");
                browser.open(&format!("{}{page}", sandbox.url())).await;
                browser
                    .js("document.querySelectorAll('details').forEach(entry => { entry.open = true })")
                    .await;
                assert_eq!(browser.complaints().await, [] as [&str; 0], "{at}");
                let wide = browser.js("return document.documentElement.scrollWidth").await.as_u64().unwrap();
                assert!(wide <= u64::from(width), "{at}: {wide} pixels wide");
                let pale = browser.js(CONTRAST).await;
                assert_eq!(pale, json!([]), "{at}: too little contrast");
                let dark = browser.js(DARK).await;
                assert_eq!(dark, scheme == "dark", "{at}");
            }
        }
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn nothing_moves_for_those_who_want_it_still() {
    let sandbox = furnished().await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/portal/shop", sandbox.url())).await;
    browser.until("return document.querySelector('#choices input')").await;
    browser.click("#ask button[type=submit]").await;
    browser.until("return document.querySelector('#steps li[data-tone=wait]')").await;
    let moving = "return document.getAnimations().length > 0";
    assert_eq!(browser.js(moving).await, true);
    browser.prefer(&[("prefers-reduced-motion", "reduce")]).await;
    assert_eq!(browser.js(moving).await, false);
    sandbox.stop().await;
}

const DARK: &str = "
    const [red] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
    return red < 64;
";

/// Every text that is seen, against the ground behind it, by the formula of WCAG: 4.5 to 1, or 3 to 1 when it is large.
const CONTRAST: &str = "
    const parse = (color) => { const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
    const light = ({ r, g, b }) => [r, g, b]
        .map((part) => part / 255)
        .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = parse(getComputedStyle(at).backgroundColor);
            if (color.a === 1) return color;
        }
        return { r: 255, g: 255, b: 255 };
    };
    const pale = [];
    for (const element of document.body.querySelectorAll('*')) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
        if (!(own || element.matches('input, textarea, select')) || !element.checkVisibility()) continue;
        const style = getComputedStyle(element);
        const [one, other] = [light(parse(style.color)), light(ground(element))].sort((a, b) => b - a);
        const ratio = (one + 0.05) / (other + 0.05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.7 && Number(style.fontWeight) >= 700);
        if (ratio < (large ? 3 : 4.5)) pale.push(`${element.tagName} ${element.textContent.slice(0, 40)} ${ratio.toFixed(2)}`);
    }
    return pale;
";
