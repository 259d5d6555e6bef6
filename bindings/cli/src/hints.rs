//! What to do next, for each code that leaves something to be done.

/// Advice for a failure, by its code.
pub(crate) fn hint(code: &str) -> Option<&'static str> {
    HINTS.iter().find(|(known, _)| *known == code).map(|(_, advice)| *advice)
}

const HINTS: &[(&str, &str)] = &[
    (
        "invalid_qr",
        "give the QR code's JSON, @FILE, - or a PNG or JPEG picture; `authpush qr decode IMAGE` shows what a picture says",
    ),
    ("unsupported_qr", "this QR code is for another kind of server than classic, open-banking and is7"),
    ("invalid_push", "give the push message as JSON: {\"data\":{...}}, its flat data, or an iOS userInfo"),
    ("unsupported_push", "this push is for another kind of server than its account's"),
    ("invalid_argument", "`authpush COMMAND --help` says what each argument takes"),
    ("insecure_url", "for a server on this machine only: --insecure-loopback"),
    ("host_not_allowed", "this host is not among those given with --allow-host"),
    ("certificate_unknown", "give the server's certificate, or that of its authority, with --ca-cert FILE"),
    ("certificate_wrong_name", "use the host name that the certificate was made for"),
    ("certificate_expired", "check this machine's date, then the server's certificate"),
    (
        "pin_mismatch",
        "the server shows another key than the pinned one; do not go on before its operator explains that",
    ),
    ("tls_failed", "the server must speak TLS 1.2 or 1.3"),
    (
        "server_unreachable",
        "check the network and the server's address, then run the same again (an enrolment: with the same QR code); decisions are kept: `authpush retry`",
    ),
    ("server_busy", "try again later"),
    ("answer_lost", "the change may or may not have been made; the same command again does no harm"),
    ("registration_unconfirmed", "run the same add-account with the same QR code again"),
    ("removal_unconfirmed", "run the same remove-account again"),
    ("server_refused", "the same again will be refused again; `authpush history` keeps what the server said"),
    (
        "unknown_device",
        "`authpush accounts` lists the devices of this home; to enrol again: `authpush add-account`",
    ),
    ("unknown_request", "`authpush requests` lists the requests of this home"),
    ("device_conflict", "ask the server for a new QR code"),
    ("already_registered", "remove the account first: `authpush remove-account DEVICE_ID`"),
    ("push_conflict", "the request that came first stays: `authpush requests --state pending`"),
    ("too_many_requests", "decide some first: `authpush requests --state pending`"),
    ("already_decided", "a decision cannot be changed; `authpush history` shows it"),
    ("request_closed", "its account was removed; `authpush history` still shows it"),
    ("decision_pending", "deliver it: `authpush retry`; or give it up: --abandon"),
    ("account_changed", "run the command again"),
    ("consent_unreadable", "it can only be denied: `authpush deny ID`"),
    ("account_required", "choose with --account-id ID (repeatable); `authpush requests` lists those offered"),
    (
        "account_not_offered",
        "`authpush requests` lists the accounts offered; give each once, and none for a login",
    ),
    ("number_required", "read the number on the other screen and give it with --number N"),
    (
        "wrong_number",
        "read it again on the other screen; if you did not start this, deny it: `authpush deny ID`",
    ),
    ("number_tries_exhausted", "it can only be denied: `authpush deny ID`"),
    ("no_number_asked", "leave --number out"),
    ("answered_elsewhere", "nothing is left to do"),
    ("decision_expired", "ask for the login or consent to be started anew"),
    ("user_verification_failed", "run it on a terminal, or let --yes stand for the verification"),
    (
        "reenrol_required",
        "give the user's token with --bearer (not for 7.1 and later), or remove the account and enrol again",
    ),
    ("key_lost", "forget the account (`authpush forget-account`) and enrol again"),
    ("key_store_failed", "check space and permissions of the home, and AUTHPUSH_PASSPHRASE"),
    ("storage_busy", "another authpush uses this home; try again"),
    ("storage_corrupt", "restore a copy of the home, or enrol anew in another one: --home DIR"),
    ("storage_newer", "update authpush"),
    ("storage_foreign", "choose another directory with --home DIR"),
    (
        "vault_wrong_key",
        "check AUTHPUSH_PASSPHRASE: set it for a home that was made with one, and for no other",
    ),
    (
        "vault_key_missing",
        "the home's vault.json is gone; restore it, or enrol anew in another home: --home DIR",
    ),
    ("passphrase_required", "set AUTHPUSH_PASSPHRASE"),
    ("vault_failed", "check space and permissions of the home"),
    ("storage_failed", "check space and permissions of the home (--home, AUTHPUSH_HOME)"),
    ("usage", "`authpush --help` lists the commands, `authpush COMMAND --help` explains one"),
    ("input_unreadable", "check the path and its permissions; text itself is given without the @"),
    ("image_unreadable", "give a PNG or JPEG picture"),
    ("no_home", "say where the device's data shall be: --home DIR or AUTHPUSH_HOME"),
    ("no_accounts", "enrol first: `authpush add-account QR --push-id TOKEN`"),
    ("no_gateway", "only the sandbox has a push gateway; hand a real server's pushes to `authpush receive`"),
    ("address_in_use", "choose another address, or any free port: --listen 127.0.0.1:0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_one_hint_of_one_line() {
        for (at, (code, advice)) in HINTS.iter().enumerate() {
            assert!(HINTS[at + 1..].iter().all(|(other, _)| other != code), "{code} is there twice");
            assert!(!advice.is_empty() && !advice.contains('\n') && !advice.ends_with('.'), "{code}");
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
        }
        assert_eq!(hint("internal"), None);
    }

    #[test]
    fn the_way_out_is_named_where_there_is_one() {
        assert!(hint("decision_pending").is_some_and(|hint| hint.contains("authpush retry")));
        assert!(hint("certificate_unknown").is_some_and(|hint| hint.contains("--ca-cert")));
    }
}
