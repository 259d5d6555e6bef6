//! The signed request of `/oauth2/ciba`, checked in the server's order: `docs/protocol.md` section 11.9.

use serde_json::Value;

use super::client_auth::{audiences, is_here};
use crate::{http::Reply, jwt::Jwt, model::Client, state::State};

/// What a request asks for, once it was believed.
#[derive(Debug)]
pub(crate) struct CibaAsk {
    pub(crate) login_hint: String,
    pub(crate) scope: String,
    pub(crate) binding_message: Option<String>,
    pub(crate) expires_in: i64,
    pub(crate) consent_id: String,
}

/// Format, client, user hint, claims, signature, then the intent.
pub(crate) fn check(state: &State, client: &Client, text: &str) -> Result<CibaAsk, Reply> {
    let Some(jwt) = Jwt::parse(text).filter(|jwt| jwt.claims.is_some()) else {
        return Err(invalid("Invalid request", "request is no signed JWT with JSON claims"));
    };
    if jwt.alg().starts_with("RS") {
        return Err(invalid(
            "Signature algorithm used is not supported.",
            "RS algorithms are refused: PS256 or ES256",
        ));
    }
    if jwt.text_claim("iss") != Ok(Some(client.client_id.as_str())) {
        return Err(invalid("Invalid issuer in the request", "iss is not the authenticated client's id"));
    }
    let login_hint = user_hint(&jwt)?;
    let claims = claims(state, &jwt)?;
    signature(client, &jwt)?;
    let consent_id = intent(&jwt)?;
    Ok(CibaAsk { login_hint, consent_id, ..claims })
}

fn user_hint(jwt: &Jwt) -> Result<String, Reply> {
    let text = |name: &str| jwt.text_claim(name).ok().flatten().filter(|hint| !hint.trim().is_empty());
    if jwt.claim("login_hint_token").is_some() {
        return Err(invalid("Invalid request", "login_hint_token is not supported"));
    }
    match (text("login_hint"), text("id_token_hint")) {
        (Some(hint), None) => Ok(hint.to_owned()),
        (None, Some(token)) => match Jwt::parse(token).as_ref().map(|token| token.text_claim("sub")) {
            Some(Ok(Some(subject))) => Ok(subject.to_owned()),
            _ => Err(invalid("Invalid id_token_hint.", "id_token_hint holds no subject")),
        },
        (Some(_), Some(_)) => {
            Err(invalid("Invalid request", "login_hint and id_token_hint exclude each other"))
        }
        (None, None) => Err(Reply::oauth_error(400, "unauthorized_user", "Missing user hints.")),
    }
}

fn claims(state: &State, jwt: &Jwt) -> Result<CibaAsk, Reply> {
    let now = state.clock.seconds();
    let time = |name: &str| jwt.time_claim(name).ok().flatten();
    let text = |name: &str| jwt.text_claim(name).ok().flatten().filter(|value| !value.trim().is_empty());

    let audiences = audiences(jwt);
    if !matches!(audiences.as_slice(), [only] if is_here(state, only)) {
        return Err(invalid(
            "Invalid value for 'aud'.",
            "aud must be exactly one: token URL, CIBA URL or issuer",
        ));
    }
    if text("jti").is_none() {
        return Err(invalid(
            "Invalid request: Missing mandatory parameter, 'jti'.",
            "jti is missing or blank",
        ));
    }
    let Some(exp) = time("exp") else {
        return Err(invalid("Missing mandatory parameter, 'exp'.", "exp is missing"));
    };
    if exp < now.saturating_add(SKEW) {
        return Err(invalid("JWT expired.", "exp must be at least 300 s ahead"));
    }
    let Some(iat) = time("iat") else {
        return Err(invalid("Missing mandatory parameter, 'iat'.", "iat is missing"));
    };
    if iat > now {
        return Err(invalid("Invalid value for 'iat'.", "iat lies in the future, and has no skew"));
    }
    let Some(nbf) = time("nbf") else {
        return Err(invalid("Missing mandatory parameter, 'nbf'.", "nbf is missing"));
    };
    if nbf > now.saturating_add(SKEW) {
        return Err(invalid("Invalid value for 'nbf'.", "nbf lies in the future"));
    }
    if now.saturating_sub(nbf) > HOUR {
        return Err(invalid("Invalid value for 'nbf'.", "FAPI: nbf is older than 60 minutes"));
    }
    if exp.saturating_sub(nbf) > HOUR {
        return Err(invalid("Invalid value for 'exp'.", "FAPI: more than 60 minutes between nbf and exp"));
    }
    let Some(scope) = text("scope") else {
        return Err(invalid("Missing mandatory parameter, 'scope'.", "scope is missing or blank"));
    };
    let binding_message = binding_message(state, jwt)?;
    let expires_in = requested_expiry(jwt)?;
    if jwt.claim("acr_values").is_some() && text("acr_values").is_none() {
        return Err(invalid("Invalid value for 'acr_values'.", "acr_values is no text, or blank"));
    }
    if jwt.claim("transaction_context").is_some_and(|context| !context.is_object()) {
        return Err(invalid(
            "Invalid value for 'transaction_context'.",
            "transaction_context is no JSON object",
        ));
    }
    Ok(CibaAsk {
        login_hint: String::new(),
        scope: scope.to_owned(),
        binding_message,
        expires_in,
        consent_id: String::new(),
    })
}

