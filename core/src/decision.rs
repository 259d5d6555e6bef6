//! What the person decided. A decision is only made from a request whose consent was read, and cannot be changed.

use std::sync::Arc;

use crate::choice::Choice;
use crate::consent::{Consent, SdkConsent};
use crate::error::{ApprovalObstacle, AuthenticatorError};
use crate::request::{AuthRequest, RequestState};

/// A request that was read, consent included: the only thing that a decision can be made from.
///
/// Made by [`Authenticator::process_consent_data`](crate::Authenticator::process_consent_data).
#[derive(Debug)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Object))]
pub struct Review {
    request: AuthRequest,
}

/// A decision, ready for [`Authenticator::send_auth_request`](crate::Authenticator::send_auth_request).
#[derive(Debug)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Object))]
pub struct Decision {
    request: AuthRequest,
    choice: Choice,
    account_ids: Vec<String>,
    number: Option<NumberMatched>,
}

/// Proof that the person gave the number of the other screen. Made by its comparison only.
#[derive(Debug)]
pub(crate) struct NumberMatched(());

impl NumberMatched {
    pub(crate) fn after_comparison() -> Self {
        Self(())
    }
}

#[cfg_attr(feature = "uniffi", uniffi::export)]
impl Review {
    /// The request as it stood when it was read.
    #[must_use]
    pub fn request(&self) -> AuthRequest {
        self.request.clone()
    }

    /// What is asked for; `None` for a plain login.
    #[must_use]
    pub fn consent(&self) -> Option<Consent> {
        self.request.consent.clone()
    }

    /// The same in the words of the SDK that this library replaces; nothing chosen yet.
    #[must_use]
    pub fn sdk_consent(&self) -> Option<SdkConsent> {
        self.request.consent.as_ref().map(|consent| consent.sdk_view(&[]))
    }

    /// The approval, with the chosen accounts: for a consent at least one of those offered, each once; for a plain
    /// login none. Where a number is asked for, [`Authenticator::match_number`](crate::Authenticator::match_number)
    /// makes it instead.
    ///
    /// # Errors
    /// [`AuthenticatorError::NotApprovable`]: the request can still be denied.
    pub fn approve(&self, account_ids: Vec<String>) -> Result<Arc<Decision>, AuthenticatorError> {
        // The same approval once more had its number the first time.
        if self.request.number_challenge && self.request.state != RequestState::Approved {
            return Err(ApprovalObstacle::NumberRequired.into());
        }
        self.approval(account_ids, None)
    }

    /// The denial. Always possible, whatever was or was not readable.
    #[must_use]
    pub fn deny(&self) -> Arc<Decision> {
        let (request, choice) = (self.request.clone(), Choice::Deny);
        Arc::new(Decision { request, choice, account_ids: Vec::new(), number: None })
    }
}

impl Review {
    pub(crate) fn new(request: AuthRequest) -> Self {
        Self { request }
    }

    /// The approval with the number that the person gave.
    pub(crate) fn approve_matched(
        &self,
        account_ids: Vec<String>,
        number: NumberMatched,
    ) -> Result<Arc<Decision>, AuthenticatorError> {
        self.approval(account_ids, Some(number))
    }

    fn approval(
        &self,
        account_ids: Vec<String>,
        number: Option<NumberMatched>,
    ) -> Result<Arc<Decision>, AuthenticatorError> {
        check_chosen(self.request.consent.as_ref(), &account_ids)?;
        let (request, choice) = (self.request.clone(), Choice::Approve);
        Ok(Arc::new(Decision { request, choice, account_ids, number }))
    }
}

#[cfg_attr(feature = "uniffi", uniffi::export)]
impl Decision {
    /// The request that is decided.
    #[must_use]
    pub fn request_id(&self) -> String {
        self.request.id.clone()
    }

    /// Which way.
    #[must_use]
    pub fn choice(&self) -> Choice {
        self.choice
    }

    /// The accounts that are agreed to; empty for a denial and for a plain login.
    #[must_use]
    pub fn account_ids(&self) -> Vec<String> {
        self.account_ids.clone()
    }
}

impl Decision {
    /// Whether the number of the other screen was given.
    pub(crate) fn has_number(&self) -> bool {
        self.number.is_some()
    }

    pub(crate) fn request(&self) -> &AuthRequest {
        &self.request
    }
}

fn check_chosen(consent: Option<&Consent>, chosen: &[String]) -> Result<(), ApprovalObstacle> {
    let Some(consent) = consent else {
        return if chosen.is_empty() { Ok(()) } else { Err(ApprovalObstacle::AccountNotOffered) };
    };
    if consent.error.is_some() {
        return Err(ApprovalObstacle::ConsentUnreadable);
    }
    if chosen.is_empty() {
        return Err(ApprovalObstacle::AccountRequired);
    }
    let offered = |id: &String| consent.accounts.iter().any(|account| account.id == *id);
    let mut seen = std::collections::HashSet::new();
    if chosen.iter().all(|id| offered(id) && seen.insert(id)) {
        Ok(())
    } else {
        Err(ApprovalObstacle::AccountNotOffered)
    }
}
