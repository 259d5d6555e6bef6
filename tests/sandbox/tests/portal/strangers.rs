//! What others wrote, and what others send: hostile names stay text, and pages of other sites stay outside.

use authpush_sandbox::{Client, NewLogin, NewUser, Profile, Quirks};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    support::{Phone, client, post, sandbox},
};

const MARKUP: &str = "<img src=x onerror=alert(1)><script>alert(2)</script>";
const TURNED: &str = "evil\u{202e}gnp.exe";

#[tokio::test]
async fn hostile_names_are_text() {
    let sandbox = sandbox(Profile::OpenBanking, Quirks::AsServer).await;
    let control = sandbox.control();
    for name in [MARKUP, TURNED] {
        control.create_user(NewUser { username: name.to_owned(), ..NewUser::default() }).unwrap();
        let mut phone = Phone {
            client: client(&sandbox),
            qr: control.enrolment(name).unwrap(),
            push_id: format!("</code>{name}"),
        };
        let mut registration = phone.registration();
        registration["name"] = name.chars().take(45).collect::<String>().into();
        registration["model"] = "<b>bold".into();
        assert_eq!(phone.register(&registration).await.status(), 201);
        phone.push_id.clear();
        let login = NewLogin {
            username: name.to_owned(),
            application: Some(name.to_owned()),
            metadata: Some(name.to_owned()),
            ..NewLogin::default()
        };
        control.login(login).unwrap();
        phone.answer_raw(format!("{{\"authResponse\":\"{name}")).await;
    }
    let hostile = Client { application: Some(MARKUP.to_owned()), ..shop_client() };
    control.create_client(hostile).unwrap();

    let browser = Browser::start().await;
    for page in ["bank", "shop", "control"] {
        browser.open(&format!("{}/portal/{page}", sandbox.url())).await;
        for name in [MARKUP, TURNED] {
            if page != "control" {
                browser.choose("user", name).await;
            }
            if page == "bank" {
                browser
                    .until_shows("devices", if name == MARKUP { "<img src=x" } else { "evil⟨U+202E⟩gnp.exe" })
                    .await;
            }
            if page == "shop" {
                browser.until("return document.querySelector('#choices input')").await;
                browser.fill("payee", MARKUP).await;
                browser.fill("binding", MARKUP).await;
                browser.click("#ask button[type=submit]").await;
                browser.until_shows("headline", "The bank refused").await;
            }
        }
        browser.js("document.querySelectorAll('details').forEach(entry => { entry.open = true })").await;
        let made =
            browser.js("return document.querySelectorAll('main img, main script, main b').length").await;
        assert_eq!(made, 0, "{page}: markup came out of a name");
        let turned = browser.js("return document.body.innerText.includes('\\u202e')").await;
        assert_eq!(turned, false, "{page}: a direction mark is in the page");
        let mut complaints = browser.complaints().await;
        // That the bank refuses such a connection code is what the page asks to hear.
        complaints.retain(|complaint| !complaint.contains("/sandbox/ciba - Failed to load resource"));
        assert_eq!(complaints, [] as [&str; 0], "{page}");
    }
    assert!(browser.text("audit").await.contains("<img src=x"));
    assert!(browser.text("pushes").await.contains("<script>alert(2)</script>"));
    sandbox.stop().await;
}

fn shop_client() -> Client {
    Client {
        client_id: "other".to_owned(),
        client_secret: Some("s".to_owned()),
        public_key: None,
        jwks: None,
        application: None,
    }
}

#[tokio::test]
async fn pages_say_what_they_may_do() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let http = client(&sandbox);
    for path in ["/", "/portal/bank", "/portal/shop", "/portal/control", "/portal/page.js", "/portal/nothing"]
    {
        let response = http.get(format!("{}{path}", sandbox.url())).send().await.unwrap();
        assert_eq!(response.status(), if path.ends_with("nothing") { 404 } else { 200 }, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(
            header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
    }
    let response = post(&http, sandbox.url(), String::new()).await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["allow"].to_str().unwrap()),
        (405, "GET, HEAD")
    );
    assert!(sandbox.control().audit().is_empty(), "pages are no part of the protocol");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let sandbox = sandbox(Profile::Classic, Quirks::AsServer).await;
    let http = client(&sandbox);
    let url = format!("{}/sandbox/faults", sandbox.url());
    let fault = json!({ "on": "any", "kind": "drop" });
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let response = http.post(&url).header(name, value).body(fault.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 403, "{name}: {value}");
        let listening = http.get(format!("{}/sandbox/push/x", sandbox.url())).header(name, value).send();
        assert_eq!(listening.await.unwrap().status(), 403, "{name}: {value}");
    }
    assert!(sandbox.control().faults().is_empty());

    // What a real browser sends for a page of nowhere, of the kind that needs no permission first.
    let browser = Browser::start().await;
    browser.goto("data:text/html,<h1>Another site</h1>").await;
    browser
        .js(&format!(
            "globalThis.sent = 0;
             const send = (body) => fetch({url:?}, {{ method: 'POST', mode: 'no-cors', body }});
             send({:?}).finally(() => {{ globalThis.sent = 1; }});",
            fault.to_string()
        ))
        .await;
    browser.until("return globalThis.sent === 1").await;
    assert!(sandbox.control().faults().is_empty());

    // Programs are no pages.
    assert_eq!(post(&http, &url, fault.to_string()).await.status(), 201);
    let faults: Value = crate::support::json_of(http.get(&url).send().await.unwrap()).await;
    assert_eq!(faults.as_array().unwrap().len(), 1);
    sandbox.stop().await;
}
