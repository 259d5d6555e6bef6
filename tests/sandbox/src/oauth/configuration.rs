//! `GET /oauth2/token/.well-known/openid-configuration`: where the third party finds the endpoints.

use serde_json::{Value, json};

use crate::{Profile, http::Reply, state::State};

/// The server's metadata, as far as it exists here.
pub(crate) fn openid_configuration(state: &State) -> Reply {
    let url = &state.config.url;
    let mut metadata = json!({
        "issuer": format!("{url}/oauth2/token"),
        "token_endpoint": format!("{url}/oauth2/token"),
        "backchannel_authentication_endpoint": format!("{url}/oauth2/ciba"),
        "backchannel_token_delivery_modes_supported": ["poll"],
        "backchannel_authentication_request_signing_alg_values_supported": ["PS256", "ES256"],
        "backchannel_user_code_parameter_supported": false,
        "grant_types_supported": ["urn:openid:params:grant-type:ciba", "password", "client_credentials"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    });
    if let (Profile::Is7, Some(fields)) = (state.config.profile, metadata.as_object_mut()) {
        fields.retain(|name, _| !name.starts_with("backchannel_"));
        if let Some(Value::Array(grants)) = fields.get_mut("grant_types_supported") {
            grants.remove(0);
        }
    }
    Reply::json(200, &metadata)
}
