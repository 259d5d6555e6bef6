//! One call of the library in a process of its own: `HOME CERTIFICATE-FILE approve|deny|retry|receive ARGUMENT`.
//!
//! Prints one line when it is done. The tests kill it, or run several at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use authpush_core::desk::FileVault;
use authpush_core::{
    Authenticator, AuthenticatorError, Configuration, RetryTrigger, UserVerifier, UserVerifierError,
    Verification, VerificationPrompt, software_key_store, system_clock,
};

struct Yes;

impl UserVerifier for Yes {
    fn verify(&self, _: VerificationPrompt) -> Result<Verification, UserVerifierError> {
        Ok(Verification::Verified)
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [home, certificate, command, argument] = arguments.as_slice() else {
        println!("error usage");
        return;
    };
    match run(home, certificate, command, argument).await {
        Ok(told) => println!("{told}"),
        Err(error) => println!("error {}", error.code()),
    }
}

async fn run(
    home: &str,
    certificate: &str,
    command: &str,
    argument: &str,
) -> Result<String, AuthenticatorError> {
    let vault = Arc::new(FileVault::new(home.to_owned(), None));
    let keys = software_key_store(home.to_owned(), vault.clone());
    let mut configuration = Configuration::new(home.to_owned());
    configuration.trust.public_roots = false;
    configuration.trust.anchors_pem = vec![std::fs::read_to_string(certificate).unwrap()];
    let device = Authenticator::open(configuration, keys, vault, Arc::new(Yes), system_clock()).await?;
    match command {
        "approve" => {
            let review = device.process_consent_data(argument.to_owned()).await?;
            let first = review
                .consent()
                .map(|consent| consent.accounts.iter().map(|a| a.id.clone()).take(1).collect());
            let decision = review.approve(first.unwrap_or_default())?;
            Ok(format!("{:?}", device.send_auth_request(decision).await?.delivery))
        }
        "deny" => {
            let review = device.process_consent_data(argument.to_owned()).await?;
            Ok(format!("{:?}", device.send_auth_request(review.deny()).await?.delivery))
        }
        "retry" => Ok(format!("{}", device.retry(RetryTrigger::Person).await?.len())),
        "receive" => {
            let push = std::fs::read_to_string(argument).unwrap();
            Ok(device.process_auth_request(push, None).await?.request().unwrap().id)
        }
        _ => Ok("error usage".to_owned()),
    }
}