/// Quirk: these lines take letters and digits only, so that a space or a hyphen is refused. Mended: no control
/// characters, no `<` and `>`, as the newest line has it.
fn binding_message(state: &State, jwt: &Jwt) -> Result<Option<String>, Reply> {
    let Some(claim) = jwt.claim("binding_message") else { return Ok(None) };
    let text = claim.as_str().unwrap_or_default();
    let allowed = |c: char| {
        if state.mended() { !c.is_control() && c != '<' && c != '>' } else { c.is_alphanumeric() }
    };
    if text.trim().is_empty() || !text.chars().all(allowed) {
        let why = format!("binding_message {claim} is not made of letters and digits only");
        return Err(Reply::oauth_error(400, "invalid_binding_message", "Invalid binding_message.").why(why));
    }
    Ok(Some(text.to_owned()))
}

/// A number or a numeric text; 3600 unless given, and never more.
fn requested_expiry(jwt: &Jwt) -> Result<i64, Reply> {
    let asked = match jwt.claim("requested_expiry") {
        None | Some(Value::Null) => return Ok(HOUR),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    match asked {
        Some(seconds) if seconds > 0 => Ok(seconds.min(HOUR)),
        _ => Err(invalid("Invalid value for 'requested_expiry'.", "requested_expiry is no positive number")),
    }
}

/// FAPI: PS256 or ES256, by one of the client's registered keys.
fn signature(client: &Client, jwt: &Jwt) -> Result<(), Reply> {
    if !matches!(jwt.alg(), "PS256" | "ES256") {
        let why = format!("FAPI: {} is neither PS256 nor ES256", jwt.alg());
        return Err(Reply::oauth_error(401, "invalid_client", "Invalid signature algorithm.").why(why));
    }
    let keys = client.keys();
    if keys.iter().any(|key| jwt.verifies_with(key) == Some(true)) {
        return Ok(());
    }
    let why = if keys.is_empty() {
        "the client has registered no key that can be read"
    } else {
        "the signature is not that of a registered key (PS256 needs a key of 2048 bits or more)"
    };
    Err(invalid("Signature validation failed.", why))
}

/// The Open Banking extension: which consent this is about.
fn intent(jwt: &Jwt) -> Result<String, Reply> {
    let Some(intent) = jwt.claim("openbanking_intent_id") else {
        return Err(Reply::oauth_error(
            500,
            "server_error",
            "Server error occurred while performing authorization.",
        )
        .why("openbanking_intent_id is missing: null pointer"));
    };
    match intent.get("value").and_then(Value::as_str).filter(|value| !value.trim().is_empty()) {
        Some(value) => Ok(value.to_owned()),
        None => {
            Err(invalid("Request Object does not contain Intent ID", "openbanking_intent_id.value is blank"))
        }
    }
}

fn invalid(description: &str, why: &str) -> Reply {
    Reply::oauth_error(400, "invalid_request", description).why(why)
}

/// The server's own time stamp skew, which the real one applies to `exp` in the wrong direction.
const SKEW: i64 = 300;
const HOUR: i64 = 3600;
