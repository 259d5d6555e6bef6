//! What the push tells about a consent: the lines of `docs/protocol.md` section 11.7, as the retrieval steps write them.
//!
//! `data` is the `Data` object of the consent's receipt, in the names of the UK Open Banking standard. For any type
//! other than the three known ones it may hold `consentData` itself; further keys given under `extra` go to the top.

use serde_json::{Map, Value, json};

use crate::model::{Consent, ConsentStatus};

/// The `metadata` of a push: JSON in one line with `/` written `\/`, as the server's JSON library does.
pub(crate) fn metadata(
    consent: &Consent,
    application: &str,
    binding_message: Option<&str>,
    now_seconds: i64,
) -> String {
    if let Some(raw) = &consent.raw_metadata {
        return raw.clone();
    }
    let mut top = Map::new();
    match sections(consent, now_seconds) {
        Ok(sections) => {
            top.insert("consentData".to_owned(), Value::Array(sections));
            top.insert("accounts".to_owned(), json!(consent.accounts));
        }
        Err(error) => {
            top.insert("isError".to_owned(), json!(error));
        }
    }
    top.insert("type".to_owned(), json!(consent.consent_type));
    top.insert("application".to_owned(), json!(application));
    if let Some(message) = binding_message {
        top.insert("binding_message".to_owned(), json!(message));
    }
    if let Some(Value::Object(extra)) = consent.data.get("extra") {
        top.extend(extra.clone());
    }
    // A slash stands in JSON only inside of strings, where both spellings mean the same.
    Value::Object(top).to_string().replace('/', "\\/")
}

fn sections(consent: &Consent, now_seconds: i64) -> Result<Vec<Value>, String> {
    if consent.status != ConsentStatus::AwaitingAuthorisation {
        return Err("Consent not in authorizable state".to_owned());
    }
    match consent.consent_type.as_str() {
        "accounts" => accounts(&consent.data, now_seconds),
        "payments" => Ok(payments(&consent.data)),
        "fundsconfirmations" => funds_confirmation(&consent.data, now_seconds),
        _ => Ok(consent.data.get("consentData").and_then(Value::as_array).cloned().unwrap_or_default()),
    }
}

fn accounts(data: &Value, now_seconds: i64) -> Result<Vec<Value>, String> {
    let permissions: Vec<&str> = data
        .get("Permissions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut sections = vec![json!({ "title": "Permissions", "data": permissions })];
    if let Some(expiry) = text(data, "ExpirationDateTime") {
        not_past(expiry, now_seconds)?;
        sections.push(section("Expiration Date Time", [expiry.to_owned()]));
    }
    for (key, title) in [
        ("TransactionFromDateTime", "Transaction From Date Time"),
        ("TransactionToDateTime", "Transaction To Date Time"),
    ] {
        if let Some(value) = text(data, key) {
            sections.push(section(title, [value.to_owned()]));
        }
    }
    Ok(sections)
}

fn payments(data: &Value) -> Vec<Value> {
    let empty = json!({});
    let initiation = data.get("Initiation").unwrap_or(&empty);
    let mut sections = Vec::new();
    match text(initiation, "CurrencyOfTransfer") {
        Some(currency) => {
            sections.push(section("Payment Type", ["International Payments".to_owned()]));
            sections.push(section("Currency of Transfer", [currency.to_owned()]));
        }
        None => sections.push(section("Payment Type", ["Domestic Payments".to_owned()])),
    }
    for (key, title) in [
        ("InstructionIdentification", "Instruction Identification"),
        ("EndToEndIdentification", "End to End Identification"),
    ] {
        sections.push(section(title, [text(initiation, key).unwrap_or_default().to_owned()]));
    }
    let amount = initiation.get("InstructedAmount").unwrap_or(&empty);
    let part = |key: &str| text(amount, key).unwrap_or_default().to_owned();
    sections.push(section(
        "Instructed Amount",
        [format!("Amount : {}", part("Amount")), format!("Currency : {}", part("Currency"))],
    ));
    for (key, title) in [("DebtorAccount", "Debtor Account"), ("CreditorAccount", "Creditor Account")] {
        if let Some(account) = initiation.get(key) {
            sections.push(section(title, account_lines(account)));
        }
    }
    sections
}

fn funds_confirmation(data: &Value, now_seconds: i64) -> Result<Vec<Value>, String> {
    let expiry = match text(data, "ExpirationDateTime") {
        Some(expiry) => {
            not_past(expiry, now_seconds)?;
            expiry
        }
        None => "Open Ended Authorization Requested",
    };
    let empty = json!({});
    Ok(vec![
        section("Expiration Date Time", [expiry.to_owned()]),
        section("Debtor Account", account_lines(data.get("DebtorAccount").unwrap_or(&empty))),
    ])
}

fn account_lines(account: &Value) -> Vec<String> {
    [
        ("SchemeName", "Scheme Name"),
        ("Identification", "Identification"),
        ("Name", "Name"),
        ("SecondaryIdentification", "Secondary Identification"),
    ]
    .into_iter()
    .filter_map(|(key, label)| text(account, key).map(|value| format!("{label} : {value}")))
    .collect()
}

fn section(title: &str, lines: impl IntoIterator<Item = String>) -> Value {
    json!({ "title": title, "data": lines.into_iter().collect::<Vec<_>>() })
}

fn text<'a>(data: &'a Value, key: &str) -> Option<&'a str> {
    data.get(key).and_then(Value::as_str)
}

