//! From a decision to the token that proves it: header, claims and times in the words of the account's server.

use serde_json::{Map, Value, json};

use crate::discovery::Discovery;
use crate::jwt::{self, Unsigned};
use crate::wire::{NotBefore, WireToken};

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
    if times.not_before == NotBefore::Stated {
        claims.insert("nbf".to_owned(), server_now.into());
    }
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

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::*;
    use crate::choice::Choice;
    use crate::profile::{self, wire};
    use crate::registration;
    use crate::wire::{AnswerFacts, Subject};

    const NOW: i64 = 1_700_000_000;
    const JTI: &str = "00000000-0000-4000-8000-000000000000";

    fn sign(input: &[u8]) -> Vec<u8> {
        let pem = include_bytes!("../../tests/fixtures/vectors/key.pem");
        let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(pem).unwrap();
        let key = RsaKeyPair::from_pkcs8(pkcs8.secret_pkcs8_der()).unwrap();
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut signature).unwrap();
        signature
    }

    fn discovery(answer_path: &str) -> Discovery {
        let qr = json!({"did": "d-1", "un": "alice", "td": "carbon.super", "hst": "https://is.bank.example:9446",
            "bp": "/t/carbon.super/api/users/v1/me", "ae": answer_path, "chg": "c-1"});
        profile::discover(&qr.to_string()).unwrap()
    }

    fn compact(discovery: &Discovery, token: &WireToken) -> String {
        let draft = draft(discovery, token, JTI, NOW);
        let signature = sign(&draft.unsigned.signing_input());
        draft.unsigned.signed(&signature)
    }

    fn answer(answer_path: &str, choice: Choice, subject: Subject<'_>) -> String {
        let discovery = discovery(answer_path);
        let facts = AnswerFacts {
            session_key: "s-1",
            challenge: "c-2",
            choice,
            subject,
            number: None,
            relative_path: None,
        };
        compact(&discovery, &wire(discovery.profile).answer(&discovery, &facts))
    }

    /// RSASSA-PKCS1-v1_5 is deterministic, so every byte that is sent for a given decision can be frozen.
    #[test]
    fn every_signed_byte_is_frozen() {
        let ids = ["12345".to_owned(), "67890".to_owned()];
        let none = ["none".to_owned()];
        let (classic, ciba) = ("/push-auth/authenticate", "/api/openbanking/ciba/push-auth/authenticate");
        let removal = discovery(ciba);
        let removal = compact(&removal, &wire(removal.profile).removal(&removal).unwrap());
        for (name, made, frozen) in [
            (
                "classic approval",
                answer(classic, Choice::Approve, Subject::Login { echo: None }),
                include_str!("../../tests/fixtures/vectors/classic-approval.jwt"),
            ),
            (
                "classic denial with metadata",
                answer(classic, Choice::Deny, Subject::Login { echo: Some("order 7") }),
                include_str!("../../tests/fixtures/vectors/classic-denial.jwt"),
            ),
            (
                "open-banking approval",
                answer(ciba, Choice::Approve, Subject::Consent { account_ids: &ids }),
                include_str!("../../tests/fixtures/vectors/open-banking-approval.jwt"),
            ),
            (
                "open-banking denial",
                answer(ciba, Choice::Deny, Subject::Consent { account_ids: &none }),
                include_str!("../../tests/fixtures/vectors/open-banking-denial.jwt"),
            ),
            (
                "open-banking login",
                answer(ciba, Choice::Approve, Subject::Login { echo: None }),
                include_str!("../../tests/fixtures/vectors/open-banking-login.jwt"),
            ),
            ("removal", removal, include_str!("../../tests/fixtures/vectors/removal.jwt")),
        ] {
            assert_eq!(made, frozen.trim_end(), "{name}");
        }
    }

    #[test]
    fn every_signed_byte_for_the_later_servers_is_frozen() {
        let qr = json!({"deviceId": "d-1", "username": "alice", "host": "https://is.bank.example", "challenge": "c-1",
            "tenantDomain": "acme"});
        let discovery = profile::discover(&qr.to_string()).unwrap();
        let wire = wire(discovery.profile);
        let answer = |choice| {
            let facts = AnswerFacts {
                session_key: "s-1",
                challenge: "c-2",
                choice,
                subject: Subject::Login { echo: None },
                number: Some("7"),
                relative_path: Some("/t/acme"),
            };
            compact(&discovery, &wire.answer(&discovery, &facts))
        };
        let removal = compact(&discovery, &wire.removal(&discovery).unwrap());
        for (made, frozen) in [
            (answer(Choice::Approve), include_str!("../../tests/fixtures/vectors/is7-approval.jwt")),
            (answer(Choice::Deny), include_str!("../../tests/fixtures/vectors/is7-denial.jwt")),
            (removal, include_str!("../../tests/fixtures/vectors/is7-removal.jwt")),
        ] {
            assert_eq!(made, frozen.trim_end());
        }
    }

    #[test]
    fn the_registrations_signature_is_frozen() {
        use base64::Engine as _;
        let signature = sign(&registration::signing_input("c-1", "push-token"));
        let frozen = include_str!("../../tests/fixtures/vectors/registration.sig");
        assert_eq!(base64::prelude::BASE64_STANDARD.encode(signature), frozen.trim_end());
    }
}
