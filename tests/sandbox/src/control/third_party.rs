//! The built-in third party, acting for whoever drives the control API: it asks by CIBA and polls for the token.
//!
//! It goes through the code of `/oauth2/*` itself and stands in the audit, but no fault hits it: it has no connection.

use std::{collections::BTreeMap, net::Ipv4Addr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{CibaAnswer, CibaReport, CibaStart, Control, ControlError};
use crate::{
    http::Incoming,
    model::LoginStatus,
    routes,
    shop::{Credentials, RequestObject},
    state::State,
};

impl Control {
    /// The built-in client asks for a consent by CIBA, with a signed request, over the same code as `/oauth2/ciba`.
    pub fn ciba(&self, start: CibaStart) -> Result<CibaAnswer, ControlError> {
        self.shared.with(|state| {
            let consent = state.consent(&start.consent_id).cloned();
            let login_hint = match (start.login_hint, &consent) {
                (Some(hint), _) => hint,
                (None, Some(consent)) => format!("{}@{}", consent.user, state.config.tenant),
                (None, None) => return Err(ControlError::UnknownConsent(start.consent_id)),
            };
            let scope = start.scope.unwrap_or_else(|| {
                let kind = consent.as_ref().map_or("accounts", |consent| &consent.consent_type);
                format!("openid {kind}")
            });
            let request = RequestObject {
                audience: format!("{}/oauth2/token", state.config.url),
                consent_id: start.consent_id,
                login_hint,
                scope,
                binding_message: start.binding_message,
                requested_expiry: start.requested_expiry,
            };
            let shop = Credentials::built_in(state.config.shop_key.clone());
            let signed =
                shop.sign_request(&request, state.clock.seconds()).map_err(|_| ControlError::Signing)?;
            Ok(as_the_shop(state, "/oauth2/ciba", &[("request", &signed)]))
        })
    }

    /// The built-in client polls once for the token of a CIBA request, over the same code as `/oauth2/token`.
    #[must_use]
    pub fn poll(&self, auth_req_id: &str) -> CibaAnswer {
        self.shared.with(|state| {
            as_the_shop(state, "/oauth2/token", &[("grant_type", CIBA), ("auth_req_id", auth_req_id)])
        })
    }

    /// Where a CIBA request stands on the server, which may be further than what the third party is told.
    pub fn ciba_report(&self, auth_req_id: &str) -> Result<CibaReport, ControlError> {
        self.shared.with(|state| {
            let unknown = || ControlError::UnknownRequest(auth_req_id.to_owned());
            let request =
                state.ciba.iter().find(|known| known.auth_req_id == auth_req_id).ok_or_else(unknown)?;
            let of_request = |session: &&crate::model::Session| {
                session.consent.as_ref().is_some_and(|consent| consent.auth_req_id == auth_req_id)
            };
            let session = state.sessions.iter().find(of_request).ok_or_else(unknown)?;
            Ok(CibaReport {
                auth_req_id: request.auth_req_id.clone(),
                consent_id: session.consent.as_ref().map(|consent| consent.consent_id.clone()),
                username: request.username.clone(),
                session_data_key: session.key.clone(),
                status: request.status,
                not_pushed: match &session.login {
                    LoginStatus::Failed(why) => Some(why.clone()),
                    _ => None,
                },
                expires_at: request.issued_millis.div_euclid(1000).saturating_add(request.expires_in),
                interval: request.interval,
            })
        })
    }

    /// What a [`crate::shop::Shop`] needs to act as the built-in client.
    #[must_use]
    pub fn shop_credentials(&self) -> Credentials {
        self.shared.with(|state| Credentials::built_in(state.config.shop_key.clone()))
    }
}

/// A form, posted by the built-in client.
fn as_the_shop(state: &mut State, path: &str, fields: &[(&str, &str)]) -> CibaAnswer {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let basic = STANDARD.encode("shop:shop-secret");
    let reply = routes::answer(
        state,
        &Incoming {
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: BTreeMap::from([("authorization".to_owned(), format!("Basic {basic}"))]),
            body: form.into_bytes(),
            peer: Ipv4Addr::LOCALHOST.into(),
        },
    );
    let body = serde_json::from_slice(&reply.body)
        .unwrap_or_else(|_| json!({ "error": "server_error", "error_description": reply.why }));
    CibaAnswer { status: reply.status, body }
}

const CIBA: &str = "urn:openid:params:grant-type:ciba";
