//! Where a server lives: scheme, host and port, and nothing else.
//!
//! The address comes from a QR code that anybody can print. It is parsed once, by the parser that the HTTP client
//! itself uses, into a type that has no room for user info, a path or a query. `https` only, but for a loopback host
//! when the caller switched that on.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::error::{InputProblem, TrustFailure};
use crate::path::UrlPath;
use crate::text::is_plain;

/// The origin of a server, with the text it was given as (which the server compares with its own).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Origin {
    text: String,
    url: Url,
}

impl Origin {
    /// Reads `scheme://host[:port]`; a lone trailing slash is forgiven.
    pub(crate) fn parse(raw: &str) -> Result<Self, InputProblem> {
        if raw.is_empty() {
            return Err(InputProblem::Missing);
        }
        if raw.len() > MAX_LENGTH {
            return Err(InputProblem::TooLong);
        }
        let text = raw.strip_suffix('/').unwrap_or(raw);
        let (scheme, authority) = text.split_once("://").ok_or(InputProblem::NotAllowed)?;
        let scheme_known = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        // The URL parser forgives more than it should here: blanks, backslashes, an empty port.
        let stray = |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | '@' | '?' | '#' | '%');
        if !scheme_known || authority.is_empty() || authority.contains(stray) || !is_plain(authority) {
            return Err(InputProblem::NotAllowed);
        }
        explicit_port(authority)?;
        let url = Url::parse(text).map_err(|_| InputProblem::NotAllowed)?;
        match url.host() {
            Some(Host::Domain(name)) => check_dns_name(name)?,
            // `0x7f.1` and `2130706433` are addresses too, and what a person is shown would hide which.
            Some(Host::Ipv4(address)) if !names(authority, &address.to_string()) => {
                return Err(InputProblem::NotAllowed);
            }
            _ => {}
        }
        // An internationalised name is kept and shown as what is resolved; anything else as it was given.
        let text = if text.is_ascii() { text.to_owned() } else { canonical(&url) };
        Ok(Self { text, url })
    }

    /// As the server wrote it, without a trailing slash: the beginning of `aud`.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The key under which facts about this server are kept: canonical, so that spelling does not matter.
    pub(crate) fn canonical(&self) -> String {
        canonical(&self.url)
    }

    /// Plain `http` is an error, except to a loopback host where the caller allows it.
    pub(crate) fn check_scheme(&self, loopback: InsecureLoopback) -> Result<(), TrustFailure> {
        match (self.url.scheme(), loopback) {
            ("https", _) => Ok(()),
            (_, InsecureLoopback::Allowed) if self.is_loopback() => Ok(()),
            _ => Err(TrustFailure::InsecureUrl),
        }
    }

    /// Joins with exactly one slash, and checks that the parser left the path as it was checked.
    pub(crate) fn join(&self, path: &UrlPath) -> Result<Url, InputProblem> {
        let mut url = self.url.clone();
        url.set_path(path.as_str());
        if url.path() == path.as_str() { Ok(url) } else { Err(InputProblem::NotAllowed) }
    }

    fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(|_| "not an origin")
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.text
    }
}

/// Whether `http` to this very machine is let through, for tests and the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InsecureLoopback {
    /// `https` only.
    Refused,
    /// `http` to `localhost`, 127.0.0.0/8 and `::1` is allowed.
    Allowed,
}

/// A host, and perhaps a port, that an application allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllowedHost {
    host: String,
    port: Option<u16>,
}

impl AllowedHost {
    /// Reads `HOST`, `HOST:PORT` or `[IPv6]:PORT`.
    pub(crate) fn parse(raw: &str) -> Result<Self, InputProblem> {
        let origin = Origin::parse(&format!("https://{raw}"))?;
        let port = explicit_port(raw)?;
        Ok(Self { host: compared(&origin.url), port })
    }

    /// Whether the origin is this host; without a port, at any port.
    pub(crate) fn matches(&self, origin: &Origin) -> bool {
        compared(&origin.url) == self.host
            && self.port.is_none_or(|port| origin.url.port_or_known_default() == Some(port))
    }
}

/// A host name as it is compared: lower-case, punycode, without a trailing dot.
pub(crate) fn comparable_host(raw: &str) -> Result<String, InputProblem> {
    AllowedHost::parse(raw).map(|allowed| allowed.host)
}

fn compared(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase()
}

fn canonical(url: &Url) -> String {
    let text = url.as_str();
    text.strip_suffix('/').unwrap_or(text).to_owned()
}

/// The port that is written out, which must be a number from 1 to 65535.
fn explicit_port(authority: &str) -> Result<Option<u16>, InputProblem> {
    let after_host = match authority.rsplit_once(']') {
        Some((_, rest)) => rest,
        None => authority.find(':').and_then(|at| authority.get(at..)).unwrap_or_default(),
    };
    if after_host.is_empty() {
        return Ok(None);
    }
    let digits = after_host.strip_prefix(':').ok_or(InputProblem::NotAllowed)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InputProblem::NotAllowed);
    }
    match digits.parse::<u16>() {
        Ok(0) | Err(_) => Err(InputProblem::NotAllowed),
        Ok(port) => Ok(Some(port)),
    }
}

