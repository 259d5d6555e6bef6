//! A real Chromium without a window, driven through chromedriver, with a profile of its own that goes with it.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Stdio,
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    wd::WebDriverCompatibleCommand,
};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::{Semaphore, SemaphorePermit},
};
use url::Url;

/// Two browsers at a time: more would only slow each other down.
static FEW: Semaphore = Semaphore::const_new(2);

pub struct Browser {
    client: Client,
    port: u16,
    session: String,
    _driver: Child,
    _profile: TempDir,
    _one_of_few: SemaphorePermit<'static>,
}

impl Browser {
    pub async fn start() -> Self {
        let one_of_few = FEW.acquire().await.unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver: install Chromium and its driver (Debian: chromium, chromium-driver)");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("chromedriver has ended");
            let Some((_, port)) = line.split_once("started successfully on port ") else { continue };
            break port.trim_end_matches('.').parse().unwrap();
        };
        // Read on, or the driver would wait for a full pipe one day.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({
            "acceptInsecureCerts": true,
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        let session = client.session_id().await.unwrap().unwrap();
        Self { client, port, session, _driver: driver, _profile: profile, _one_of_few: one_of_few }
    }

    /// Opens a page of the portal and waits until it shows what the server knows.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
        self.until(
            "const live = document.getElementById('live'); return !live || live.textContent === 'Live'",
        )
        .await;
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub async fn js(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{error}\n{script}"))
    }

    pub async fn text(&self, id: &str) -> String {
        self.js(&format!("return document.getElementById('{id}').innerText"))
            .await
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Waits until the script gives something true.
    pub async fn until(&self, script: &str) {
        let begun = Instant::now();
        while !truthy(&self.js(script).await) {
            if begun.elapsed() > PATIENCE {
                let page = self.js("return document.body.innerText").await;
                panic!("in vain: {script}\n{}", page.as_str().unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits until the element shows a text.
    pub async fn until_shows(&self, id: &str, words: &str) {
        let words = json!(words);
        self.until(&format!("return document.getElementById('{id}').innerText.includes({words})")).await;
    }

    pub async fn click(&self, selector: &str) {
        self.client.find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
    }

    /// Empties a field and writes into it, key by key.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.client.find(Locator::Id(id)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub async fn choose(&self, id: &str, value: &str) {
        self.client.find(Locator::Id(id)).await.unwrap().select_by_value(value).await.unwrap();
    }

    pub async fn press(&self, key: char) {
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// The element as pixels, PNG.
    pub async fn picture(&self, selector: &str) -> Vec<u8> {
        self.client.find(Locator::Css(selector)).await.unwrap().screenshot().await.unwrap()
    }

    /// What the page complained of since the last call: errors of scripts, blocked content, failed requests.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.issue("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().unwrap().iter();
        entries.map(|entry| format!("{}: {}", entry["level"], entry["message"])).collect()
    }

    /// Shows the pages as a device of this width with this preference would.
    pub async fn dress(&self, width: u32, scheme: &str) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600 }),
        )
        .await;
        self.prefer(&[("prefers-color-scheme", scheme)]).await;
    }

    pub async fn prefer(&self, features: &[(&str, &str)]) {
        let features: Vec<_> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        self.issue("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await;
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Extension { path, body }).await.unwrap()
    }
}

impl Drop for Browser {
    /// The driver ends its browser only when asked, so it is asked here, where a failed test comes by, too.
    fn drop(&mut self) {
        let Ok(mut driver) = TcpStream::connect(("127.0.0.1", self.port)) else { return };
        let _ = driver.set_read_timeout(Some(PATIENCE));
        let request = format!(
            "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            self.session
        );
        let _ = driver.write_all(request.as_bytes());
        let _ = driver.read(&mut [0; 1024]);
    }
}

/// What chromedriver understands beyond the standard.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, url::ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

const PATIENCE: Duration = Duration::from_secs(20);
