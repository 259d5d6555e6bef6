//! Web pages for people: the bank's side, the shop's side, and the controls.
//!
//! The pages are files of this crate and hold no data. Their scripts ask the control API like any other caller, and put
//! what it says into the page as text. The headers below see to it that nothing else can run, should one ever fail to.

use crate::http::{Incoming, Reply};

/// The page or a part of one, if the path is the portal's.
pub(crate) fn answer(request: &Incoming) -> Option<Reply> {
    if request.path != "/" && !request.path.starts_with("/portal/") {
        return None;
    }
    let file = FILES.iter().find(|file| file.path == request.path);
    let reply = match (request.method.as_str(), file) {
        ("GET" | "HEAD", Some(file)) => Reply::text(200, file.kind, file.content.to_owned()),
        (_, Some(_)) => {
            Reply::text(405, PLAIN, "Pages are read with GET.\n".to_owned()).header("allow", "GET, HEAD")
        }
        (_, None) => Reply::text(404, PLAIN, "There is no such page. The pages begin at /.\n".to_owned()),
    };
    Some(HEADERS.iter().fold(reply, |reply, (name, value)| reply.header(name, value)))
}

struct File {
    path: &'static str,
    kind: &'static str,
    content: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

const FILES: &[File] = &[
    File { path: "/", kind: HTML, content: include_str!("portal/index.html") },
    File { path: "/portal/bank", kind: HTML, content: include_str!("portal/bank.html") },
    File { path: "/portal/shop", kind: HTML, content: include_str!("portal/shop.html") },
    File { path: "/portal/control", kind: HTML, content: include_str!("portal/control.html") },
    File { path: "/portal/bank.js", kind: SCRIPT, content: include_str!("portal/bank.js") },
    File { path: "/portal/shop.js", kind: SCRIPT, content: include_str!("portal/shop.js") },
    File { path: "/portal/progress.js", kind: SCRIPT, content: include_str!("portal/progress.js") },
    File { path: "/portal/control.js", kind: SCRIPT, content: include_str!("portal/control.js") },
    File { path: "/portal/page.js", kind: SCRIPT, content: include_str!("portal/page.js") },
    File {
        path: "/portal/style.css",
        kind: "text/css; charset=utf-8",
        content: include_str!("portal/style.css"),
    },
    File { path: "/portal/icon.svg", kind: "image/svg+xml", content: include_str!("portal/icon.svg") },
];

const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    // Another version of the sandbox on the same address must not meet the old scripts.
    ("cache-control", "no-store"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_makes_markup_from_text_or_needs_anything_from_elsewhere() {
        for file in FILES {
            for forbidden in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "Function(",
                "http://",
                "//cdn",
            ] {
                let content = file.content.replace("http://www.w3.org/2000/svg", "");
                assert!(!content.contains(forbidden), "{} in {}", forbidden, file.path);
            }
            if file.kind == HTML {
                for forbidden in [" style=", "<style", " onclick=", " onload=", " onsubmit=", "javascript:"] {
                    assert!(!file.content.contains(forbidden), "{} in {}", forbidden, file.path);
                }
                assert!(file.content.starts_with("<!doctype html>\n<html lang=\"en\">"), "{}", file.path);
                assert!(!file.content.contains("<script>"), "{}", file.path);
            }
        }
    }
}
