//! Requests for the tests of what is shown.

use authpush_core::{
    Amount, AuthRequest, Consent, ConsentKind, ConsentSection, Detail, OfferedAccount, PaymentParty, Profile,
    RequestState, RequestWarning,
};

pub(crate) fn section(title: &str, lines: &[&str]) -> ConsentSection {
    ConsentSection { title: title.to_owned(), lines: lines.iter().map(|line| (*line).to_owned()).collect() }
}

pub(crate) fn payment() -> Consent {
    Consent {
        kind: ConsentKind::Payments,
        application: Some("ShopApp".to_owned()),
        binding_message: Some("AB12".to_owned()),
        sections: vec![
            section("Payment Type", &["Domestic Payments"]),
            section("End to End Identification", &["ORDER-1"]),
            section("Instructed Amount", &["Amount : 10.00", "Currency : GBP"]),
            section("Creditor Account", &["Scheme Name : UK", "Identification : 08", "Name : Roast Ltd"]),
        ],
        permissions: Vec::new(),
        expires_at: Some(1_769_860_800),
        transactions_from: None,
        transactions_to: None,
        amount: Some(Amount { value: "10.00".to_owned(), currency: "GBP".to_owned() }),
        payment_type: Some("Domestic Payments".to_owned()),
        debtor: None,
        creditor: Some(PaymentParty {
            scheme: Some("UK".to_owned()),
            identification: Some("08".to_owned()),
            name: Some("Roast Ltd".to_owned()),
            secondary_identification: None,
        }),
        accounts: vec![OfferedAccount { id: "12345".to_owned(), display_name: "Salary".to_owned() }],
        scopes: Vec::new(),
        error: None,
        server_message: None,
        additional_information: vec![Detail { name: "risk".to_owned(), value: "low".to_owned() }],
    }
}

pub(crate) fn request(consent: Option<Consent>) -> AuthRequest {
    AuthRequest {
        id: "r1".to_owned(),
        device_id: "d1".to_owned(),
        profile: Profile::OpenBanking,
        username: "alice".to_owned(),
        display_name: Some("Alice Doe".to_owned()),
        organization: None,
        application_name: Some("Gateway".to_owned()),
        application_url: None,
        browser_name: Some("Chrome".to_owned()),
        os_name: None,
        ip_address: Some("203.0.113.7".to_owned()),
        location: None,
        connection_code: Some("ABCD - 1234".to_owned()),
        number_challenge: false,
        number_tries_left: 0,
        details: None,
        received_at: 1_769_860_000,
        expires_at: 1_769_863_600,
        state: RequestState::Pending,
        consent,
        warnings: vec![RequestWarning::NamesAnotherUser { username: "mallory".to_owned() }],
    }
}
