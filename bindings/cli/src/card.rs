//! A request as a person reads it before deciding.
//!
//! The message to be compared comes first, then warnings, then who asks, what for and how much. Nothing that the server
//! sent is left out: a section that the typed facts do not cover whole is shown as it came. Colours only repeat words.

use anstyle::{AnsiColor, Style};
use authpush_core::{
    AuthRequest, Consent, ConsentKind, ConsentSection, PaymentParty, RequestState, RequestWarning,
};

use crate::json::request_state;
use crate::moment::readable;
use crate::permissions;

/// The card of a request.
pub(crate) fn card(request: &AuthRequest) -> String {
    let mut card = Card::default();
    card.head(request);
    for warning in &request.warnings {
        let RequestWarning::NamesAnotherUser { username } = warning;
        card.warn(&format!(
            "the push names another user, \"{username}\"; this account is that of \"{}\"",
            request.username
        ));
    }
    match &request.consent {
        Some(consent) => card.consent(request, consent),
        None => card.login(request),
    }
    card.circumstances(request);
    card.lines.join("\n")
}

/// The lines of a card as they are gathered.
#[derive(Default)]
struct Card {
    lines: Vec<String>,
}

impl Card {
    fn head(&mut self, request: &AuthRequest) {
        let state = match request.state {
            RequestState::Pending => "waits for your decision".to_owned(),
            decided => request_state(decided).to_owned(),
        };
        self.lines.push(format!("{BOLD}Request {}{BOLD:#}  {state}", request.id));
        let message = request.consent.as_ref().and_then(|consent| consent.binding_message.as_ref());
        if let Some(message) = message {
            self.lines.push(format!("  {STRONG} {message} {STRONG:#}  compare with the other screen"));
        }
    }

    fn warn(&mut self, text: &str) {
        self.lines.push(format!("  {ALARM}WARNING{ALARM:#}  {text}"));
    }

    fn fact(&mut self, label: &str, value: &str) {
        // A title of the server's may be longer than the column.
        self.lines.push(format!("  {label:<WIDTH$}  {value}"));
    }

    fn maybe(&mut self, label: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.fact(label, value);
        }
    }

    fn login(&mut self, request: &AuthRequest) {
        self.maybe("Application", request.application_name.as_ref());
        self.fact("For", &whom(request));
        self.fact("Wants", "to log you in");
        self.maybe("Details", request.details.as_ref());
    }

    fn consent(&mut self, request: &AuthRequest, consent: &Consent) {
        if let Some(error) = consent.error {
            self.warn(&format!("{error}: this request can only be denied"));
        }
        self.maybe("The server says", consent.server_message.as_ref());
        self.maybe("Application", consent.application.as_ref().or(request.application_name.as_ref()));
        self.fact("For", &whom(request));
        self.fact("Wants", &wanted(consent));
        if let Some(amount) = &consent.amount {
            let value = format!("{BOLD}{} {}{BOLD:#}", amount.value, amount.currency);
            self.fact("Amount", &value);
        }
        self.maybe("From", consent.debtor.as_ref().map(side).as_ref());
        self.maybe("To", consent.creditor.as_ref().map(side).as_ref());
        self.permissions(consent);
        self.time("Transactions from", consent.transactions_from);
        self.time("Transactions until", consent.transactions_to);
        self.time("Consent holds until", consent.expires_at);
        if !consent.scopes.is_empty() {
            self.fact("Scopes", &consent.scopes.join(", "));
        }
        self.further(consent);
        let account =
            |account: &authpush_core::OfferedAccount| format!("{}  {}", account.id, account.display_name);
        self.list("Accounts to choose", &consent.accounts.iter().map(account).collect::<Vec<_>>());
    }

    /// What has no label of ours stands apart: a title that the server chose must not pass for one.
    fn further(&mut self, consent: &Consent) {
        let sections: Vec<&ConsentSection> =
            consent.sections.iter().filter(|section| !is_covered(consent, section)).collect();
        if sections.is_empty() && consent.additional_information.is_empty() {
            return;
        }
        self.lines.push("  Further, in the server's words:".to_owned());
        for section in sections {
            self.list(&format!("- {}", section.title), &section.lines);
        }
        for detail in &consent.additional_information {
            self.fact(&format!("- {}", detail.name), &detail.value);
        }
    }

    fn permissions(&mut self, consent: &Consent) {
        let in_words = |code: &String| match permissions::in_words(code) {
            Some(words) => format!("{words} ({code})"),
            None => code.clone(),
        };
        self.list("Permissions", &consent.permissions.iter().map(in_words).collect::<Vec<_>>());
    }

    fn circumstances(&mut self, request: &AuthRequest) {
        self.maybe("Connection code", request.connection_code.as_ref());
        if request.number_challenge {
            let tries = request.number_tries_left;
            self.maybe(
                "Number",
                Some(&format!("the other screen shows one; to approve, give it here ({tries} tries)")),
            );
        }
        self.maybe("Address", request.application_url.as_ref());
        let asked_from = [&request.browser_name, &request.os_name, &request.ip_address, &request.location];
        let asked_from: Vec<&str> = asked_from.into_iter().filter_map(|part| part.as_deref()).collect();
        if !asked_from.is_empty() {
            self.fact("Asked from", &asked_from.join(", "));
        }
        self.time("Answer before", Some(request.expires_at));
    }

    fn time(&mut self, label: &str, at: Option<i64>) {
        self.maybe(label, at.map(readable).as_ref());
    }

    /// One line each; the label stands before the first.
    fn list(&mut self, label: &str, items: &[String]) {
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        for (label, item) in labels.zip(items) {
            self.fact(label, item);
        }
    }
}