fn not_past(expiry: &str, now_seconds: i64) -> Result<(), String> {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};
    match OffsetDateTime::parse(expiry, &Rfc3339) {
        Ok(moment) if moment.unix_timestamp() <= now_seconds => {
            Err("The Consent has already been expired".to_owned())
        }
        Ok(_) => Ok(()),
        Err(_) => Err("Error occurred while parsing the expiration date time".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OfferedAccount;

    fn consent(consent_type: &str, data: Value) -> Consent {
        Consent {
            consent_id: "c".to_owned(),
            consent_type: consent_type.to_owned(),
            user: "alice".to_owned(),
            status: ConsentStatus::AwaitingAuthorisation,
            data,
            accounts: vec![OfferedAccount {
                account_id: "12345".to_owned(),
                display_name: "Salary Saver Account".to_owned(),
            }],
            raw_metadata: None,
            auth_req_id: None,
            authorisations: Vec::new(),
            created_time: 0,
        }
    }

    #[test]
    fn an_accounts_consent() {
        let consent = consent(
            "accounts",
            json!({
                "Permissions": ["ReadAccountsBasic", "ReadBalances"],
                "ExpirationDateTime": "2027-01-01T00:00:00+00:00",
            }),
        );
        assert_eq!(
            metadata(&consent, "Shop/App", Some("AB12"), 1_700_000_000),
            r#"{"consentData":[{"title":"Permissions","data":["ReadAccountsBasic","ReadBalances"]},{"title":"Expiration Date Time","data":["2027-01-01T00:00:00+00:00"]}],"accounts":[{"account_id":"12345","display_name":"Salary Saver Account"}],"type":"accounts","application":"Shop\/App","binding_message":"AB12"}"#
        );
        assert_eq!(
            metadata(&consent, "ShopApp", None, 1_900_000_000),
            r#"{"isError":"The Consent has already been expired","type":"accounts","application":"ShopApp"}"#
        );
    }

    #[test]
    fn a_payment_consent_in_the_servers_order() {
        let consent = consent(
            "payments",
            json!({ "Initiation": {
                "InstructionIdentification": "ACME412",
                "EndToEndIdentification": "FRESCO.21302.GFX.20",
                "InstructedAmount": { "Amount": "165.88", "Currency": "GBP" },
                "CreditorAccount": { "SchemeName": "OB.SortCodeAccountNumber", "Identification": "0808", "Name": "A : B" },
            } }),
        );
        assert_eq!(
            metadata(&consent, "ShopApp", None, 0),
            r#"{"consentData":[{"title":"Payment Type","data":["Domestic Payments"]},{"title":"Instruction Identification","data":["ACME412"]},{"title":"End to End Identification","data":["FRESCO.21302.GFX.20"]},{"title":"Instructed Amount","data":["Amount : 165.88","Currency : GBP"]},{"title":"Creditor Account","data":["Scheme Name : OB.SortCodeAccountNumber","Identification : 0808","Name : A : B"]}],"accounts":[{"account_id":"12345","display_name":"Salary Saver Account"}],"type":"payments","application":"ShopApp"}"#
        );
    }

    #[test]
    fn a_funds_confirmation_without_an_end() {
        let text = metadata(&consent("fundsconfirmations", json!({})), "ShopApp", None, 0);
        assert!(text.contains("Open Ended Authorization Requested"));
    }
}
