//! A phone of the is7 profile.

use std::collections::BTreeMap;

use authpush_sandbox::{NewLogin, Sandbox};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::{client, now, post, public_key, sign};

/// A phone that has read a QR code.
pub struct Phone {
    pub client: Client,
    pub qr: Value,
    pub device_token: String,
    pub root: String,
}

impl Phone {
    pub fn reading(sandbox: &Sandbox, username: &str, device_token: &str) -> Self {
        let qr = sandbox.control().enrolment(username).unwrap();
        let part = |prefix: &str, key: &str| qr[key].as_str().map(|value| format!("/{prefix}/{value}"));
        let path = [part("t", "tenantDomain"), part("o", "organizationId")].into_iter().flatten();
        let root = format!("{}{}", qr["host"].as_str().unwrap(), path.collect::<String>());
        Self { client: client(sandbox), root, qr, device_token: device_token.to_owned() }
    }

    pub async fn enrol(sandbox: &Sandbox, username: &str, device_token: &str) -> Self {
        let phone = Self::reading(sandbox, username, device_token);
        let response = phone.register(&phone.registration()).await;
        assert_eq!(response.status(), 201);
        assert!(response.headers().get("location").is_none());
        assert_eq!(response.bytes().await.unwrap().len(), 0);
        phone
    }

    pub fn id(&self) -> &str {
        self.qr["deviceId"].as_str().unwrap()
    }

    pub fn registration(&self) -> Value {
        let signed = format!("{}.{}", self.qr["challenge"].as_str().unwrap(), self.device_token);
        json!({
            "deviceId": self.id(),
            "name": "Alice's phone",
            "model": "Pixel 8",
            "deviceToken": self.device_token,
            "publicKey": public_key(),
            "signature": STANDARD.encode(sign(&signed)),
        })
    }

    pub async fn register(&self, body: &Value) -> Response {
        post(&self.client, &self.api("devices"), body.to_string()).await
    }

    pub fn api(&self, rest: &str) -> String {
        format!("{}/api/users/v1/me/push/{rest}", self.root)
    }

    /// The claims that answer a push.
    pub fn claims(data: &Value, response: &str) -> Value {
        json!({
            "jti": "x", "iat": now(), "exp": now() + 600,
            "pushAuthId": data["pushId"], "challenge": data["challenge"], "response": response,
        })
    }

    pub fn token(&self, claims: &Value) -> String {
        token(&json!({ "alg": "RS256", "typ": "JWT", "deviceId": self.id() }), claims)
    }

    pub async fn answer(&self, claims: &Value) -> Response {
        self.send(&json!({ "authResponse": self.token(claims) }).to_string()).await
    }

    pub async fn send(&self, body: &str) -> Response {
        post(&self.client, &format!("{}/push-auth/authenticate", self.root), body.to_owned()).await
    }

    pub async fn remove(&self, claims: &Value) -> Response {
        let url = self.api(&format!("devices/{}/remove", self.id()));
        post(&self.client, &url, json!({ "token": self.token(claims) }).to_string()).await
    }
}

pub fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(header), part(claims));
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(sign(&input)))
}

/// Every key of the data, with its text.
pub fn texts(data: &Value) -> BTreeMap<String, String> {
    data.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect()
}

/// Status and code of a refusal by a servlet, which forgets the content type.
pub async fn refusal(response: Response) -> (u16, String) {
    let (status, kind) = (response.status().as_u16(), response.headers().get("content-type").cloned());
    let text = response.text().await.unwrap();
    if let Ok(body) = serde_json::from_str::<Value>(&text) {
        assert!(kind.is_none(), "{kind:?}");
        assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
        return (status, body["code"].as_str().unwrap().to_owned());
    }
    assert!(text.starts_with("<!doctype html>"), "{text}");
    (status, "page".to_owned())
}

pub fn login(username: &str) -> NewLogin {
    NewLogin { username: username.to_owned(), ..NewLogin::default() }
}
