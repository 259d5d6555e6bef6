//! Enrolling, listing, changing and removing accounts.

use authpush_core::{Account, Device, ProviderDetail, PushProvider, Undelivered, display_safe};
use serde_json::json;

use crate::app::{App, Status, Verification};
use crate::args::{AddAccount, Bearer};
use crate::failure::Failure;
use crate::json::{self, account_state};
use crate::{input, listing};

pub(crate) async fn add(app: &App, arguments: AddAccount) -> Result<Status, Failure> {
    input::one_standard_input(&[&arguments.qr, &arguments.push_id])?;
    let qr = input::qr_text(&arguments.qr)?;
    let device = Device {
        name: arguments.device_name,
        model: arguments.device_model,
        key_bits: arguments.key_bits.bits(),
        provider: arguments.provider.map(|name| {
            let detail = |(name, value)| ProviderDetail { name, value };
            PushProvider { name, metadata: arguments.provider_metadata.into_iter().map(detail).collect() }
        }),
    };
    let push_id = input::token(&arguments.push_id)?.to_string();
    let authenticator = app.open(Verification::Asked).await?;
    // Whoever scans a code should see whose it is before anything is sent there.
    let preview = authenticator.preview_enrolment(qr.clone()).await?;
    app.output.note(&format!("Enrolling {} with {}.", preview.username, preview.host));
    let enrolling = authenticator.add_account(qr, push_id, device);
    let account = app.waiting.during("Making a key and enrolling", enrolling).await?;
    let text = || {
        format!(
            "Enrolled {} at {} ({}).\nDevice id: {}\nNext: authpush listen, or authpush receive PUSH",
            account.username,
            account.host,
            account_state(account.state),
            account.device_id
        )
    };
    told(app, &account, text)
}

pub(crate) async fn list(app: &App) -> Result<Status, Failure> {
    let accounts = app.open(Verification::Asked).await?.accounts().await?;
    let documents = || json!({ "accounts": accounts.iter().map(json::account).collect::<Vec<_>>() });
    app.output.result(documents, || listing::accounts(&accounts))?;
    Ok(Status::Done)
}

pub(crate) async fn set_push_id(
    app: &App,
    device_id: String,
    token: &str,
    bearer: Bearer,
) -> Result<Status, Failure> {
    input::one_standard_input(&[token, bearer.bearer.as_deref().unwrap_or_default()])?;
    let push_id = input::token(token)?.to_string();
    let bearer = read_bearer(bearer)?;
    let authenticator = app.open(Verification::Asked).await?;
    let changing = authenticator.set_push_id(device_id, push_id, bearer);
    let account = app.waiting.during("Telling the server", changing).await?;
    told(app, &account, || format!("The server pushes to {} now.", account.push_id))
}

pub(crate) async fn set_device_name(
    app: &App,
    device_id: String,
    name: String,
    bearer: Bearer,
) -> Result<Status, Failure> {
    let bearer = read_bearer(bearer)?;
    let authenticator = app.open(Verification::Asked).await?;
    let changing = authenticator.set_device_name(device_id, name, bearer);
    let account = app.waiting.during("Telling the server", changing).await?;
    told(app, &account, || format!("The server has the new name of {}.", account.device_id))
}

pub(crate) async fn remove(app: &App, device_id: String, abandon: bool) -> Result<Status, Failure> {
    let undelivered = if abandon { Undelivered::Abandon } else { Undelivered::Deliver };
    let authenticator = app.open(Verification::Asked).await?;
    let removing = authenticator.remove_account(device_id, undelivered);
    let removal = app.waiting.during("Removing the device", removing).await?;
    let removed = display_safe(&removal.device_id, 255);
    let warnings = json::clock_warnings(&removal.warnings);
    let note = if warnings.is_empty() { "" } else { " This device's clock is wrong." };
    app.output.result(
        || json!({ "removed": removed, "server": "confirmed", "warnings": warnings }),
        || format!("The device was removed, at its server and here.{note}"),
    )?;
    Ok(Status::Done)
}

pub(crate) async fn forget(app: &App, device_id: String) -> Result<Status, Failure> {
    app.open(Verification::Asked).await?.forget_account(device_id.clone()).await?;
    app.output.result(
        || json!({ "removed": display_safe(&device_id, 255), "server": "not_told" }),
        || "The account was deleted here; the server was not told.".to_owned(),
    )?;
    Ok(Status::Done)
}

fn told(app: &App, account: &Account, text: impl FnOnce() -> String) -> Result<Status, Failure> {
    app.output.result(|| json!({ "account": json::account(account) }), text)?;
    Ok(Status::Done)
}

/// An empty one, as an environment may have it, is none.
fn read_bearer(bearer: Bearer) -> Result<Option<String>, Failure> {
    let given = bearer.bearer.filter(|bearer| !bearer.is_empty());
    given.map(|bearer| input::token(&bearer).map(|token| token.to_string())).transpose()
}
