//! The messages to the push service, in the shape of FCM HTTP v1: all data is text, and what is unknown is left out.

use serde_json::{Map, Value, json};

use super::{login::Login, root::Root, settings::Is7Settings};
use crate::model::{Device, User};

/// Who is addressed, and what the server was set to tell.
pub(crate) struct Addressee<'a> {
    pub(crate) user: &'a User,
    pub(crate) tenant: &'a str,
    pub(crate) settings: &'a Is7Settings,
}

impl Addressee<'_> {
    /// The push that asks for a login's approval.
    pub(crate) fn authentication(&self, device: &Device, login: &Login) -> Value {
        let organization = self.user.organization.as_ref();
        let place = organization.map_or(self.tenant, |organization| organization.name.as_str());
        let body = format!("{} from {place} is trying to login", self.user.username);
        let data = self.data(&[
            ("applicationName", Some(&login.application)),
            ("notificationScenario", Some("AUTHENTICATION")),
            ("pushId", Some(&login.push_auth_id)),
            ("challenge", Some(&login.challenge)),
            ("numberChallenge", login.number.as_deref()),
            ("ipAddress", Some(&login.ip_address)),
            ("deviceOS", Some("Windows")),
            ("browser", Some("Chrome")),
            ("deviceId", Some(&device.device_id)),
        ]);
        message(device, "Authentication Request", &body, data)
    }

    /// A push that asks for nothing: no `pushId`, no challenge. `deviceId` is the device that is told.
    pub(crate) fn informational(&self, device: &Device, scenario: &str, ip_address: &str) -> Value {
        let data = self.data(&[
            ("notificationScenario", Some(scenario)),
            ("ipAddress", Some(ip_address)),
            ("deviceId", Some(&device.device_id)),
        ]);
        let body = format!("A new device was registered for {}", self.user.username);
        message(device, "New Device Registered", &body, data)
    }

    /// The keys that every push has, and those of `more` that have a value.
    fn data(&self, more: &[(&str, Option<&str>)]) -> Map<String, Value> {
        let root = Root::of(self.user, self.tenant);
        let path = root.path();
        let organization = self.user.organization.as_ref();
        // Beside an organisation the tenant stands only where the paths name it, too.
        let names_tenant = organization.is_none_or(|organization| organization.combined);
        [
            ("relativePath", self.settings.relative_path.then_some(path.as_str())),
            ("username", Some(self.user.username.as_str())),
            ("organizationId", organization.map(|organization| organization.id.as_str())),
            ("organizationName", organization.map(|organization| organization.name.as_str())),
            ("tenantDomain", names_tenant.then_some(self.tenant)),
            ("userStoreDomain", Some(self.user.user_store_domain.as_deref().unwrap_or("PRIMARY"))),
        ]
        .iter()
        .chain(more)
        .filter_map(|(key, value)| Some(((*key).to_owned(), json!((*value)?))))
        .collect()
    }
}

fn message(device: &Device, title: &str, body: &str, data: Map<String, Value>) -> Value {
    json!({ "message": {
        "token": device.push_id,
        "notification": { "title": title, "body": body },
        "data": data,
    } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Organization;

    fn user(organization: Option<Organization>) -> User {
        User {
            username: "bob".to_owned(),
            password: String::new(),
            first_name: None,
            last_name: None,
            organization,
            user_store_domain: None,
        }
    }

    fn data(user: &User, settings: &Is7Settings) -> Value {
        Addressee { user, tenant: "acme", settings }
            .data(&[("deviceId", Some("d")), ("browser", None)])
            .into()
    }

    #[test]
    fn the_address_follows_where_the_user_lives() {
        let settings = Is7Settings::default();
        assert_eq!(
            data(&user(None), &settings),
            json!({ "relativePath": "/t/acme", "username": "bob", "tenantDomain": "acme",
                    "userStoreDomain": "PRIMARY", "deviceId": "d" })
        );
        let mut organization =
            Organization { id: "1f2e".to_owned(), name: "Sales".to_owned(), combined: false };
        let plain = data(&user(Some(organization.clone())), &settings);
        assert_eq!(
            (&plain["relativePath"], &plain["organizationName"]),
            (&json!("/o/1f2e"), &json!("Sales"))
        );
        assert!(plain.get("tenantDomain").is_none());
        organization.combined = true;
        let both = data(&user(Some(organization)), &settings);
        assert_eq!(
            (&both["relativePath"], &both["tenantDomain"]),
            (&json!("/t/acme/o/1f2e"), &json!("acme"))
        );
        let older = Is7Settings { relative_path: false, ..settings };
        assert!(data(&user(None), &older).get("relativePath").is_none());
    }
}