fn whom(request: &AuthRequest) -> String {
    let more = [&request.display_name, &request.organization];
    let more: Vec<&str> = more.into_iter().filter_map(|part| part.as_deref()).collect();
    if more.is_empty() {
        return request.username.clone();
    }
    format!("{} ({})", request.username, more.join(", "))
}

fn wanted(consent: &Consent) -> String {
    let kind = match consent.kind {
        ConsentKind::Accounts => "access to your accounts",
        ConsentKind::Payments => "a payment",
        ConsentKind::FundsConfirmation => "to ask whether you have enough money",
        ConsentKind::Other => "your consent",
    };
    match &consent.payment_type {
        Some(payment_type) => format!("{kind} ({payment_type})"),
        None => kind.to_owned(),
    }
}

/// One side of a payment.
fn side(party: &PaymentParty) -> String {
    let number = match (&party.scheme, &party.identification) {
        (Some(scheme), Some(number)) => Some(format!("{number} ({scheme})")),
        (None, Some(number)) => Some(number.clone()),
        (Some(scheme), None) => Some(format!("({scheme})")),
        (None, None) => None,
    };
    let known = [party.name.clone(), number, party.secondary_identification.clone()];
    known.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Whether a section is shown whole by the typed facts. In a consent that cannot be approved nothing is taken for granted.
fn is_covered(consent: &Consent, section: &ConsentSection) -> bool {
    let lines = section.lines.len();
    let whole = |party: Option<&PaymentParty>| party.is_some_and(|party| facts_in(party) == lines);
    consent.error.is_none()
        && match section.title.as_str() {
            "Permissions" => consent.permissions == section.lines,
            "Expiration Date Time" => consent.expires_at.is_some(),
            "Transaction From Date Time" => consent.transactions_from.is_some(),
            "Transaction To Date Time" => consent.transactions_to.is_some(),
            "Payment Type" => consent.payment_type.is_some() && lines == 1,
            "Instructed Amount" => consent.amount.is_some() && lines == 2,
            "Debtor Account" => whole(consent.debtor.as_ref()),
            "Creditor Account" => whole(consent.creditor.as_ref()),
            _ => false,
        }
}

fn facts_in(party: &PaymentParty) -> usize {
    let facts = [&party.scheme, &party.identification, &party.name, &party.secondary_identification];
    facts.into_iter().flatten().count()
}

const WIDTH: usize = 20;
const BOLD: Style = Style::new().bold();
const STRONG: Style = Style::new().bold().invert();
const ALARM: Style = AnsiColor::Red.on_default().bold();

#[cfg(test)]
mod tests;
