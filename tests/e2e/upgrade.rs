//! A home of every released schema goes on working; one of the future is left alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use authpush_core::desk::FileVault;
use authpush_core::{
    AccountState, Authenticator, AuthenticatorError, Configuration, Delivery, RequestState,
    software_key_store,
};
use authpush_tests::{ManualClock, Person};

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &target);
        } else {
            std::fs::copy(&path, &target).map(|_| ()).unwrap();
        }
    }
}

fn released() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/databases");
    let mut homes: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    homes.retain(|home| home.is_dir());
    assert!(!homes.is_empty());
    homes
}

async fn open(home: &Path) -> Result<Arc<Authenticator>, AuthenticatorError> {
    let home = home.display().to_string();
    let vault = Arc::new(FileVault::new(home.clone(), None));
    let keys = software_key_store(home.clone(), vault.clone());
    Authenticator::open(
        Configuration::new(home),
        keys,
        vault,
        Arc::new(Person::default()),
        Arc::new(ManualClock::default()),
    )
    .await
}

#[tokio::test]
async fn every_released_home_still_opens_and_decides() {
    for home in released() {
        let here = tempfile::tempdir().unwrap();
        copied(&home, here.path());
        let device = open(here.path()).await.unwrap();
        let accounts = device.accounts().await.unwrap();
        assert_eq!(accounts.len(), 1, "{}", home.display());
        assert_eq!((accounts[0].username.as_str(), accounts[0].state), ("alice", AccountState::Active));
        let history = device.history(None, None).await.unwrap();
        assert_eq!(history.len(), 2);
        let delivered: Vec<_> = history.iter().filter_map(|entry| entry.answer.as_ref()).collect();
        assert_eq!((delivered.len(), delivered[0].delivery), (1, Delivery::Delivered));
        // Its server was a plain one on a loopback port; that is not allowed here, and said before anything is decided.
        let open = history.iter().find(|entry| entry.answer.is_none()).unwrap();
        let review = device.process_consent_data(open.request.id.clone()).await.unwrap();
        assert_eq!(review.consent().unwrap().accounts[0].id, "12345");
        assert_eq!(device.send_auth_request(review.deny()).await.unwrap_err().code(), "insecure_url");
        device.forget_account("d1".to_owned()).await.unwrap();
        let history = device.history(None, None).await.unwrap();
        assert!(history.iter().all(|entry| entry.request.state != RequestState::Pending));
    }
}

#[tokio::test]
async fn a_home_of_the_future_is_refused_and_left_as_it_is() {
    let here = tempfile::tempdir().unwrap();
    copied(released().last().unwrap(), here.path());
    let database = here.path().join("authpush.db");
    let mut file = std::fs::read(&database).unwrap();
    // The user version, big-endian at offset 60 of the header (sqlite.org/fileformat2.html section 1.3).
    file[60..64].copy_from_slice(&9000_u32.to_be_bytes());
    std::fs::write(&database, &file).unwrap();
    assert_eq!(open(here.path()).await.err().unwrap().code(), "storage_newer");
    assert_eq!(std::fs::read(&database).unwrap(), file);
    // The application id, at offset 68.
    file[68..72].copy_from_slice(b"elsE");
    std::fs::write(&database, &file).unwrap();
    assert_eq!(open(here.path()).await.err().unwrap().code(), "storage_foreign");
    assert_eq!(std::fs::read(&database).unwrap(), file);
}
