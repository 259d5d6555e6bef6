//! A plausible consent of each type, for whoever does not care about its content.

use serde_json::{Value, json};

use crate::{clock::rfc3339, model::OfferedAccount};

/// The receipt's `Data`; times are relative to the server's now.
pub(crate) fn data(consent_type: &str, now_seconds: i64) -> Value {
    let at = |days: i64| rfc3339(now_seconds.saturating_add(days.saturating_mul(DAY)));
    let creditor = json!({
        "SchemeName": "OB.SortCodeAccountNumber",
        "Identification": "08080021325698",
        "Name": "ACME Inc",
        "SecondaryIdentification": "0002",
    });
    match consent_type {
        "accounts" => json!({
            "Permissions": ["ReadAccountsBasic", "ReadAccountsDetail", "ReadBalances", "ReadTransactionsDetail"],
            "ExpirationDateTime": at(90),
            "TransactionFromDateTime": at(-365),
            "TransactionToDateTime": at(90),
        }),
        "payments" => json!({ "Initiation": {
            "InstructionIdentification": "ACME412",
            "EndToEndIdentification": "FRESCO.21302.GFX.20",
            "InstructedAmount": { "Amount": "165.88", "Currency": "GBP" },
            "CreditorAccount": creditor,
        } }),
        "fundsconfirmations" => json!({
            "ExpirationDateTime": at(90),
            "DebtorAccount": {
                "SchemeName": "OB.IBAN",
                "Identification": "GB76LOYD30949301273801",
                "Name": "Andrea Smith",
            },
        }),
        _ => json!({ "consentData": [{ "title": "Requested Permissions", "data": ["Read your profile"] }] }),
    }
}

/// The two dummies that the stock retrieval step offers.
pub(crate) fn accounts() -> Vec<OfferedAccount> {
    [("12345", "Salary Saver Account"), ("67890", "Max Bonus Account")]
        .into_iter()
        .map(|(id, name)| OfferedAccount { account_id: id.to_owned(), display_name: name.to_owned() })
        .collect()
}

const DAY: i64 = 86_400;
