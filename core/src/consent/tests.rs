//! The consents of the stock server, and what a stranger may make of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::push::PushMetadata;

fn read(metadata: &Value) -> Consent {
    Consent::read(&PushMetadata::Text(metadata.to_string())).unwrap()
}

fn section(title: &str, lines: &[&str]) -> Value {
    json!({"title": title, "data": lines})
}

fn payment() -> Value {
    json!({
        "consentData": [
            section("Payment Type", &["International Payments"]),
            section("Currency of Transfer", &["USD"]),
            section("Instruction Identification", &["ACME412"]),
            section("End to End Identification", &["FRESCO.21302.GFX.20"]),
            section("Instructed Amount", &["Amount : 165.88", "Currency : GBP"]),
            section("Debtor Account", &["Scheme Name : UK.OBIE.IBAN", "Identification : GB29"]),
            section("Creditor Account", &["Scheme Name : UK.OBIE.SortCodeAccountNumber", "Identification : 0808",
                "Name : ACME : Inc", "Secondary Identification : 0002"]),
        ],
        "accounts": [{"account_id": "12345", "display_name": "Salary Saver Account"}],
        "type": "payments", "application": "ShopApp", "binding_message": "AB12", "loyalty": {"points": 7},
    })
}

fn accounts() -> Value {
    json!({
        "consentData": [
            section("Permissions", &["ReadAccountsBasic", "ReadBalances"]),
            section("Expiration Date Time", &["2027-01-01T00:00:00+00:00"]),
            section("Transaction From Date Time", &["2026-01-01T02:00:00+02:00"]),
            section("Transaction To Date Time", &["some day"]),
        ],
        "accounts": [{"account_id": "1", "display_name": "A"}, {"account_id": "2"}],
        "type": "accounts", "application": "ShopApp",
    })
}

