//! A server that is not trusted does not get one byte of a request.

use authpush_core::{AccountState, Pin, TrustSettings};
use authpush_tests::{Bank, Identity, Phone, PhoneSettings, Reaction, Wild};
use rcgen::{BasicConstraints, IsCa};

fn settings(anchors: &[&str], pins: &[(Option<&str>, String)]) -> PhoneSettings {
    let trust = TrustSettings {
        public_roots: false,
        anchors_pem: anchors.iter().map(|pem| (*pem).to_owned()).collect(),
        pins: pins
            .iter()
            .map(|(host, spki)| Pin { host: host.map(str::to_owned), spki: spki.clone() })
            .collect(),
        ..TrustSettings::default()
    };
    PhoneSettings { trust, ..PhoneSettings::default() }
}

fn created() -> Vec<Reaction> {
    vec![Reaction::status("201 Created", "", "")]
}

async fn refused(identity: Identity, settings: PhoneSettings, code: &str) {
    let wild = Wild::tls(identity, created()).await;
    let phone = Phone::with(settings).await;
    let error = phone.scan(&wild.qr("d1")).await.unwrap_err();
    assert_eq!(error.code(), code);
    assert_eq!((wild.bytes(), wild.requests()), (0, 0), "{code}");
}

async fn accepted(identity: Identity, settings: PhoneSettings) {
    let wild = Wild::tls(identity, created()).await;
    let phone = Phone::with(settings).await;
    assert_eq!(phone.scan(&wild.qr("d1")).await.unwrap().state, AccountState::Active);
    assert_eq!(wild.requests(), 1);
}

fn ca() -> IsCa {
    IsCa::Ca(BasicConstraints::Unconstrained)
}

const HERE: &[&str] = &["127.0.0.1"];

#[tokio::test]
async fn the_guides_own_certificate_works_as_an_anchor() {
    for kind in [IsCa::NoCa, IsCa::ExplicitNoCa, ca()] {
        let identity = Identity::self_signed(HERE, kind);
        let anchor = identity.anchor_pem.clone();
        accepted(identity, settings(&[&anchor], &[])).await;
    }
    let identity = Identity::under_a_root(HERE, &[]);
    let anchor = identity.anchor_pem.clone();
    accepted(identity, settings(&[&anchor], &[])).await;
}

#[tokio::test]
async fn unknown_misnamed_and_expired_certificates_are_refused() {
    let other = Identity::self_signed(HERE, ca()).anchor_pem;
    refused(Identity::self_signed(HERE, IsCa::NoCa), settings(&[], &[]), "certificate_unknown").await;
    refused(Identity::self_signed(HERE, ca()), settings(&[&other], &[]), "certificate_unknown").await;
    refused(Identity::self_signed(HERE, IsCa::NoCa), PhoneSettings::default(), "certificate_unknown").await;
    for kind in [IsCa::NoCa, ca()] {
        let elsewhere = Identity::self_signed(&["bank.example"], kind);
        let anchor = elsewhere.anchor_pem.clone();
        refused(elsewhere, settings(&[&anchor], &[]), "certificate_wrong_name").await;
    }
    let elsewhere = Identity::under_a_root(&["bank.example"], &[]);
    let anchor = elsewhere.anchor_pem.clone();
    refused(elsewhere, settings(&[&anchor], &[]), "certificate_wrong_name").await;
    let signed_by_a_server = Identity::under_no_authority(HERE);
    let anchor = signed_by_a_server.anchor_pem.clone();
    refused(signed_by_a_server, settings(&[&anchor], &[]), "certificate_unknown").await;
    let expired = Identity::expired(HERE);
    let anchor = expired.anchor_pem.clone();
    refused(expired, settings(&[&anchor], &[]), "certificate_expired").await;
}

