//! The quirks by name, for pages that explain what has just happened: the table of the crate's documentation as data.

use serde::Serialize;

use super::Control;
use crate::Profile;

/// A mistake of the real server, as it is played and as it was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quirk {
    /// A name that does not change.
    pub id: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// What the real server does.
    pub as_server: &'static str,
    /// What the mended one does.
    pub mended: &'static str,
    /// The profiles that have it; empty for all of them.
    pub profiles: &'static [Profile],
}

impl Control {
    /// The quirks of the server that is played. Whether they are played, [`super::Overview::quirks`] says.
    #[must_use]
    pub fn quirks(&self) -> Vec<Quirk> {
        let profile = self.overview().profile;
        let here = |quirk: &&Quirk| quirk.profiles.is_empty() || quirk.profiles.contains(&profile);
        ALL.iter().filter(here).copied().collect()
    }
}

const OPEN_BANKING: &[Profile] = &[Profile::OpenBanking];
const OLDER: &[Profile] = &[Profile::Classic, Profile::OpenBanking];
const IS7: &[Profile] = &[Profile::Is7];

/// In the order of the documentation.
const ALL: &[Quirk] = &[
    Quirk {
        id: "denial",
        about: "Open Banking denial",
        as_server: "the consent is rejected, the answer is a 500 page, the third party polls until its request \
                    expires",
        mended: "202, and the third party reads access_denied",
        profiles: OPEN_BANKING,
    },
    Quirk {
        id: "denial-without-accounts",
        about: "Open Banking denial without accounts",
        as_server: "500, nothing is rejected",
        mended: "202, rejected",
        profiles: OPEN_BANKING,
    },
    Quirk {
        id: "funds-confirmation",
        about: "funds confirmation",
        as_server: "always 500, nothing is decided",
        mended: "decided like any other consent",
        profiles: OPEN_BANKING,
    },
    Quirk {
        id: "try-after-failure",
        about: "a try after one that failed while the decision was stored",
        as_server: "500: the consent's auth_req_id is there already (inferred from the code)",
        mended: "decided",
        profiles: OPEN_BANKING,
    },
    Quirk {
        id: "second-answer",
        about: "second answer after a finished one, unknown session",
        as_server: "500 page",
        mended: "410, 404",
        profiles: OLDER,
    },
    Quirk {
        id: "registered-twice",
        about: "same user and push token registered twice",
        as_server: "500 PDM-15011",
        mended: "201, the new device takes the place of the old",
        profiles: OLDER,
    },
    Quirk {
        id: "sticky-message",
        about: "message of an API error",
        as_server: "null the first time, then for ever the first one's text",
        mended: "this error's text",
        profiles: OLDER,
    },
    Quirk {
        id: "first-line",
        about: "plain servlet's body",
        as_server: "only the first line is read",
        mended: "all of it",
        profiles: OLDER,
    },
    Quirk {
        id: "super-tenant",
        about: "Open Banking discovery",
        as_server: "super tenant only",
        mended: "any tenant",
        profiles: OPEN_BANKING,
    },
    Quirk {
        id: "binding-message",
        about: "binding_message",
        as_server: "letters and digits only",
        mended: "anything but control characters, < and >",
        profiles: OPEN_BANKING,
    },
    Quirk {
        id: "one-device",
        about: "CIBA for a user with no device or several",
        as_server: "200, and no push",
        mended: "400 invalid_request",
        profiles: OPEN_BANKING,
    },
    Quirk {
        id: "answer-content-type",
        about: "is7: errors of the answer",
        as_server: "JSON without Content-Type",
        mended: "with it",
        profiles: IS7,
    },
    Quirk {
        id: "answer-unknown-device",
        about: "is7: answer by an unknown device, or without deviceId in the header",
        as_server: "500 PBA-15003",
        mended: "404 PBA-15003",
        profiles: IS7,
    },
    Quirk {
        id: "answer-empty-device",
        about: "is7: answer with an empty deviceId in the header",
        as_server: "200, and nothing is stored",
        mended: "400 PBA-15002",
        profiles: IS7,
    },
    Quirk {
        id: "answer-not-json",
        about: "is7: answer that is not JSON, or lacks authResponse",
        as_server: "500 page",
        mended: "400 PBA-15006",
        profiles: IS7,
    },
    Quirk {
        id: "answer-without-exp",
        about: "is7: answer without exp",
        as_server: "500 page",
        mended: "400 PBA-15004",
        profiles: IS7,
    },
    Quirk {
        id: "error-without-code",
        about: "is7: most 500s of the device API",
        as_server: "no code; it stands in message",
        mended: "code, too",
        profiles: IS7,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_tells_of_the_same_quirks() {
        let documented = include_str!("../../README.md")
            .split_once("\n## Quirks\n")
            .and_then(|(_, rest)| rest.split_once("\n## "))
            .map(|(section, _)| section.replace('`', ""))
            .unwrap();
        for quirk in ALL {
            let row = format!("| {} | {} | {} |", quirk.about, quirk.as_server, quirk.mended);
            assert!(documented.contains(&row), "not in README.md: {row}");
        }
        let rows = documented.lines().filter(|line| line.starts_with("| ")).count();
        assert_eq!(rows, ALL.len() + 1, "a row of README.md is not here");
    }
}
