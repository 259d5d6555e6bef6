//! The scenarios of `fixtures/scenarios`, interpreted: see the README there. Kotlin and Swift have interpreters of their own.

mod calls;
mod ports;
mod step;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use authpush_core::desk::https_client;
use authpush_core::{
    Answer, Authenticator, AuthenticatorError, Configuration, Decision, LogLevel, Review, TrustSettings,
    software_key_store,
};
use authpush_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;

use ports::{Ports, SwitchedKeys};
use step::{Fails, Scenario, Settings, Step};

/// Interprets one file.
///
/// # Errors
/// The first step that does not come out as the file says, in words.
pub async fn play(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let scenario: Scenario = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut stage = Stage::set(&scenario).await;
    for (number, step) in (1..).zip(&scenario.steps) {
        stage.act(step).await.map_err(|why| format!("{}, step {number}: {why}", scenario.about))?;
    }
    stage.sandbox.stop().await;
    Ok(())
}

/// What a method takes that is no document.
#[derive(Clone)]
enum Prop {
    Review(Arc<Review>),
    Decision(Arc<Decision>),
    Answer(Box<Answer>),
}

/// What a step came to.
struct Came {
    shown: Value,
    prop: Option<Prop>,
}

/// Why a step did not come out as the file says, in words.
type Doubt = String;

struct Stage {
    sandbox: Sandbox,
    folder: TempDir,
    ports: Arc<Ports>,
    authenticator: Arc<Authenticator>,
    kept: BTreeMap<String, Value>,
    props: BTreeMap<String, Prop>,
}

impl Stage {
    async fn set(scenario: &Scenario) -> Self {
        let profile = scenario.profile.parse().unwrap();
        let sandbox = Sandbox::start(Options { profile, ..Options::default() }).await.unwrap();
        let (folder, ports) = (tempfile::tempdir().unwrap(), Arc::new(Ports::default()));
        let authenticator = open(&sandbox, &folder, &ports, &Settings::default()).await.unwrap();
        Self { sandbox, folder, ports, authenticator, kept: BTreeMap::new(), props: BTreeMap::new() }
    }

    async fn act(&mut self, step: &Step) -> Result<(), Doubt> {
        let came = match step.deed()? {
            step::Deed::Bank(request) => Ok(self.ask_bank(request, step).await?),
            step::Deed::Call(method) => {
                let arguments = self.filled(&Value::Object(step.args.clone()))?;
                calls::call(&self.authenticator, method, &arguments, &self.props).await?
            }
            step::Deed::Reopen(settings) => {
                self.authenticator = self.open(settings).await.map_err(|error| error.to_string())?;
                return Ok(());
            }
            step::Deed::Open(settings) => {
                self.open(settings).await.map(|_| Came { shown: Value::Null, prop: None })
            }
            step::Deed::Person(word) => return self.ports.switch_person(word),
            step::Deed::Keys(word) => return self.ports.switch_keys(word),
            step::Deed::Vault(word) => return self.ports.switch_vault(word),
            step::Deed::Clock(word) => return self.ports.switch_clock(word),
            step::Deed::Log(word) => return self.ports.switch_log(word),
            step::Deed::Logged(event) => return self.wait_for(event).await,
            step::Deed::NeverLogged(texts) => return self.check_log(texts),
            step::Deed::Asked(times) if self.ports.times_asked() == times => return Ok(()),
            step::Deed::Asked(_) => return Err(format!("asked {} times", self.ports.times_asked())),
        };
        match (came, &step.fails) {
            (Ok(came), None) => self.look(came, step),
            (Err(error), Some(fails)) => check_error(&error, fails),
            (Ok(came), Some(fails)) => Err(format!("not {}, but {}", fails.code, came.shown)),
            (Err(error), None) => Err(format!("{}: {error}", error.code())),
        }
    }

    async fn open(&self, settings: &Settings) -> Result<Arc<Authenticator>, AuthenticatorError> {
        open(&self.sandbox, &self.folder, &self.ports, settings).await
    }

