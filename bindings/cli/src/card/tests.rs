//! What must be on a card, and where.

use super::*;
use authpush_core::ConsentError;

use crate::samples::{payment, request, section};

fn plain(request: &AuthRequest) -> String {
    anstream::adapter::strip_str(&card(request)).to_string()
}

#[test]
fn the_message_stands_before_everything_and_warnings_before_facts() {
    let shown = plain(&request(Some(payment())));
    let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("{text} is not in {shown}"));
    assert!(at("AB12") < at("WARNING"));
    assert!(at("mallory") < at("Application"));
    assert!(at("ShopApp") < at("10.00 GBP"));
    assert!(at("Roast Ltd, 08 (UK)") < at("12345  Salary"));
}

#[test]
fn nothing_is_lost_and_nothing_said_twice() {
    let shown = plain(&request(Some(payment())));
    for text in
        ["ORDER-1", "risk", "low", "ABCD - 1234", "2026-01-31 12:46:40 UTC", "2026-01-31 12:00:00 UTC"]
    {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    assert_eq!(shown.matches("10.00").count(), 1, "{shown}");
    assert_eq!(shown.matches("Domestic Payments").count(), 1, "{shown}");
}

#[test]
fn a_section_with_more_than_the_typed_facts_is_shown_whole() {
    let mut consent = payment();
    consent.sections.push(section("Debtor Account", &["Name : Alice", "Branch : 7"]));
    consent.debtor = Some(PaymentParty { name: Some("Alice".to_owned()), ..PaymentParty::default() });
    consent.sections.push(section("Expiration Date Time", &["Open Ended Authorization Requested"]));
    consent.expires_at = None;
    let shown = plain(&request(Some(consent)));
    assert!(shown.contains("Branch : 7") && shown.contains("Open Ended Authorization"), "{shown}");
}

#[test]
fn a_consent_that_cannot_be_read_says_so_and_shows_what_there_is() {
    let mut consent = payment();
    consent.error = Some(ConsentError::Ambiguous);
    consent.sections.push(section("Instructed Amount", &["Amount : 99.00", "Currency : GBP"]));
    let shown = plain(&request(Some(consent)));
    assert!(shown.contains("can only be denied"), "{shown}");
    assert!(shown.contains("Amount : 99.00") && shown.contains("Amount : 10.00"), "{shown}");
}

#[test]
fn permissions_are_said_in_words_beside_their_codes() {
    let mut consent = payment();
    consent.permissions = vec!["ReadBalances".to_owned(), "Bank.Own".to_owned()];
    let shown = plain(&request(Some(consent)));
    assert!(shown.contains("see your balances (ReadBalances)") && shown.contains("Bank.Own"), "{shown}");
}

#[test]
fn a_login_is_a_card_too() {
    let mut login = request(None);
    login.details = Some("from the branch".to_owned());
    let shown = plain(&login);
    assert!(shown.contains("to log you in") && shown.contains("alice (Alice Doe)"), "{shown}");
    assert!(shown.contains("from the branch") && shown.contains("Chrome, 203.0.113.7"), "{shown}");
}
