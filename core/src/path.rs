//! Paths and identifiers that end up in a request line.
//!
//! They come from a QR code or a push. A path that climbs (`..`, also hidden by percent-encoding) or smuggles a slash
//! would let a stranger choose where a signature goes, so a path is checked once and then is a type.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::error::InputProblem;
use crate::text::is_plain;

/// An absolute path: `(/[A-Za-z0-9._~@%-]+)+`, without dot segments or encoded slashes (docs/protocol.md section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct UrlPath(String);

impl UrlPath {
    pub(crate) fn parse(raw: &str) -> Result<Self, InputProblem> {
        if raw.is_empty() {
            return Err(InputProblem::Missing);
        }
        if raw.len() > MAX_LENGTH {
            return Err(InputProblem::TooLong);
        }
        let segments = raw.strip_prefix('/').ok_or(InputProblem::NotAllowed)?;
        segments.split('/').try_for_each(check_segment)?;
        Ok(Self(raw.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// This path followed by another one.
    pub(crate) fn join(&self, tail: &UrlPath) -> Self {
        Self(format!("{}{}", self.0, tail.0))
    }

    /// This path followed by one segment that holds an id, percent-encoded.
    pub(crate) fn with_id(&self, id: &str) -> Result<Self, InputProblem> {
        // A URL parser takes `%2e%2e` for a dot segment too: no encoding makes these two safe.
        if id.is_empty() || id == "." || id == ".." {
            return Err(InputProblem::NotAllowed);
        }
        Ok(Self(format!("{}/{}", self.0, utf8_percent_encode(id, RESERVED))))
    }

    /// The first segment after `/t/`, when the path has one: the tenant of a tenant-qualified path.
    pub(crate) fn tenant(&self) -> Option<&str> {
        let mut segments = self.0.split('/');
        segments.find(|segment| *segment == "t")?;
        segments.next()
    }

    /// The path behind `prefix`, when it starts with it as whole segments.
    pub(crate) fn strip_prefix(&self, prefix: &str) -> Option<Self> {
        let rest = self.0.strip_prefix(prefix)?;
        Self::parse(rest).ok()
    }
}

impl TryFrom<String> for UrlPath {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // Paths made by `with_id` are longer-lived than the rules for strangers' paths: an encoded id may hold more.
        if text.starts_with('/') { Ok(Self(text)) } else { Err("not a path") }
    }
}

impl From<UrlPath> for String {
    fn from(path: UrlPath) -> Self {
        path.0
    }
}

/// A tenant domain or organisation id: `[A-Za-z0-9._-]{1,255}`, not a dot segment.
pub(crate) fn check_tenant(raw: &str) -> Result<(), InputProblem> {
    if raw.is_empty() {
        return Err(InputProblem::Missing);
    }
    if raw.len() > MAX_ID {
        return Err(InputProblem::TooLong);
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if raw == "." || raw == ".." || !raw.bytes().all(allowed) {
        Err(InputProblem::NotAllowed)
    } else {
        Ok(())
    }
}

/// A challenge or session key: 1-255 of `[A-Za-z0-9_-]`. No dot, so in what is signed at registration the challenge ends
/// where it seems to, and the rest is the push token, which no server chooses.
pub(crate) fn check_token(raw: &str) -> Result<(), InputProblem> {
    if raw.is_empty() {
        return Err(InputProblem::Missing);
    }
    if raw.len() > MAX_ID {
        return Err(InputProblem::TooLong);
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if raw.bytes().all(allowed) { Ok(()) } else { Err(InputProblem::NotAllowed) }
}

/// An id that the server made and we send back (device id, user name): plain text of 1-255 characters, no dot segment.
pub(crate) fn check_id(raw: &str) -> Result<(), InputProblem> {
    if raw.trim().is_empty() {
        return Err(InputProblem::Missing);
    }
    if raw.chars().nth(MAX_ID).is_some() {
        return Err(InputProblem::TooLong);
    }
    if raw == "." || raw == ".." || !is_plain(raw) { Err(InputProblem::NotAllowed) } else { Ok(()) }
}

fn check_segment(segment: &str) -> Result<(), InputProblem> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'@' | b'%' | b'-');
    if segment.is_empty() || !segment.bytes().all(allowed) || !percent_signs_are_whole(segment) {
        return Err(InputProblem::NotAllowed);
    }
    let decoded = percent_decode_str(segment).decode_utf8().map_err(|_| InputProblem::NotAllowed)?;
    // `%25` would be decoded to another escape by a server that decodes twice.
    let hidden = |c: char| matches!(c, '/' | '\\' | '%');
    if decoded == "." || decoded == ".." || decoded.contains(hidden) || !is_plain(&decoded) {
        return Err(InputProblem::NotAllowed);
    }
    Ok(())
}

fn percent_signs_are_whole(segment: &str) -> bool {
    segment.split('%').skip(1).all(|after| {
        let mut bytes = after.bytes();
        let mut hex = || bytes.next().is_some_and(|b| b.is_ascii_hexdigit());
        hex() && hex()
    })
}

/// Everything but RFC 3986 section 2.3 unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longest path of a QR code or push that is read.
const MAX_LENGTH: usize = 1024;

/// The server's columns for ids hold 255 characters.
pub(crate) const MAX_ID: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_servers_own_paths_are_read() {
        for raw in [
            "/t/carbon.super/api/users/v1/me",
            "/push-auth/devices",
            "/api/openbanking/ciba/push-auth/authenticate",
            "/a%20b/~x@y",
        ] {
            assert_eq!(UrlPath::parse(raw).unwrap().as_str(), raw);
        }
    }

    #[test]
    fn climbing_and_smuggling_paths_are_refused() {
        for raw in [
            "",
            "/",
            "a/b",
            "//evil.example",
            "/a//b",
            "/a/",
            "/a/../b",
            "/a/./b",
            "/%2e%2e/b",
            "/%2E./b",
            "/.%2e",
            "/a%2fb",
            "/a%5Cb",
            "/a\\b",
            "/a%00",
            "/a%0d%0aX",
            "/a?b",
            "/a#b",
            "/a b",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%252e",
            "/a%ff",
            "/é",
            "/a:b",
            "/a;b",
            "/a%e2%80%ae",
        ] {
            assert!(UrlPath::parse(raw).is_err(), "{raw:?}");
        }
        assert_eq!(UrlPath::parse(&format!("/{}", "a".repeat(2000))), Err(InputProblem::TooLong));
    }

    #[test]
    fn ids_are_encoded_and_dot_segments_have_no_encoding() {
        let devices = UrlPath::parse("/devices").unwrap();
        assert_eq!(devices.with_id("a/b?c d").unwrap().as_str(), "/devices/a%2Fb%3Fc%20d");
        assert!(devices.with_id("..").is_err() && devices.with_id("").is_err());
    }

    #[test]
    fn tenant_and_prefix_are_whole_segments() {
        let path = UrlPath::parse("/t/acme.example/api").unwrap();
        assert_eq!(path.tenant(), Some("acme.example"));
        assert_eq!(UrlPath::parse("/at/acme").unwrap().tenant(), None);
        assert_eq!(UrlPath::parse("/x/t").unwrap().tenant(), None);
        assert_eq!(path.strip_prefix("/t/acme.example").unwrap().as_str(), "/api");
        assert_eq!(path.strip_prefix("/t/acme"), None);
        assert_eq!(path.strip_prefix("/t/acme.example/api"), None);
    }

    #[test]
    fn tokens_ids_and_tenants_are_bounded() {
        assert!(check_token("2f63-AZ_09").is_ok() && check_token(&"a".repeat(255)).is_ok());
        assert!(
            check_token("a.b").is_err() && check_token(&"a".repeat(256)).is_err() && check_token("").is_err()
        );
        assert!(check_id("alice@bank.example").is_ok() && check_id(&"ß".repeat(255)).is_ok());
        assert!(
            check_id(" ").is_err()
                && check_id("a\u{202e}b").is_err()
                && check_id("a\nb").is_err()
                && check_id("..").is_err()
        );
        assert!(check_tenant("carbon.super").is_ok());
        assert!(check_tenant("..").is_err() && check_tenant("a/b").is_err() && check_tenant("").is_err());
    }

    proptest! {
        #[test]
        fn a_parsed_path_survives_the_url_parser(raw in "(/[A-Za-z0-9._~@%-]{0,6}){1,5}") {
            if let Ok(path) = UrlPath::parse(&raw) {
                let origin = crate::origin::Origin::parse("https://bank.example").unwrap();
                let url = origin.join(&path).unwrap();
                prop_assert_eq!(url.host_str(), Some("bank.example"));
                prop_assert_eq!(url.path(), path.as_str());
            }
        }
    }
}
