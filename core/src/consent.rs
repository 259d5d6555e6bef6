//! What is being agreed to, typed: read from the metadata of an Open Banking push.
//!
//! Reading never fails. A consent that cannot be understood carries an [`error`](Consent::error) and can only be
//! denied. Nothing that the server sent is dropped: what has no type of its own is still in `sections` or
//! `additional_information`, ready to show.

mod facts;
mod metadata;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(crate) use metadata::first_offered;

/// A consent, every text of it safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Consent {
    /// What kind of agreement it is.
    pub kind: ConsentKind,
    /// The application that asks (the service provider's name at the server).
    pub application: Option<String>,
    /// The message that the other screen shows too: the person compares them. Show it first.
    pub binding_message: Option<String>,
    /// Everything the server wants shown, in its order.
    pub sections: Vec<ConsentSection>,
    /// Permission codes, from the section `Permissions`.
    pub permissions: Vec<String>,
    /// Until when the consent holds, in seconds since 1970; `None` if open-ended or not said.
    pub expires_at: Option<i64>,
    /// From when transactions may be read, in seconds since 1970.
    pub transactions_from: Option<i64>,
    /// Until when transactions may be read, in seconds since 1970.
    pub transactions_to: Option<i64>,
    /// The instructed amount of a payment.
    pub amount: Option<Amount>,
    /// `Domestic Payments` or `International Payments`.
    pub payment_type: Option<String>,
    /// Who pays.
    pub debtor: Option<PaymentParty>,
    /// Who is paid.
    pub creditor: Option<PaymentParty>,
    /// The accounts to choose from.
    pub accounts: Vec<OfferedAccount>,
    /// OpenID scopes that are asked for besides.
    pub scopes: Vec<String>,
    /// Why it cannot be approved, if so.
    pub error: Option<ConsentError>,
    /// The server's own text about an error on its side.
    pub server_message: Option<String>,
    /// Top-level keys that have no place above.
    pub additional_information: Vec<Detail>,
}

/// The kinds of consent that the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum ConsentKind {
    /// Access to accounts.
    Accounts,
    /// One payment.
    Payments,
    /// Confirmation of the availability of funds.
    FundsConfirmation,
    /// Anything else that the server calls a consent.
    Other,
}

/// A titled list of lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ConsentSection {
    /// What the lines are about.
    pub title: String,
    /// One fact each.
    pub lines: Vec<String>,
}

/// An amount of money, as the server wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Amount {
    /// Digits with an optional decimal point.
    pub value: String,
    /// Three-letter code (ISO 4217).
    pub currency: String,
}

/// An account on one side of a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PaymentParty {
    /// What the identification is: an IBAN, a sort code and account number, ...
    pub scheme: Option<String>,
    /// The identification.
    pub identification: Option<String>,
    /// The holder.
    pub name: Option<String>,
    /// A second identification.
    pub secondary_identification: Option<String>,
}

/// An account that the person may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct OfferedAccount {
    /// What goes back to the server.
    pub id: String,
    /// What the person reads.
    pub display_name: String,
}

/// A named text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Detail {
    /// The key.
    pub name: String,
    /// Its value: a text as it is, anything else as JSON.
    pub value: String,
}

/// Why a consent can only be denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum ConsentError {
    /// It is longer than 16 KiB.
    #[error("it is too long to be shown")]
    TooLong,
    /// It is not JSON of the agreed form, or part of it is missing.
    #[error("it cannot be read")]
    Unreadable,
    /// The server reports an error of its own.
    #[error("the server reports an error")]
    ServerError,
    /// It offers no account, or one whose id cannot be shown, or the same one twice.
    #[error("the offered accounts cannot be shown")]
    Accounts,
    /// It is a payment, and how much is paid, and in what, is not clear.
    #[error("how much would be paid is not clear")]
    Amount,
    /// It says one thing twice.
    #[error("it says the same thing twice")]
    Ambiguous,
}

/// The consent in the words of the SDK that this library replaces (`processConsentData`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SdkConsent {
    /// Permission codes.
    pub permissions: Vec<String>,
    /// The accounts to choose from.
    pub accounts: Vec<OfferedAccount>,
    /// Until when it holds.
    pub expiration: Option<SdkExpiration>,
    /// Everything else.
    pub additional_information: Vec<Detail>,
    /// What was chosen (`addApprovedAccountIds`).
    pub approved_account_ids: Vec<String>,
}

/// The SDK's split date, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SdkExpiration {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// `HH:MM:SS`.
    pub time: String,
}

impl Consent {
    /// The SDK's view, with `approved` as what was chosen.
    #[must_use]
    pub fn sdk_view(&self, approved: &[String]) -> SdkConsent {
        let sections =
            self.sections.iter().filter(|section| !facts::IN_SDK_VIEW.contains(&section.title.as_str()));
        let section = |section: &ConsentSection| Detail {
            name: section.title.clone(),
            value: section.lines.join("\n"),
        };
        SdkConsent {
            permissions: self.permissions.clone(),
            accounts: self.accounts.clone(),
            expiration: self.expires_at.and_then(facts::sdk_expiration),
            additional_information: sections
                .map(section)
                .chain(self.additional_information.iter().cloned())
                .collect(),
            approved_account_ids: approved.to_vec(),
        }
    }

    /// A consent of which nothing is known but that it cannot be approved.
    fn unreadable(error: ConsentError) -> Self {
        Self {
            kind: ConsentKind::Other,
            application: None,
            binding_message: None,
            sections: Vec::new(),
            permissions: Vec::new(),
            expires_at: None,
            transactions_from: None,
            transactions_to: None,
            amount: None,
            payment_type: None,
            debtor: None,
            creditor: None,
            accounts: Vec::new(),
            scopes: Vec::new(),
            error: Some(error),
            server_message: None,
            additional_information: Vec::new(),
        }
    }
}
