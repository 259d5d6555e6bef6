//! Results as text: tables, and sentences about what became of a decision.

use authpush_core::{Account, Answer, AuthRequest, Choice, ConsentKind, Delivery, HistoryEntry};
use dialoguer::console::measure_text_width;

use crate::json::{account_state, decision, name, queue_reason, request_state};
use crate::moment::readable;

pub(crate) fn accounts(accounts: &[Account]) -> String {
    if accounts.is_empty() {
        return "No account is enrolled. Enrol one: authpush add-account QR --push-id TOKEN".to_owned();
    }
    let row = |account: &Account| {
        vec![
            account.device_id.clone(),
            account.username.clone(),
            account.host.clone(),
            account.profile.name(),
            account_state(account.state).to_owned(),
            readable(account.created_at),
        ]
    };
    table(&["DEVICE ID", "USER", "SERVER", "PROFILE", "STATE", "ENROLLED"], accounts.iter().map(row))
}

pub(crate) fn requests(requests: &[AuthRequest]) -> String {
    if requests.is_empty() {
        return "No such request is here. Take one in: authpush receive PUSH, or authpush listen".to_owned();
    }
    let row = |request: &AuthRequest| {
        vec![
            request.id.clone(),
            request_state(request.state).to_owned(),
            readable(request.received_at),
            request.username.clone(),
            application(request),
            subject(request),
        ]
    };
    table(&["ID", "STATE", "RECEIVED", "USER", "APPLICATION", "WANTS"], requests.iter().map(row))
}

pub(crate) fn history(entries: &[HistoryEntry]) -> String {
    if entries.is_empty() {
        return "Nothing was asked yet. Take a request in: authpush receive PUSH, or authpush listen"
            .to_owned();
    }
    let row = |entry: &HistoryEntry| {
        let answer = entry.answer.as_ref();
        let chosen = answer.map(|answer| answer.approved_account_ids.join(", "));
        vec![
            entry.request.id.clone(),
            request_state(entry.request.state).to_owned(),
            answer.map_or_else(nothing, |answer| name(&answer.delivery)),
            answer.map_or_else(nothing, |answer| readable(answer.decided_at)),
            application(&entry.request),
            subject(&entry.request),
            chosen.filter(|chosen| !chosen.is_empty()).unwrap_or_else(nothing),
        ]
    };
    let heads = ["ID", "STATE", "DELIVERY", "DECIDED", "APPLICATION", "WANTS", "ACCOUNTS"];
    table(&heads, entries.iter().map(row))
}

pub(crate) fn answers(answers: &[Answer]) -> String {
    if answers.is_empty() {
        return "No decision was due.".to_owned();
    }
    answers.iter().map(answer).collect::<Vec<_>>().join("\n")
}

/// What became of a decision.
pub(crate) fn answer(answer: &Answer) -> String {
    let word = answer.server.as_ref();
    let code = word.and_then(|word| word.code.as_ref()).map(|code| format!(" {code}")).unwrap_or_default();
    let said = word.map(|word| format!(" (HTTP {}{code})", word.status)).unwrap_or_default();
    let reason = answer.reason.map(|reason| format!(" ({})", queue_reason(reason))).unwrap_or_default();
    let fate = match answer.delivery {
        Delivery::Delivered => format!("delivered{said}"),
        Delivery::Queued => format!("queued{reason}; deliver it with: authpush retry"),
        Delivery::Unconfirmed => format!(
            "unconfirmed{said}: it was sent, and what the server made of it is not known; \
             the same decision again sends it once more"
        ),
        Delivery::Refused => format!("refused{said}"),
        Delivery::AnsweredElsewhere => format!("answered on another device before{said}"),
        Delivery::Expired => "expired before it could be delivered".to_owned(),
    };
    let accounts = match (answer.decision, answer.approved_account_ids.as_slice()) {
        (Choice::Approve, [_, ..]) => format!(" for {}", answer.approved_account_ids.join(", ")),
        _ => String::new(),
    };
    let clock = if answer.warnings.is_empty() {
        String::new()
    } else {
        format!(
            "\nThis machine's clock is wrong by {} s; the answer has the server's time.",
            answer.clock_offset_seconds
        )
    };
    format!("Request {} {}{accounts}: {fate}.{clock}", answer.request_id, decision(answer.decision))
}

fn application(request: &AuthRequest) -> String {
    let consent = request.consent.as_ref().and_then(|consent| consent.application.clone());
    consent.or_else(|| request.application_name.clone()).unwrap_or_else(nothing)
}

fn subject(request: &AuthRequest) -> String {
    let Some(consent) = &request.consent else { return "login".to_owned() };
    match (&consent.amount, consent.error) {
        (_, Some(error)) => format!("unreadable ({})", name(&error)),
        (Some(amount), None) => format!("payment of {} {}", amount.value, amount.currency),
        (None, None) => match consent.kind {
            ConsentKind::Accounts => "account access",
            ConsentKind::Payments => "payment",
            ConsentKind::FundsConfirmation => "funds confirmation",
            ConsentKind::Other => "consent",
        }
        .to_owned(),
    }
}

fn nothing() -> String {
    "-".to_owned()
}

/// Columns as wide as their widest cell, as a terminal counts width.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut lines: Vec<Vec<String>> = vec![heads.iter().map(|head| (*head).to_owned()).collect()];
    lines.extend(rows);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| measure_text_width(cell)).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| {
            format!("{cell}{}", " ".repeat(width.saturating_sub(measure_text_width(cell))))
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn columns_are_aligned_as_a_terminal_counts() {
        let rows = [vec!["ä".to_owned(), "x".to_owned()], vec!["日本".to_owned(), "y".to_owned()]];
        assert_eq!(table(&["A", "B"], rows.into_iter()), "A     B\nä     x\n日本  y");
    }

    #[test]
    fn empty_lists_say_what_to_do_next() {
        assert!(accounts(&[]).contains("authpush add-account"));
        assert!(requests(&[]).contains("authpush receive"));
        assert!(history(&[]).contains("authpush receive"));
    }

    #[test]
    fn a_request_is_told_in_one_line() {
        let list = requests(&[samples::request(Some(samples::payment())), samples::request(None)]);
        let lines: Vec<&str> = list.lines().collect();
        assert!(lines[1].contains("ShopApp") && lines[1].ends_with("payment of 10.00 GBP"), "{list}");
        assert!(lines[2].contains("Gateway") && lines[2].ends_with("login"), "{list}");
    }
}
