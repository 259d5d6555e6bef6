//! Base64 as the two decoders of the real server read it: the JDK's, strict, and the JOSE library's, forgiving.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
const PADDED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    CONFIG.with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);
const BARE: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, CONFIG.with_decode_padding_mode(DecodePaddingMode::RequireNone));
const URL: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG.with_decode_padding_mode(DecodePaddingMode::RequireNone));

/// `java.util.Base64.getDecoder()`: standard alphabet, no line breaks; padding may be left out, but not half of it.
pub(crate) fn java_decode(text: &str) -> Option<Vec<u8>> {
    if text.contains('=') { PADDED.decode(text).ok() } else { BARE.decode(text).ok() }
}

/// The JOSE library's decoder: either alphabet, and characters outside of both are skipped.
pub(crate) fn jose_decode(text: &str) -> Option<Vec<u8>> {
    let mut kept: String = text
        .chars()
        .filter_map(|c| match c {
            '+' => Some('-'),
            '/' => Some('_'),
            '-' | '_' => Some(c),
            _ if c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        })
        .collect();
    if kept.len() % 4 == 1 {
        kept.pop();
    }
    URL.decode(kept).ok()
}

/// Base64url without padding.
pub(crate) fn url_encode(bytes: &[u8]) -> String {
    URL.encode(bytes).trim_end_matches('=').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jdk_decoder_is_strict_about_everything_but_missing_padding() {
        assert_eq!(java_decode("QUI="), Some(b"AB".to_vec()));
        assert_eq!(java_decode("QUI"), Some(b"AB".to_vec()), "padding may be absent");
        assert_eq!(java_decode("QUJ="), Some(b"AB".to_vec()), "left-over bits are not looked at");
        assert_eq!(java_decode("QQ="), None, "half of the padding");
        assert_eq!(java_decode("QU\nI="), None, "line break");
        assert_eq!(java_decode("-_-_"), None, "the other alphabet");
        assert_eq!(java_decode("QUJDR"), None, "a lone last character");
    }

    #[test]
    fn the_jose_decoder_takes_both_alphabets_and_skips_the_rest() {
        assert_eq!(jose_decode("-_-_"), jose_decode("+/+/"));
        assert_eq!(jose_decode("QU I="), Some(b"AB".to_vec()));
        assert_eq!(url_encode(b"AB"), "QUI");
    }
}
