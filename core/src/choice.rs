//! Which way a person decided.

use serde::{Deserialize, Serialize};

/// Approved or denied; nothing in between, and nothing turns one into the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Choice {
    /// The person agrees.
    Approve,
    /// The person does not.
    Deny,
}
