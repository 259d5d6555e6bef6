//! Text made safe to show.
//!
//! Names, messages and consent lines come from strangers. Shown as they are, a line break, a bidirectional override
//! or an invisible character could make a screen say something else than what is signed. Everything that a person
//! sees passes through here; what is signed or sent back never does.

use unicode_general_category::{GeneralCategory, get_general_category};

/// The text as a person may see it: no control, format, line or paragraph separator characters (U+200C and U+200D
/// stay, scripts need them), trimmed, and at most `limit` characters long.
///
/// White-space controls become a space, everything else that is neutralised becomes U+FFFD, so that tampering shows.
#[must_use]
pub fn display_safe(raw: &str, limit: usize) -> String {
    let shown: String = raw.chars().map(neutral).collect();
    let shown = shown.trim();
    if shown.chars().nth(limit).is_none() {
        return shown.to_owned();
    }
    let mut cut: String = shown.chars().take(limit.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Whether every character may be shown as it is.
pub(crate) fn is_plain(raw: &str) -> bool {
    !raw.chars().any(is_hidden)
}

fn neutral(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        c if is_hidden(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    !matches!(c, '\u{200C}' | '\u{200D}')
        && matches!(get_general_category(c), Control | Format | LineSeparator | ParagraphSeparator)
}

/// Longest name, label or other one-line text on a screen, in characters.
pub(crate) const LINE: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hidden_characters_show_as_replacement_and_breaks_as_spaces() {
        assert_eq!(display_safe("pay\u{202E}evil\u{200B}\u{7}", LINE), "pay\u{FFFD}evil\u{FFFD}\u{FFFD}");
        assert_eq!(display_safe(" a\nb\u{2028}c\t", LINE), "a b c");
        assert_eq!(display_safe("نا\u{200C}می", LINE), "نا\u{200C}می");
        assert_eq!(display_safe("\u{FEFF}\u{E0041}\u{AD}x", LINE), "\u{FFFD}\u{FFFD}\u{FFFD}x");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(display_safe("abcdef", 6), "abcdef");
        assert_eq!(display_safe("abcdefg", 6), "abcde…");
        assert_eq!(display_safe("x", 0), "…");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_always_plain_and_bounded(raw in "\\PC*|[\\s\\S]*", limit in 1usize..80) {
            let shown = display_safe(&raw, limit);
            prop_assert!(is_plain(&shown));
            prop_assert!(shown.chars().count() <= limit);
        }
    }
}