#[tokio::test]
async fn a_pin_narrows_and_is_never_trust_by_itself() {
    for identity in [Identity::self_signed(HERE, ca()), Identity::under_a_root(HERE, &[])] {
        let (anchor, pin) = (identity.anchor_pem.clone(), identity.pin());
        accepted(identity, settings(&[&anchor], &[(Some("127.0.0.1"), pin)])).await;
    }
    let identity = Identity::self_signed(HERE, IsCa::NoCa);
    let pin = identity.pin();
    refused(identity, settings(&[], &[(None, pin)]), "certificate_unknown").await;

    let other = Identity::self_signed(HERE, IsCa::NoCa).pin();
    for identity in [Identity::self_signed(HERE, ca()), Identity::under_a_root(HERE, &[])] {
        let anchor = identity.anchor_pem.clone();
        refused(identity, settings(&[&anchor], &[(None, other.clone())]), "pin_mismatch").await;
    }
    let identity = Identity::self_signed(HERE, ca());
    let (anchor, pin) = (identity.anchor_pem.clone(), identity.pin());
    let one_of_two = [(Some("127.0.0.1"), other.clone()), (Some("127.0.0.1"), pin)];
    accepted(identity, settings(&[&anchor], &one_of_two)).await;
    let identity = Identity::self_signed(HERE, ca());
    let anchor = identity.anchor_pem.clone();
    accepted(identity, settings(&[&anchor], &[(Some("bank.example"), other)])).await;
}

#[tokio::test]
async fn a_pin_matches_the_verified_path_and_not_what_is_merely_presented() {
    let identity = Identity::under_a_root(HERE, &[]);
    let (anchor, pin) = (identity.anchor_pem.clone(), identity.anchor_pin());
    accepted(identity, settings(&[&anchor], &[(None, pin)])).await;
    let bystander = Identity::self_signed(&["bystander.example"], ca());
    let identity = Identity::under_a_root(HERE, &[&bystander]);
    let anchor = identity.anchor_pem.clone();
    refused(identity, settings(&[&anchor], &[(None, bystander.pin())]), "pin_mismatch").await;
}

#[tokio::test]
async fn plain_http_is_for_loopback_and_only_when_switched_on() {
    let wild = Wild::plain(created()).await;
    assert_eq!(
        Phone::with(settings(&[], &[])).await.scan(&wild.qr("d1")).await.unwrap_err().code(),
        "insecure_url"
    );
    assert_eq!(wild.bytes(), 0);
    let mut allowed = settings(&[], &[]);
    allowed.trust.insecure_loopback = true;
    let elsewhere = wild.qr("d1").replace("127.0.0.1", "bank.example");
    assert_eq!(Phone::with(allowed.clone()).await.scan(&elsewhere).await.unwrap_err().code(), "insecure_url");
    assert_eq!(Phone::with(allowed).await.scan(&wild.qr("d1")).await.unwrap().state, AccountState::Active);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = Wild::plain(created()).await;
    let identity = Identity::self_signed(HERE, IsCa::NoCa);
    let anchor = identity.anchor_pem.clone();
    let location = format!("Location: {}/x\r\n", target.url());
    let wild = Wild::tls(identity, vec![Reaction::status("307 Temporary Redirect", &location, "")]).await;
    let phone = Phone::with(settings(&[&anchor], &[])).await;
    assert_eq!(phone.scan(&wild.qr("d1")).await.unwrap_err().code(), "server_refused");
    assert_eq!(target.bytes(), 0);
}

#[tokio::test]
async fn trust_is_asked_again_at_every_call() {
    let bank = Bank::open_banking().await;
    let phone = Phone::of(&bank).await;
    let account = phone.scan(&bank.qr()).await.unwrap();
    let _ = bank.ask("accounts");
    let request = phone.receive(&bank.last_push()).await.unwrap();
    let strict = phone.reopened(|to| to.trust.allowed_hosts = vec!["bank.example".to_owned()]).await.unwrap();
    assert_eq!(strict.approve(&request.id, &["12345"]).await.unwrap_err().code(), "host_not_allowed");
    let removed =
        strict.authenticator.remove_account(account.device_id, authpush_core::Undelivered::Deliver).await;
    assert_eq!(removed.unwrap_err().code(), "host_not_allowed");
    assert_eq!(bank.answers().0, 0);

    let distrustful = phone.reopened(|to| to.trust.anchors_pem.clear()).await.unwrap();
    let answer = distrustful.approve(&request.id, &["12345"]).await.unwrap();
    let reason =
        authpush_core::QueueReason::Untrusted { failure: authpush_core::TrustFailure::CertificateUnknown };
    assert_eq!((answer.delivery, answer.reason), (authpush_core::Delivery::Queued, Some(reason)));
    assert_eq!(bank.answers().0, 0);
    let phone = phone.reopened(|_| {}).await.unwrap();
    let answers = phone.authenticator.retry(authpush_core::RetryTrigger::Person).await.unwrap();
    assert_eq!(answers[0].delivery, authpush_core::Delivery::Delivered);
}