/// Whether this is the host of an authority, apart from a port.
fn names(authority: &str, host: &str) -> bool {
    authority.split(':').next() == Some(host)
}

/// RFC 1035 section 2.3.4 lengths, letters, digits, hyphens (and underscores, which private zones use).
fn check_dns_name(name: &str) -> Result<(), InputProblem> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if name.len() <= 253 && name.split('.').all(label_ok) { Ok(()) } else { Err(InputProblem::NotAllowed) }
}

/// Longest address that is read: a DNS name of 253 characters, scheme and port, with room for punycode.
const MAX_LENGTH: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_origins_are_kept_as_written() {
        for (raw, text) in [
            ("https://is.bank.example:9446", "https://is.bank.example:9446"),
            ("https://is.bank.example/", "https://is.bank.example"),
            ("https://IS.Bank.Example", "https://IS.Bank.Example"),
            ("https://10.1.2.3:443", "https://10.1.2.3:443"),
            ("https://[::1]:9446", "https://[::1]:9446"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(Origin::parse(raw).unwrap().as_str(), text);
        }
    }

    #[test]
    fn anything_beside_scheme_host_and_port_is_refused() {
        for raw in [
            "",
            "https://",
            "https:///",
            "ftp://a.example",
            "a.example",
            "//a.example",
            "https:a.example",
            "https://u@a.example",
            "https://u:p@a.example",
            "https://a.example/x",
            "https://a.example//",
            "https://a.example?x",
            "https://a.example#x",
            "https://a.example:0",
            "https://a.example:65536",
            "https://a.example:",
            "https://a.example:+1",
            "https://a.exa mple",
            "https://a\\b.example",
            "https://a.example\n",
            "https://[fe80::1%25eth0]",
            "https://[::1",
            "https://a..example",
            "https://a%2eexample",
            "https://0x7f.1",
            "https://2130706433",
            "https://1.2.3",
            "https://①27.0.0.1",
            "https://-",
            "https://a.-b",
            "https://a\u{202e}b.example",
            "javascript://a",
            " https://a.example",
        ] {
            assert!(Origin::parse(raw).is_err(), "{raw:?}");
        }
        assert_eq!(
            Origin::parse(&format!("https://{}.example", "a".repeat(400))),
            Err(InputProblem::TooLong)
        );
        assert!(Origin::parse(&format!("https://{}.example", "a".repeat(64))).is_err());
    }

    #[test]
    fn http_is_for_loopback_alone_and_only_when_asked_for() {
        for loopback in ["http://localhost:1", "http://127.9.9.9", "http://[::1]", "http://LOCALHOST."] {
            let origin = Origin::parse(loopback).unwrap();
            assert_eq!(origin.check_scheme(InsecureLoopback::Allowed), Ok(()), "{loopback}");
            assert_eq!(origin.check_scheme(InsecureLoopback::Refused), Err(TrustFailure::InsecureUrl));
        }
        for other in
            ["http://localhost.example", "http://128.0.0.1", "http://[::2]", "http://127.0.0.1.example"]
        {
            let origin = Origin::parse(other).unwrap();
            assert_eq!(
                origin.check_scheme(InsecureLoopback::Allowed),
                Err(TrustFailure::InsecureUrl),
                "{other}"
            );
        }
    }

    #[test]
    fn allowed_hosts_compare_without_case_dot_or_default_port() {
        let matches = |allowed: &str, origin: &str| {
            AllowedHost::parse(allowed).unwrap().matches(&Origin::parse(origin).unwrap())
        };
        assert!(matches("Bank.Example", "https://bank.example.:9446"));
        assert!(matches("bücher.example", "https://xn--bcher-kva.example"));
        assert!(matches("bank.example:443", "https://bank.example"));
        assert!(matches("[::1]:9446", "https://[0:0::1]:9446"));
        assert!(!matches("bank.example:9446", "https://bank.example"));
        assert!(!matches("bank.example", "https://bank.example.evil.example"));
        assert!(!matches("bank.example", "https://xbank.example"));
        assert!(AllowedHost::parse("bank.example/path").is_err());
        assert!(AllowedHost::parse("https://bank.example").is_err());
        assert!(AllowedHost::parse("*").is_err());
    }

    proptest! {
        #[test]
        fn whatever_parses_has_no_room_for_more(raw in "https?://[\\PC]{0,40}") {
            if let Ok(origin) = Origin::parse(&raw) {
                prop_assert_eq!(origin.url.path(), "/");
                prop_assert_eq!(origin.url.username(), "");
                prop_assert!(origin.url.password().is_none() && origin.url.query().is_none());
                let again = Origin::parse(origin.as_str()).unwrap();
                prop_assert_eq!(again.url, origin.url);
            }
        }
    }
}
