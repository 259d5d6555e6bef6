//! From a decision to the token that proves it: header, claims and times in the words of the account's server.

use serde_json::{Map, Value, json};

use crate::discovery::Discovery;
use crate::jwt::{self, Unsigned};
use crate::profile::{NotBefore, WireToken};

/// A token that only lacks its signature, with where it goes and until when it may be sent.
pub(crate) struct Draft {
    pub(crate) unsigned: Unsigned,
    pub(crate) usable_until: i64,
}

/// Sets the times by the server's clock, and fixes the text that is signed.
pub(crate) fn draft(discovery: &Discovery, token: &WireToken, jti: &str, server_now: i64) -> Draft {
    let times = token.times;
    let expires_at = server_now.saturating_add(times.life);
    let mut claims = Map::new();
    claims.insert("jti".to_owned(), jti.into());
    claims.extend(token.claims.clone());
    claims.insert("iat".to_owned(), server_now.into());
    match times.not_before {
        NotBefore::Stated => claims.insert("nbf".to_owned(), server_now.into()),
    };
    claims.insert("exp".to_owned(), expires_at.into());
    Draft {
        unsigned: Unsigned::new(jwt::header(token.device_parameter, &discovery.device_id), claims),
        usable_until: expires_at.saturating_sub(times.spare),
    }
}

/// The one-line body that carries a signed token.
pub(crate) fn body(token: &WireToken, compact: &str) -> Value {
    json!({ (token.body_key): compact })
}
