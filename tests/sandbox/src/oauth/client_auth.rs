//! Who is the third party: `client_secret_basic`, `client_secret_post`, or `private_key_jwt`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    http::{Incoming, Reply},
    jwt::Jwt,
    model::Client,
    state::State,
};

/// The client that makes this request, or the 401 that it gets.
pub(crate) fn authenticated(
    state: &State,
    request: &Incoming,
    form: &BTreeMap<String, String>,
) -> Result<Client, Reply> {
    let found = if form.contains_key("client_assertion") {
        by_assertion(state, form)
    } else if let Some((id, secret)) = request.basic() {
        by_secret(state, &decoded(&id), &decoded(&secret))
    } else if let (Some(id), Some(secret)) = (form.get("client_id"), form.get("client_secret")) {
        by_secret(state, id, secret)
    } else {
        Err("no client credentials")
    };
    found.cloned().map_err(|why| {
        Reply::oauth_error(401, "invalid_client", "Client Authentication failed.")
            .header("www-authenticate", "Basic realm=\"sandbox\"")
            .why(why)
    })
}

fn by_secret<'a>(state: &'a State, id: &str, secret: &str) -> Result<&'a Client, &'static str> {
    let client = state.client(id).ok_or("unknown client")?;
    match &client.client_secret {
        Some(known) if known == secret => Ok(client),
        Some(_) => Err("wrong client secret"),
        None => Err("this client has no secret; it must use private_key_jwt"),
    }
}

fn by_assertion<'a>(state: &'a State, form: &BTreeMap<String, String>) -> Result<&'a Client, &'static str> {
    if form.get("client_assertion_type").map(String::as_str) != Some(ASSERTION) {
        return Err("client_assertion_type is not jwt-bearer");
    }
    let jwt =
        form.get("client_assertion").and_then(|text| Jwt::parse(text)).ok_or("client_assertion is no JWT")?;
    let issuer = jwt.text_claim("iss").ok().flatten().ok_or("iss is missing")?;
    if jwt.text_claim("sub") != Ok(Some(issuer)) {
        return Err("sub is not iss");
    }
    let client = state.client(issuer).ok_or("unknown client")?;
    if !client.keys().iter().any(|key| jwt.verifies_with(key) == Some(true)) {
        return Err("the signature of the assertion is not that of a registered key");
    }
    if !audiences(&jwt).iter().any(|audience| is_here(state, audience)) {
        return Err("aud names neither the token endpoint, nor the CIBA endpoint, nor the issuer");
    }
    if jwt.text_claim("jti").ok().flatten().is_none_or(|jti| jti.trim().is_empty()) {
        return Err("jti is missing");
    }
    match jwt.time_claim("exp") {
        Ok(Some(exp)) if exp >= state.clock.seconds() => Ok(client),
        _ => Err("exp is missing or past"),
    }
}

/// The values of `aud`, one or many.
pub(crate) fn audiences(jwt: &Jwt) -> Vec<String> {
    match jwt.claim("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Whether an audience names this server. Its issuer is the URL of its token endpoint.
pub(crate) fn is_here(state: &State, audience: &str) -> bool {
    audience
        .strip_prefix(state.config.url.as_str())
        .is_some_and(|path| matches!(path, "" | "/oauth2/token" | "/oauth2/ciba"))
}

/// Id and secret are form-encoded inside of Basic.
fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("v={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
