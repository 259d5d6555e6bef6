//! The facts in a consent's sections, found by the titles that the server's stock handlers use.
//!
//! Titles are display texts, not promises: a section that is not recognised is still shown. But where a payment is to
//! be approved, its amount must have been understood, and nothing may be said twice.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Amount, Consent, ConsentError, ConsentKind, ConsentSection, PaymentParty, SdkExpiration};

/// Fills the typed fields from the sections.
pub(super) fn read(consent: &mut Consent) {
    let sections = std::mem::take(&mut consent.sections);
    let mut seen = Vec::new();
    for section in &sections {
        let title = section.title.as_str();
        if TYPED.contains(&title) {
            if seen.contains(&title) {
                consent.fail(ConsentError::Ambiguous);
            }
            seen.push(title);
            read_section(consent, section);
        }
    }
    consent.sections = sections;
    if consent.kind == ConsentKind::Payments && consent.amount.is_none() {
        consent.fail(ConsentError::Amount);
    }
}

fn read_section(consent: &mut Consent, section: &ConsentSection) {
    match section.title.as_str() {
        PERMISSIONS => consent.permissions.clone_from(&section.lines),
        EXPIRATION => consent.expires_at = instant(section),
        FROM => consent.transactions_from = instant(section),
        TO => consent.transactions_to = instant(section),
        PAYMENT_TYPE => consent.payment_type = section.lines.first().cloned(),
        AMOUNT => match amount(section) {
            Some(amount) => consent.amount = Some(amount),
            None => consent.fail(ConsentError::Amount),
        },
        DEBTOR => match party(section) {
            Some(party) => consent.debtor = Some(party),
            None => consent.fail(ConsentError::Ambiguous),
        },
        CREDITOR => match party(section) {
            Some(party) => consent.creditor = Some(party),
            None => consent.fail(ConsentError::Ambiguous),
        },
        _ => {}
    }
}

/// One ISO 8601 instant; anything else (such as an open-ended authorisation) stays text in its section.
fn instant(section: &ConsentSection) -> Option<i64> {
    let [line] = section.lines.as_slice() else { return None };
    OffsetDateTime::parse(line, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

fn amount(section: &ConsentSection) -> Option<Amount> {
    let value = once(section, "Amount")??;
    let currency = once(section, "Currency")??;
    let (whole, fraction) = value.split_once('.').unwrap_or((&value, "0"));
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let money = digits(whole, 13) && digits(fraction, 5);
    let code = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
    (money && code).then_some(Amount { value, currency })
}

/// `None` when a line is there twice.
fn party(section: &ConsentSection) -> Option<PaymentParty> {
    Some(PaymentParty {
        scheme: once(section, "Scheme Name")?,
        identification: once(section, "Identification")?,
        name: once(section, "Name")?,
        secondary_identification: once(section, "Secondary Identification")?,
    })
}

/// The value of the line `name : value`: inner `None` when there is no such line, outer when there is more than one.
/// Values may hold the separator themselves.
#[expect(clippy::option_option, reason = "absent and ambiguous are different answers, private to this file")]
fn once(section: &ConsentSection, name: &str) -> Option<Option<String>> {
    let mut values = section.lines.iter().filter_map(|line| {
        let (key, value) = line.split_once(" : ")?;
        (key == name).then(|| value.to_owned())
    });
    let first = values.next();
    if values.next().is_some() { None } else { Some(first) }
}

pub(super) fn sdk_expiration(at: i64) -> Option<SdkExpiration> {
    let at = OffsetDateTime::from_unix_timestamp(at).ok()?;
    let text = at.format(&Rfc3339).ok()?;
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    Some(SdkExpiration { date: date.to_owned(), time: time.to_owned() })
}

const PERMISSIONS: &str = "Permissions";
const EXPIRATION: &str = "Expiration Date Time";
const FROM: &str = "Transaction From Date Time";
const TO: &str = "Transaction To Date Time";
const PAYMENT_TYPE: &str = "Payment Type";
const AMOUNT: &str = "Instructed Amount";
const DEBTOR: &str = "Debtor Account";
const CREDITOR: &str = "Creditor Account";
const TYPED: [&str; 8] = [PERMISSIONS, EXPIRATION, FROM, TO, PAYMENT_TYPE, AMOUNT, DEBTOR, CREDITOR];

/// What the SDK's view has a field of its own for.
pub(super) const IN_SDK_VIEW: [&str; 2] = [PERMISSIONS, EXPIRATION];
