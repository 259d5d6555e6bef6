//! The permission codes of the UK Open Banking account access consents, in words.
//!
//! From the read/write API specification, "Account and Transaction: Permissions". A code that is not here is shown as it is.

/// What a permission code allows, in words; `None` for a code of another standard.
pub(crate) fn in_words(code: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

const KNOWN: [(&str, &str); 21] = [
    ("ReadAccountsBasic", "see which accounts you have"),
    ("ReadAccountsDetail", "see your account numbers and names"),
    ("ReadBalances", "see your balances"),
    ("ReadBeneficiariesBasic", "see whom you pay"),
    ("ReadBeneficiariesDetail", "see whom you pay, with their account numbers"),
    ("ReadDirectDebits", "see your direct debits"),
    ("ReadOffers", "see offers made to you"),
    ("ReadPAN", "see your card numbers in full"),
    ("ReadParty", "see your name and contact details"),
    ("ReadPartyPSU", "see the name and contact details of whoever logs in"),
    ("ReadProducts", "see which products you have"),
    ("ReadScheduledPaymentsBasic", "see payments planned"),
    ("ReadScheduledPaymentsDetail", "see payments planned, with the payees' account numbers"),
    ("ReadStandingOrdersBasic", "see your standing orders"),
    ("ReadStandingOrdersDetail", "see your standing orders, with the payees' account numbers"),
    ("ReadStatementsBasic", "see your statements, without amounts"),
    ("ReadStatementsDetail", "see your statements in full"),
    ("ReadTransactionsBasic", "see your transactions, without payees"),
    ("ReadTransactionsCredits", "see money coming in"),
    ("ReadTransactionsDebits", "see money going out"),
    ("ReadTransactionsDetail", "see your transactions in full"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_have_words_and_others_none() {
        assert_eq!(in_words("ReadBalances"), Some("see your balances"));
        assert_eq!(in_words("readbalances"), None);
        assert_eq!(in_words("CDR.Everything"), None);
    }
}
