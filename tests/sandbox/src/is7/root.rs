//! The part of a path in front of everything: which tenant or organisation is meant.

use crate::{
    model::User,
    state::{SUPER_TENANT, State},
};

/// Where users live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Root {
    /// `/t/{tenant}`, or nothing at all for the super tenant.
    Tenant(String),
    /// `/o/{organization}`
    Organization(String),
    /// `/t/{tenant}/o/{organization}`
    Combined(String, String),
}

impl Root {
    /// Takes the root off the segments of a path.
    pub(crate) fn split<'a>(segments: &'a [&'a str]) -> (Self, &'a [&'a str]) {
        match segments {
            ["t", tenant, "o", organization, rest @ ..] => {
                (Self::Combined((*tenant).to_owned(), (*organization).to_owned()), rest)
            }
            ["t", tenant, rest @ ..] => (Self::Tenant((*tenant).to_owned()), rest),
            ["o", organization, rest @ ..] => (Self::Organization((*organization).to_owned()), rest),
            rest => (Self::Tenant(SUPER_TENANT.to_owned()), rest),
        }
    }

    /// The root of a user.
    pub(crate) fn of(user: &User, tenant: &str) -> Self {
        match &user.organization {
            None => Self::Tenant(tenant.to_owned()),
            Some(organization) if organization.combined => {
                Self::Combined(tenant.to_owned(), organization.id.clone())
            }
            Some(organization) => Self::Organization(organization.id.clone()),
        }
    }

    /// Why there is no such tenant or organisation, if there is none.
    pub(crate) fn missing(&self, state: &State) -> Option<&'static str> {
        let tenant_exists = |tenant: &str| tenant == state.config.tenant || tenant == SUPER_TENANT;
        let organization_exists =
            |id: &str| state.users.iter().any(|user| user.organization.as_ref().is_some_and(|o| o.id == id));
        match self {
            Self::Tenant(tenant) if tenant_exists(tenant) => None,
            Self::Organization(id) if organization_exists(id) => None,
            Self::Combined(tenant, id) if tenant_exists(tenant) && organization_exists(id) => None,
            Self::Tenant(_) => Some("no such tenant"),
            Self::Organization(_) | Self::Combined(..) => Some("no such organisation, or no such tenant"),
        }
    }

    /// Whether the user of this name lives here.
    pub(crate) fn holds(&self, state: &State, username: &str) -> bool {
        state.user(username).is_some_and(|user| Self::of(user, &state.config.tenant) == *self)
    }

    /// The root as a path: the `relativePath` of a push.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Tenant(tenant) => format!("/t/{tenant}"),
            Self::Organization(id) => format!("/o/{id}"),
            Self::Combined(tenant, id) => format!("/t/{tenant}/o/{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_taken_off_and_put_back() {
        for (path, root, rest) in [
            (&["push-auth", "authenticate"][..], "/t/carbon.super", 2),
            (&["t", "acme", "push-auth"], "/t/acme", 1),
            (&["o", "1f2e", "push-auth"], "/o/1f2e", 1),
            (&["t", "acme", "o", "1f2e", "push-auth"], "/t/acme/o/1f2e", 1),
            (&["t"], "/t/carbon.super", 1),
        ] {
            let (found, left) = Root::split(path);
            assert_eq!((found.path().as_str(), left.len()), (root, rest), "{path:?}");
        }
    }
}
