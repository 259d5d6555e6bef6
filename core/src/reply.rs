//! What an HTTP answer says that decides anything: its status, the server's own code, its clock, its wish to be left alone.

/// A server's answer, reduced to what is acted on. Texts for people are dropped: they are not the server's promise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// `code` or `error` of a JSON body, if it has the form of a server code (`PDM-10001`).
    pub(crate) code: Option<String>,
    /// The `Date` of the answer, in seconds since 1970.
    pub(crate) date: Option<i64>,
    /// `Retry-After`, in seconds from now.
    pub(crate) retry_after: Option<i64>,
}

impl Reply {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the status is this one and the server's code is among these.
    pub(crate) fn is(&self, status: u16, codes: &[&str]) -> bool {
        self.status == status && self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// The server asks to come back later: nothing was done.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.status, 429 | 503)
    }

    /// 4xx that is an answer: not a time-out and not "later".
    pub(crate) fn is_client_error(&self) -> bool {
        self.status >= 400 && self.is_client_refusal()
    }

    /// The same, or a redirect, which is not followed.
    pub(crate) fn is_client_refusal(&self) -> bool {
        (300..500).contains(&self.status) && !matches!(self.status, 408 | 429)
    }
}

/// Takes a text for a server code only if it looks like one: nothing else that a server sends is kept or shown.
pub(crate) fn server_code(text: &str) -> Option<String> {
    let (letters, digits) = text.split_once('-')?;
    let known = (2..=4).contains(&letters.len())
        && letters.bytes().all(|b| b.is_ascii_uppercase())
        && digits.len() == 5
        && digits.bytes().all(|b| b.is_ascii_digit());
    known.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_are_taken_for_codes() {
        assert_eq!(server_code("PDM-10001").as_deref(), Some("PDM-10001"));
        assert_eq!(server_code("SE-50000").as_deref(), Some("SE-50000"));
        for text in
            ["Bad Request", "PBA-1500", "pba-15001", "PBA-15001 ", "PBA-1500١", "", "-", "PBAXX-15001"]
        {
            assert_eq!(server_code(text), None, "{text}");
        }
    }
}