#[test]
fn a_payment_is_typed_and_nothing_is_dropped() {
    let consent = read(&payment());
    assert_eq!((consent.kind, consent.error), (ConsentKind::Payments, None));
    assert_eq!(consent.amount, Some(Amount { value: "165.88".to_owned(), currency: "GBP".to_owned() }));
    assert_eq!(consent.payment_type.as_deref(), Some("International Payments"));
    let creditor = consent.creditor.unwrap();
    assert_eq!(creditor.name.as_deref(), Some("ACME : Inc"));
    assert_eq!(creditor.secondary_identification.as_deref(), Some("0002"));
    assert_eq!(consent.debtor.unwrap().name, None);
    assert_eq!(consent.sections.len(), 7);
    let extra = Detail { name: "loyalty".to_owned(), value: r#"{"points":7}"#.to_owned() };
    assert_eq!(consent.additional_information, [extra]);
}

#[test]
fn account_access_is_typed_and_an_unreadable_date_stays_text() {
    let consent = read(&accounts());
    assert_eq!((consent.kind, consent.error), (ConsentKind::Accounts, None));
    assert_eq!(consent.permissions, ["ReadAccountsBasic", "ReadBalances"]);
    assert_eq!((consent.expires_at, consent.transactions_from), (Some(1_798_761_600), Some(1_767_225_600)));
    assert_eq!(consent.transactions_to, None);
    assert_eq!(consent.sections[3].lines, ["some day"]);
    assert_eq!(consent.accounts[1].display_name, "2");
}

#[test]
fn funds_confirmation_and_other_kinds_are_read_too() {
    let mut funds = accounts();
    funds["type"] = "fundsconfirmations".into();
    funds["consentData"] = json!([
        section("Expiration Date Time", &["Open Ended Authorization Requested"]),
        section("Debtor Account", &["Name : Alice"]),
    ]);
    let consent = read(&funds);
    assert_eq!(
        (consent.kind, consent.error, consent.expires_at),
        (ConsentKind::FundsConfirmation, None, None)
    );
    assert_eq!(consent.debtor.unwrap().name.as_deref(), Some("Alice"));
    let mut scopes = accounts();
    scopes["type"] = "default".into();
    scopes.as_object_mut().unwrap().remove("consentData");
    scopes["openid_scopes"] = json!(["consents:read_self"]);
    for nothing in [json!([]), Value::Null] {
        let mut said = scopes.clone();
        said["consentData"] = nothing;
        assert_eq!(read(&said).error, None, "{said}");
        said["openid_scopes"] = Value::Null;
        assert_eq!(read(&said).error, Some(ConsentError::Unreadable), "{said}");
    }
    let consent = read(&scopes);
    assert_eq!((consent.kind, consent.error), (ConsentKind::Other, None));
    assert_eq!(consent.scopes, ["consents:read_self"]);
}

#[test]
fn the_sdks_view_can_be_had() {
    let view = read(&accounts()).sdk_view(&["2".to_owned()]);
    let expiration = SdkExpiration { date: "2027-01-01".to_owned(), time: "00:00:00".to_owned() };
    assert_eq!(view.expiration, Some(expiration));
    assert_eq!(view.permissions.len(), 2);
    assert_eq!(view.approved_account_ids, ["2"]);
    let names: Vec<_> = view.additional_information.iter().map(|detail| detail.name.as_str()).collect();
    assert_eq!(names, ["Transaction From Date Time", "Transaction To Date Time"]);
}

#[test]
fn what_is_truncated_or_absurd_can_only_be_denied() {
    let broken = |change: fn(&mut Value)| {
        let mut metadata = payment();
        change(&mut metadata);
        read(&metadata).error
    };
    for (change, error) in [
        ((|m| m["isError"] = "expired".into()) as fn(&mut Value), ConsentError::ServerError),
        (|m| m["isError"] = json!({}), ConsentError::ServerError),
        (|m| m["type"] = Value::Null, ConsentError::Unreadable),
        (|m| m["type"] = json!(7), ConsentError::Unreadable),
        (|m| m["application"] = json!([]), ConsentError::Unreadable),
        (|m| m["binding_message"] = json!(12), ConsentError::Unreadable),
        (|m| m["consentData"] = Value::Null, ConsentError::Unreadable),
        (|m| m["consentData"] = json!([]), ConsentError::Unreadable),
        (|m| m["consentData"] = json!({}), ConsentError::Unreadable),
        (|m| m["consentData"][0] = json!({"title": "x"}), ConsentError::Unreadable),
        (|m| m["consentData"][0]["data"] = json!([7]), ConsentError::Unreadable),
        (|m| m["openid_scopes"] = json!({"a": 1}), ConsentError::Unreadable),
        (|m| m["accounts"] = json!([]), ConsentError::Accounts),
        (|m| m["accounts"] = json!("x"), ConsentError::Accounts),
        (|m| m["accounts"] = json!([{"account_id": 7}]), ConsentError::Accounts),
        (|m| m["accounts"] = json!([{"account_id": ""}]), ConsentError::Accounts),
        (|m| m["accounts"] = json!([{"account_id": "1"}, {"account_id": "1"}]), ConsentError::Accounts),
        (|m| m["accounts"] = json!([{"account_id": "1\u{202e}"}]), ConsentError::Accounts),
        (|m| m["accounts"] = json!([{"account_id": "1", "display_name": 7}]), ConsentError::Accounts),
        (|m| m["consentData"][4]["title"] = "Amount".into(), ConsentError::Amount),
        (|m| m["consentData"][4]["data"] = json!(["Amount : 1"]), ConsentError::Amount),
        (|m| m["consentData"][4]["data"] = json!(["Amount : -1", "Currency : GBP"]), ConsentError::Amount),
        (|m| m["consentData"][4]["data"] = json!(["Amount : 1e9", "Currency : GBP"]), ConsentError::Amount),
        (|m| m["consentData"][4]["data"] = json!(["Amount : 1.", "Currency : GBP"]), ConsentError::Amount),
        (|m| m["consentData"][4]["data"] = json!(["Amount : 1", "Currency : pounds"]), ConsentError::Amount),
        (
            |m| m["consentData"][4]["data"] = json!(["Amount : 1", "Amount : 100", "Currency : GBP"]),
            ConsentError::Amount,
        ),
        (|m| m["consentData"][5]["title"] = "Creditor Account".into(), ConsentError::Ambiguous),
        (|m| m["consentData"][6]["data"] = json!(["Name : A", "Name : B"]), ConsentError::Ambiguous),
    ] {
        assert_eq!(broken(change), Some(error));
    }
    for text in ["", "null", "7", "[]", "{", &payment().to_string()[..200]] {
        let consent = Consent::read(&PushMetadata::Text(text.to_owned())).unwrap();
        assert_eq!(consent.error, Some(ConsentError::Unreadable), "{text}");
    }
    assert_eq!(Consent::read(&PushMetadata::None), None);
}

/// Any JSON, with the names that matter more likely than others.
fn json_value() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "consentData",
            "accounts",
            "type",
            "application",
            "account_id",
            "display_name",
            "title",
            "data",
            "isError",
            "openid_scopes",
            "binding_message",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop_oneof![
            "[\\s\\S]{0,12}",
            Just("payments".to_owned()),
            Just("Instructed Amount".to_owned()),
            Just("Amount : 1".to_owned()),
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_can_be_approved_offers_plain_accounts_once_each(metadata in json_value()) {
        let consent = read(&metadata);
        if consent.error.is_none() {
            prop_assert!(!consent.accounts.is_empty());
            for (n, account) in consent.accounts.iter().enumerate() {
                prop_assert!(crate::text::is_plain(&account.id) && !account.id.is_empty());
                prop_assert!(!consent.accounts[..n].iter().any(|other| other.id == account.id));
            }
            prop_assert!(consent.kind != ConsentKind::Payments || consent.amount.is_some());
        }
        for section in &consent.sections {
            prop_assert!(crate::text::is_plain(&section.title));
            prop_assert!(section.lines.iter().all(|line| crate::text::is_plain(line)));
        }
    }

    #[test]
    fn any_text_is_a_consent_of_some_kind(text in "[\\s\\S]{0,200}") {
        let consent = Consent::read(&PushMetadata::Text(text)).unwrap();
        prop_assert!(!first_offered(&consent).is_empty());
    }
}
