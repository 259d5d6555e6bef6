//! Where results go: one JSON document, or text for a person. Advice and failures go to standard error.
//!
//! A reader that goes away (`authpush ... | head`) is no failure of ours: what was done stays done, and its status counts.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use anstream::ColorChoice;
use serde_json::Value;

use crate::failure::{Failure, OUTPUT_FAILED};

/// The two ways to tell a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// `--json`.
    Json,
    /// Text.
    Text,
}

/// Whether somebody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Listens,
    Left,
}

impl Output {
    /// The result of a command: `json` for scripts, or `text` (with colours that are taken out where they do not belong).
    pub(crate) fn result(
        self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<Reader, Failure> {
        match self {
            Self::Json => document(&json()),
            Self::Text => show(&text()),
        }
    }

    /// Something that happened on the way, for people only.
    pub(crate) fn note(self, text: &str) {
        if self == Self::Text {
            write_error(text);
        }
    }

    /// A failure.
    pub(crate) fn failure(self, failure: &Failure) {
        match self {
            Self::Json => write_error(&failure.json().to_string()),
            Self::Text => failure.lines().iter().for_each(|line| write_error(line)),
        }
    }
}

/// One JSON document in one line.
pub(crate) fn document(json: &Value) -> Result<Reader, Failure> {
    written(write_line(&mut io::stdout().lock(), &json.to_string()))
}

/// Text on standard output.
pub(crate) fn show(text: &str) -> Result<Reader, Failure> {
    written(write_line(&mut anstream::stdout().lock(), text.trim_end_matches('\n')))
}

/// Whether standard output takes colours: it is a terminal, and `NO_COLOR` does not forbid them.
pub(crate) fn has_colours() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Whether standard output is a terminal.
pub(crate) fn on_terminal() -> bool {
    io::stdout().is_terminal()
}

fn write_line(stream: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(stream, "{text}")?;
    stream.flush()
}

fn write_error(text: &str) {
    // If nobody can be told, nobody can be told that either.
    let _ = write_line(&mut anstream::stderr().lock(), text);
}

fn written(result: io::Result<()>) -> Result<Reader, Failure> {
    match result {
        Ok(()) => Ok(Reader::Listens),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Left),
        Err(error) => {
            Err(Failure::new(OUTPUT_FAILED, &format!("standard output cannot be written: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_failure_but_a_full_disk_is() {
        let told = |kind| written(write_line(&mut Broken(kind), "x"));
        assert_eq!(told(ErrorKind::BrokenPipe), Ok(Reader::Left));
        assert_eq!(told(ErrorKind::StorageFull).unwrap_err().code(), OUTPUT_FAILED);
        assert_eq!(written(write_line(&mut Vec::new(), "x")), Ok(Reader::Listens));
    }
}
