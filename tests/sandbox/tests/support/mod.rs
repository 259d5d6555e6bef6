//! A phone and a browser, written for these tests alone, that talk to the sandbox over real TLS.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

pub mod is7;

use std::{
    sync::{Arc, LazyLock},
    time::{SystemTime, UNIX_EPOCH},
};

use authpush_sandbox::{Options, Profile, Quirks, Sandbox};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use reqwest::{Client, Response};
use ring::{rand::SystemRandom, signature};
use rsa::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
use serde_json::{Value, json};

/// One key for every phone of a test run: making one takes a while.
static KEY: LazyLock<(signature::RsaKeyPair, String)> = LazyLock::new(|| {
    let private = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let pair = signature::RsaKeyPair::from_pkcs8(private.to_pkcs8_der().unwrap().as_bytes()).unwrap();
    (pair, STANDARD.encode(private.to_public_key().to_public_key_der().unwrap().as_bytes()))
});

pub async fn sandbox(profile: Profile, quirks: Quirks) -> Sandbox {
    Sandbox::start(Options { profile, quirks, ..Options::default() }).await.unwrap()
}

/// A client that trusts the sandbox's certificate alone.
#[expect(
    clippy::disallowed_methods,
    reason = "the one client of these tests; core's is what they must not share"
)]
pub fn client(sandbox: &Sandbox) -> Client {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(sandbox.ca_certificate_pem().as_bytes()).unwrap()).unwrap();
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()
        .unwrap()
}

pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

pub fn public_key() -> &'static str {
    &KEY.1
}

pub fn sign(text: &str) -> Vec<u8> {
    let mut bytes = vec![0; KEY.0.public().modulus_len()];
    KEY.0.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut bytes).unwrap();
    bytes
}

pub fn token(did: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(&json!({ "alg": "RS256", "did": did })), part(claims));
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(sign(&input)))
}

/// The same key in the hands of a third party.
pub fn public_key_pem() -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", wrapped(public_key()))
}

fn wrapped(text: &str) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\n")
}

/// A request object under this `alg`; the signature is right for RS256, PS256 and PS384.
pub fn request_object(alg: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(&json!({ "alg": alg })), part(claims));
    let padding: &dyn signature::RsaEncoding = match alg {
        "PS256" => &signature::RSA_PSS_SHA256,
        "PS384" => &signature::RSA_PSS_SHA384,
        _ => &signature::RSA_PKCS1_SHA256,
    };
    let mut bytes = vec![0; KEY.0.public().modulus_len()];
    KEY.0.sign(padding, &SystemRandom::new(), input.as_bytes(), &mut bytes).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// An enrolled phone.
pub struct Phone {
    pub client: Client,
    pub qr: Value,
    pub push_id: String,
}

impl Phone {
    pub async fn enrol(sandbox: &Sandbox, push_id: &str) -> Self {
        let phone = Self {
            client: client(sandbox),
            qr: sandbox.control().enrolment("alice").unwrap(),
            push_id: push_id.to_owned(),
        };
        let response = phone.register(&phone.registration()).await;
        assert_eq!(response.status(), 201);
        phone
    }

    pub fn text(&self, key: &str) -> &str {
        self.qr[key].as_str().unwrap()
    }

    pub fn did(&self) -> &str {
        self.text("did")
    }

    pub fn registration(&self) -> Value {
        json!({
            "deviceId": self.did(),
            "model": "Pixel 8",
            "name": "Alice's phone",
            "pushId": self.push_id,
            "publicKey": public_key(),
            "signature": STANDARD.encode(sign(&format!("{}.{}", self.text("chg"), self.push_id))),
        })
    }

    pub async fn register(&self, body: &Value) -> Response {
        let url = format!("{}{}{}", self.text("hst"), self.text("bp"), self.text("re"));
        post(&self.client, &url, body.to_string()).await
    }

    /// Claims of an answer, as the official SDK sends them.
    pub fn claims(data: &Value, res: &str, mta: &Value) -> Value {
        json!({
            "jti": "x", "iss": "wso2verify", "iat": now(), "nbf": now(), "exp": now() + 900,
            "sid": data["sessionDataKey"], "chg": data["challenge"], "res": res, "mta": mta,
        })
    }

    pub async fn answer(&self, claims: &Value) -> Response {
        self.answer_raw(json!({ "authResponse": token(self.did(), claims) }).to_string()).await
    }

    pub async fn answer_raw(&self, body: String) -> Response {
        post(&self.client, &format!("{}{}", self.text("hst"), self.text("ae")), body).await
    }

    pub async fn remove(&self, claims: &Value) -> Response {
        let url = format!("{}{}/push-auth/devices/{}/remove", self.text("hst"), self.text("bp"), self.did());
        post(&self.client, &url, json!({ "token": token(self.did(), claims) }).to_string()).await
    }
}

/// `mta` as the Open Banking endpoint wants it: a text that holds JSON.
pub fn accounts(ids: &[&str]) -> Value {
    json!(json!({ "approvedAccountIds": ids }).to_string())
}

pub async fn post(client: &Client, url: &str, body: String) -> Response {
    client.post(url).header("content-type", "application/json").body(body).send().await.unwrap()
}

pub async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}