    async fn ask_bank(&self, request: &str, step: &Step) -> Result<Came, Doubt> {
        let (method, path) = request.split_once(' ').ok_or("no method and path")?;
        let mut path = path.to_owned();
        for (name, value) in self.kept.iter().rev() {
            path = path.replace(&format!("${name}"), value.as_str().unwrap_or_default());
        }
        let trust = trust(&self.sandbox, &Settings::default());
        let client = https_client(&trust, 5).map_err(|error| error.to_string())?;
        let method = method.parse().map_err(|_| "no method")?;
        let mut request = client.request(method, format!("{}{path}", self.sandbox.url()));
        if let Some(body) = &step.body {
            request = request.body(self.filled(body)?.to_string());
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        if step.status.map_or(!(200..300).contains(&status), |wanted| wanted != status) {
            return Err(format!("the bank answered {status}"));
        }
        let body = response.bytes().await.map_err(|error| error.to_string())?;
        let shown = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
        Ok(Came { shown: shown.map_err(|error| error.to_string())?, prop: None })
    }

    fn look(&mut self, came: Came, step: &Step) -> Result<(), Doubt> {
        let at = |pointer: &str| {
            came.shown.pointer(pointer).ok_or_else(|| format!("there is no {pointer:?} in {}", came.shown))
        };
        for (pointer, wanted) in &step.expect {
            let (seen, wanted) = (at(pointer)?, self.filled(wanted)?);
            if *seen != wanted {
                return Err(format!("{pointer} is {seen}, not {wanted}"));
            }
        }
        for (pointer, wanted) in &step.length {
            let seen = at(pointer)?.as_array().map(Vec::len);
            if seen != Some(*wanted) {
                return Err(format!("{pointer:?} has {seen:?} elements, not {wanted}"));
            }
        }
        for (name, pointer) in &step.keep {
            self.kept.insert(name.clone(), at(pointer)?.clone());
        }
        for (name, pointer) in &step.keep_text {
            self.kept.insert(name.clone(), at(pointer)?.to_string().into());
        }
        if let Some(name) = &step.keep_as {
            self.props.insert(name.clone(), came.prop.ok_or("nothing to keep")?);
        }
        Ok(())
    }

    /// A document with what was kept in the place of its names.
    fn filled(&self, value: &Value) -> Result<Value, Doubt> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(name) if self.props.contains_key(name) => value.clone(),
                Some(name) => {
                    self.kept.get(name).ok_or_else(|| format!("nothing is kept as {name}"))?.clone()
                }
                None => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect::<Result<_, _>>()?,
            Value::Object(fields) => {
                if let (Some(text), Some(times)) = (fields.get("repeated"), fields.get("times")) {
                    let times = times.as_u64().and_then(|times| usize::try_from(times).ok());
                    return Ok(text.as_str().unwrap_or_default().repeat(times.ok_or("no number")?).into());
                }
                let filled = |(key, value): (&String, &Value)| Ok((key.clone(), self.filled(value)?));
                Value::Object(fields.iter().map(filled).collect::<Result<_, Doubt>>()?)
            }
            other => other.clone(),
        })
    }

    async fn wait_for(&self, event: &str) -> Result<(), Doubt> {
        let deadline = Instant::now().checked_add(Duration::from_secs(10)).ok_or("no deadline")?;
        while !self.ports.lines().iter().any(|line| line.event == event) {
            if Instant::now() > deadline {
                return Err(format!("logged was {:?}", self.ports.lines()));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    fn check_log(&self, texts: &[Value]) -> Result<(), Doubt> {
        for text in texts {
            let text = self.filled(text)?;
            let text = text.as_str().ok_or("no text")?;
            if let Some(line) = self.ports.lines().iter().find(|line| line.text.contains(text)) {
                return Err(format!("{text:?} was logged: {line:?}"));
            }
        }
        Ok(())
    }
}

fn trust(sandbox: &Sandbox, settings: &Settings) -> TrustSettings {
    let own = (!settings.public_roots_only).then(|| sandbox.ca_certificate_pem().to_owned());
    TrustSettings {
        public_roots: settings.public_roots_only,
        anchors_pem: own.into_iter().collect(),
        allowed_hosts: settings.allowed_hosts.clone(),
        ..TrustSettings::default()
    }
}

async fn open(
    sandbox: &Sandbox,
    folder: &TempDir,
    ports: &Arc<Ports>,
    settings: &Settings,
) -> Result<Arc<Authenticator>, AuthenticatorError> {
    let home = folder.path().join("home").display().to_string();
    let keys = software_key_store(home.clone(), ports.clone());
    let keys = Arc::new(SwitchedKeys::new(keys, Arc::clone(ports)));
    let mut configuration = Configuration::new(home);
    configuration.trust = trust(sandbox, settings);
    configuration.timeout_seconds = 5;
    configuration.connect_seconds = 2;
    let authenticator =
        Authenticator::open(configuration, keys, ports.clone(), ports.clone(), ports.clone()).await?;
    authenticator.set_log(ports.clone(), LogLevel::Debug).await?;
    Ok(authenticator)
}

fn check_error(error: &AuthenticatorError, fails: &Fails) -> Result<(), Doubt> {
    let seen = calls::error(error);
    let wanted = json!({ "code": fails.code, "retryable": fails.retryable, "text": fails.text });
    let differs = |(key, value): (&String, &Value)| !value.is_null() && seen.get(key) != Some(value);
    if wanted.as_object().into_iter().flatten().any(differs) {
        Err(format!("failed with {seen}, not {wanted}"))
    } else {
        Ok(())
    }
}
