//! Makes a home of the current schema for `fixtures/databases`, once for each released schema: `fixture FOLDER`.
//!
//! The upgrade tests open every such home for ever after.
#![expect(clippy::unwrap_used, reason = "a tool for maintainers: what fails is shown")]

use std::sync::Arc;

use authpush_core::desk::FileVault;
use authpush_core::{
    Authenticator, Configuration, Device, UserVerifier, UserVerifierError, Verification, VerificationPrompt,
    software_key_store, system_clock,
};
use authpush_tests::{Reaction, Wild};
use serde_json::json;

struct Yes;

impl UserVerifier for Yes {
    fn verify(&self, _: VerificationPrompt) -> Result<Verification, UserVerifierError> {
        Ok(Verification::Verified)
    }
}

#[tokio::main]
async fn main() {
    let home = std::env::args().nth(1).unwrap();
    let vault = Arc::new(FileVault::new(home.clone(), None));
    let keys = software_key_store(home.clone(), vault.clone());
    let mut configuration = Configuration::new(home);
    configuration.trust.insecure_loopback = true;
    let device =
        Authenticator::open(configuration, keys, vault, Arc::new(Yes), system_clock()).await.unwrap();
    let answers = ["201 Created", "202 Accepted"].map(|status| Reaction::status(status, "", ""));
    let wild = Wild::plain(answers.to_vec()).await;
    let phone = Device {
        name: "Alice's phone".to_owned(),
        model: "Pixel 8".to_owned(),
        key_bits: 2048,
        provider: None,
    };
    device.add_account(wild.qr("d1"), "push-token-1".to_owned(), phone).await.unwrap();
    let push = |n: u32| {
        let metadata = json!({
            "consentData": [{"title": "Permissions", "data": ["ReadBalances"]}], "type": "accounts",
            "application": "ShopApp", "accounts": [{"account_id": "12345", "display_name": "Salary Saver"}],
        });
        json!({"deviceId": "d1", "sessionDataKey": format!("session-{n}"), "challenge": format!("challenge-{n}"),
            "username": "alice", "applicationName": "ShopApp", "metadata": metadata.to_string()})
        .to_string()
    };
    let answered = device.process_auth_request(push(1), None).await.unwrap().request().unwrap();
    let review = device.process_consent_data(answered.id).await.unwrap();
    device.send_auth_request(review.approve(vec!["12345".to_owned()]).unwrap()).await.unwrap();
    device.process_auth_request(push(2), None).await.unwrap();
    println!("made with accounts, a delivered approval and an open request; the server was {}", wild.url());
}
