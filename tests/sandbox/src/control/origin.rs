//! Keeps the pages of other sites out of the control API.
//!
//! A browser sends requests for any page that its owner looks at, also to an address that only this machine reaches.
//! It says whose page asks in headers which a page cannot set; programs without them (curl, a phone) are no browsers.

use serde_json::json;

use crate::http::{Incoming, Reply};

/// The answer to a request that a browser sent for a page of another site.
pub(crate) fn refusal(request: &Incoming) -> Option<Reply> {
    let error =
        "a page of another site asks; the control API is for the sandbox's own pages and for programs";
    of_another_site(request).then(|| Reply::json(403, &json!({ "error": error })))
}

/// Whether a browser sent this for a page that is not the sandbox's own.
fn of_another_site(request: &Incoming) -> bool {
    let fetched_by_another =
        request.header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    // Another port of the same machine is another origin, and a sandboxed frame says `null`.
    let from_another = request.header("origin").is_some_and(|origin| {
        let own = request.header("host").map(|host| format!("https://{host}"));
        !own.is_some_and(|own| own.eq_ignore_ascii_case(origin))
    });
    fetched_by_another || from_another
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn only_the_own_pages_and_programs_without_pages_get_in() {
        let refused = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            of_another_site(&Incoming {
                method: "POST".to_owned(),
                path: "/sandbox/faults".to_owned(),
                query: String::new(),
                headers: headers.collect(),
                body: Vec::new(),
                peer: Ipv4Addr::LOCALHOST.into(),
            })
        };
        let host = ("host", "127.0.0.1:9446");
        assert!(!refused(&[]) && !refused(&[host]));
        assert!(!refused(&[host, ("origin", "https://127.0.0.1:9446"), ("sec-fetch-site", "same-origin")]));
        assert!(!refused(&[host, ("sec-fetch-site", "none")]), "typed into the address bar");
        for origin in ["https://evil.example", "https://127.0.0.1:1", "http://127.0.0.1:9446", "null", ""] {
            assert!(refused(&[host, ("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", "anything new"] {
            assert!(refused(&[host, ("sec-fetch-site", site)]), "{site}");
        }
        assert!(
            refused(&[("origin", "https://127.0.0.1:9446")]),
            "without a host there is nothing of its own"
        );
    }
}
