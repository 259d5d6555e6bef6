//! What is on disk: nothing readable, nothing for others, and nothing that can be changed without being noticed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use authpush_core::AuthenticatorError;
use authpush_tests::{Bank, Phone};

/// A phone with an account, an answered and an open request.
async fn lived_in() -> (Bank, Phone) {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    phone.scan_with(&bank.qr(), "push-token-secret-1").await.unwrap();
    let _ = bank.ask("payments");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    phone.approve(&request.id, &["12345"]).await.unwrap();
    let _ = bank.ask("accounts");
    phone.receive(&bank.last_push()).await.unwrap();
    (bank, phone)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[tokio::test]
async fn nothing_personal_is_readable_and_only_the_owner_may_look() {
    let (bank, phone) = lived_in().await;
    let push = bank.last_push_data();
    let token = bank.seen("authenticate")[0].body.clone();
    let token = token.split('"').nth(3).unwrap();
    let secrets = [
        "alice",
        "push-token-secret-1",
        "Alice's phone",
        "Salary Saver",
        "ReadBalances",
        "ShopApp",
        "AB12",
        "127.0.0.1",
        "carbon.super",
        push["challenge"].as_str().unwrap(),
        push["sessionDataKey"].as_str().unwrap(),
        &token[..40],
        "SUCCESSFUL",
        "approve",
        "delivered",
    ];
    let everything = files(&phone.home());
    assert!(everything.len() >= 3, "{everything:?}");
    for path in everything {
        let content = std::fs::read(&path).unwrap();
        for secret in secrets {
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", path.display());
        }
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        let folder = std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(folder & 0o777, 0o700, "{}", path.display());
    }
}

/// What a person would see: everything that can be listed.
async fn seen(phone: &Phone) -> Result<String, AuthenticatorError> {
    let phone = phone.reopened(|_| {}).await?;
    let accounts = phone.authenticator.accounts().await?;
    let history = phone.authenticator.history(None, None).await?;
    Ok(format!("{accounts:?} {history:?}"))
}

#[tokio::test]
async fn a_flipped_byte_is_an_error_or_nothing_but_never_another_truth() {
    let (_bank, phone) = lived_in().await;
    let truth = seen(&phone).await.unwrap();
    // Every page of the database is visited; a stride that is prime to the page size moves through all offsets.
    let (mut noticed, mut unnoticed) = (0, 0);
    for path in files(&phone.home()) {
        if path.extension().is_some_and(|end| end == "key") {
            continue;
        }
        let whole = std::fs::read(&path).unwrap();
        let is_shared_memory = path.to_string_lossy().ends_with("-shm");
        let stride = if whole.len() > 2000 { 61 } else { 7 };
        for at in (0..whole.len()).step_by(stride) {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            match seen(&phone).await {
                Ok(now) => {
                    assert_eq!(now, truth, "byte {at} of {}", path.display());
                    unnoticed += 1;
                }
                Err(AuthenticatorError::Storage { .. }) => {
                    noticed += 1;
                    // What is wrong is left for a person to look at.
                    assert!(path.exists());
                    if !is_shared_memory && !path.to_string_lossy().ends_with("-wal") {
                        assert_eq!(std::fs::read(&path).unwrap().len(), changed.len());
                    }
                }
                Err(other) => panic!("byte {at} of {}: {other}", path.display()),
            }
            std::fs::write(&path, &whole).unwrap();
        }
    }
    assert_eq!(seen(&phone).await.unwrap(), truth);
    assert!(noticed > 50, "{noticed} noticed, {unnoticed} without effect");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_killed_leaves_nothing_that_could_be_cut_short() {
    let (bank, phone) = lived_in().await;
    let certificate = phone.home().join("../bank.pem");
    std::fs::write(&certificate, bank.certificate()).unwrap();
    let open = phone.authenticator.requests(Some(authpush_core::RequestState::Pending)).await.unwrap();
    let delay = authpush_sandbox::Fault::new(
        authpush_sandbox::FaultTarget::Answer,
        authpush_sandbox::FaultKind::Delay,
    );
    bank.control().fault(delay.with_delay_ms(60_000));
    let mut child = crate::two_processes::device(&phone, &certificate, "approve", &open[0].id);
    while !bank.control().faults().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    child.kill().await.unwrap();
    let truth = seen(&phone).await.unwrap();
    assert!(truth.contains("Queued"), "{truth}");
    let (home, copy) = (phone.home(), tempfile::tempdir().unwrap());
    for path in files(&home).iter().filter(|path| path.parent() == Some(&home)) {
        std::fs::copy(path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    let journal = copy.path().join("authpush.db-wal");
    let length = std::fs::metadata(&journal).map_or(0, |journal| journal.len());
    assert_eq!(length, 0, "the decision is in the one file, where a change is noticed");
}

#[tokio::test]
async fn rows_that_were_removed_swapped_or_moved_are_noticed() {
    for tampering in [
        "DELETE FROM accounts",
        "DELETE FROM requests WHERE rowid_of = 1",
        "DELETE FROM meta WHERE name = 'census'",
        "DELETE FROM meta",
        "UPDATE requests SET received_at = received_at + 1",
        "UPDATE requests SET expires_at = 0",
        "UPDATE requests SET sequence = sequence + 1",
        "UPDATE requests SET device_id = 'other'",
        "UPDATE accounts SET created_at = 0",
        "UPDATE accounts SET device_id = 'other'",
        "UPDATE requests SET record = (SELECT record FROM accounts)",
        "UPDATE requests SET record = (SELECT record FROM requests ORDER BY id LIMIT 1)",
        "UPDATE accounts SET record = x'01'",
        "UPDATE accounts SET record = x''",
        "INSERT INTO forgotten SELECT id, received_at, record FROM requests",
        "DROP TABLE servers",
        "ALTER TABLE requests RENAME TO other",
    ] {
        let (_bank, phone) = lived_in().await;
        let database = rusqlite::Connection::open(phone.home().join("authpush.db")).unwrap();
        let tampering = tampering.replace("rowid_of = 1", "id = (SELECT min(id) FROM requests)");
        database.execute_batch(&tampering).unwrap();
        drop(database);
        match seen(&phone).await {
            Err(AuthenticatorError::Storage { .. }) => {}
            other => panic!("{tampering}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_changed_key_is_a_lost_key() {
    let (bank, phone) = lived_in().await;
    let key = files(&phone.home().join("keys")).remove(0);
    let mut content = std::fs::read(&key).unwrap();
    content[200] ^= 1;
    std::fs::write(&key, &content).unwrap();
    let open = phone.authenticator.requests(Some(authpush_core::RequestState::Pending)).await.unwrap();
    let error = phone.deny(&open[0].id).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.retryable()), ("key_lost", false));
    assert!(key.exists());
    assert_eq!(bank.answers().0, 1);
}

#[tokio::test]
async fn foreign_newer_and_keyless_stores_stay_closed_and_untouched() {
    let (_bank, phone) = lived_in().await;
    let vault = phone.home().join("vault.json");
    let key = std::fs::read(&vault).unwrap();
    std::fs::remove_file(&vault).unwrap();
    let code = |result: Result<Phone, AuthenticatorError>| result.err().unwrap().code();
    assert_eq!(code(phone.reopened(|_| {}).await), "vault_key_missing");
    assert!(!vault.exists(), "no new key is made for an old store");
    std::fs::write(
        &vault,
        r#"{"kind":"plain","version":1,"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#,
    )
    .unwrap();
    assert_eq!(code(phone.reopened(|_| {}).await), "vault_wrong_key");
    std::fs::write(&vault, key).unwrap();
    phone.reopened(|_| {}).await.unwrap();

    let database = phone.home().join("authpush.db");
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(phone.home().join(format!("authpush.db{suffix}")));
    }
    let garbage =
        b"this is not a database, and it is longer than a header has to be to be looked at as one, so: no";
    std::fs::write(&database, garbage).unwrap();
    assert_eq!(code(phone.reopened(|_| {}).await), "storage_corrupt");
    assert_eq!(std::fs::read(&database).unwrap(), garbage);
}
