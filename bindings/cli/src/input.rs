//! What an argument stands for: itself, `@FILE`, or `-` for standard input; a QR code may also be a picture.
//!
//! Everything is read up to a limit: an argument names the file, but does not vouch for its size.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use authpush_core::{display_safe, qr};
use image::{ImageReader, Limits};
use zeroize::Zeroizing;

use crate::failure::{Failure, IMAGE_UNREADABLE, INPUT_TOO_LARGE, INPUT_UNREADABLE};

/// Text: JSON, or what a QR code shall say.
pub(crate) fn text(argument: &str) -> Result<String, Failure> {
    match Source::of(argument) {
        Source::Itself => Ok(argument.to_owned()),
        source => utf8(source.bytes(MAX_TEXT)?, &source.name()),
    }
}

/// A token, which has no place in the list of processes: without the line break that editors put after it.
pub(crate) fn token(argument: &str) -> Result<Zeroizing<String>, Failure> {
    match Source::of(argument) {
        Source::Itself => Ok(Zeroizing::new(argument.to_owned())),
        source => {
            let read = Zeroizing::new(utf8(source.bytes(MAX_TEXT)?, &source.name())?);
            let line = read.strip_suffix('\n').unwrap_or(&read);
            Ok(Zeroizing::new(line.strip_suffix('\r').unwrap_or(line).to_owned()))
        }
    }
}

/// What a QR code says: given as text, or as a picture of it.
pub(crate) fn qr_text(argument: &str) -> Result<String, Failure> {
    let source = match Source::of(argument) {
        Source::Itself if is_file_name(argument) => Source::File(argument),
        Source::Itself => return Ok(argument.to_owned()),
        source => source,
    };
    let bytes = source.bytes(MAX_PICTURE)?;
    if is_picture(&bytes) {
        return read_picture(&bytes, &source.name());
    }
    utf8(bytes, &source.name())
}

/// What the QR code in a picture says. `argument` is a file, with or without `@`, or `-`.
pub(crate) fn picture(argument: &str) -> Result<String, Failure> {
    let source = match Source::of(argument) {
        Source::Itself => Source::File(argument),
        source => source,
    };
    read_picture(&source.bytes(MAX_PICTURE)?, &source.name())
}

/// A text file, such as a certificate.
pub(crate) fn text_file(path: &Path) -> Result<String, Failure> {
    let name = path.display().to_string();
    utf8(read_file(path, MAX_TEXT)?, &name)
}

/// Refuses arguments of which more than one stands for standard input: the second would find it empty.
pub(crate) fn one_standard_input(arguments: &[&str]) -> Result<(), Failure> {
    if arguments.iter().filter(|argument| **argument == "-").count() > 1 {
        return Err(Failure::usage("standard input (-) can stand for one argument only"));
    }
    Ok(())
}

/// Where an argument's content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source<'a> {
    Itself,
    File(&'a str),
    StandardInput,
}

impl<'a> Source<'a> {
    fn of(argument: &'a str) -> Self {
        match argument.strip_prefix('@') {
            Some(file) => Self::File(file),
            None if argument == "-" => Self::StandardInput,
            None => Self::Itself,
        }
    }

    fn bytes(self, limit: u64) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Itself => Ok(Vec::new()),
            Self::File(file) => read_file(Path::new(file), limit),
            Self::StandardInput => read(io::stdin().lock(), limit, &self.name()),
        }
    }

    fn name(self) -> String {
        match self {
            Self::File(file) => file.to_owned(),
            Self::Itself | Self::StandardInput => "standard input".to_owned(),
        }
    }
}

/// JSON begins with a brace; everything else that is a file, or is named like a picture, is one.
fn is_file_name(argument: &str) -> bool {
    let path = Path::new(argument);
    let pictured = path.extension().is_some_and(|extension| {
        ["png", "jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    });
    !argument.trim_start().starts_with('{') && (pictured || path.is_file())
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
    read(file, limit, &name)
}

fn read(from: impl Read, limit: u64, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        return Ok(bytes);
    }
    Err(Failure::new(INPUT_TOO_LARGE, &format!("{name} is longer than {} KiB", limit.div_euclid(1024))))
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::new(INPUT_UNREADABLE, &format!("{} cannot be read: {error}", display_safe(name, 255)))
}

fn utf8(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| Failure::new(INPUT_UNREADABLE, &format!("{name} is not UTF-8 text")))
}

/// By their first bytes: names lie.
fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(b"\xff\xd8\xff")
}

fn read_picture(bytes: &[u8], name: &str) -> Result<String, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Failure::new(IMAGE_UNREADABLE, &format!("{name} is not a picture that can be read: {why}"))
    };
    if !is_picture(bytes) {
        return Err(unreadable(&"it is neither PNG nor JPEG"));
    }
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| unreadable(&error))?;
    // A small file may claim to be a huge picture.
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED);
    reader.limits(limits);
    let luma = reader.decode().map_err(|error| unreadable(&error))?.into_luma8();
    let (width, height) = luma.dimensions();
    Ok(qr::read(width, height, luma.as_raw())?)
}

const MAX_TEXT: u64 = 1024 * 1024;
const MAX_PICTURE: u64 = 16 * 1024 * 1024;
const MAX_SIDE: u32 = 10_000;
const MAX_DECODED: u64 = 256 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_itself_a_file_or_standard_input() {
        assert_eq!(Source::of("{}"), Source::Itself);
        assert_eq!(Source::of("@a b"), Source::File("a b"));
        assert_eq!(Source::of("-"), Source::StandardInput);
        assert_eq!(text(r#"{"a":1}"#).unwrap(), r#"{"a":1}"#);
        assert!(one_standard_input(&["-", "x"]).is_ok());
        assert_eq!(one_standard_input(&["-", "-"]).unwrap_err().exit_status(), 2);
    }

    #[test]
    fn a_token_loses_one_line_break_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for (content, expected) in [("t\n", "t"), ("t\r\n", "t"), ("t\n\n", "t\n"), (" t ", " t ")] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(*token(&format!("@{}", path.display())).unwrap(), expected);
        }
        assert_eq!(*token("plain").unwrap(), "plain");
    }

    #[test]
    fn what_is_too_long_missing_or_not_text_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let argument = format!("@{}", path.display());
        assert_eq!(text(&argument).unwrap_err().code(), INPUT_UNREADABLE);
        std::fs::write(&path, vec![b'x'; 1024 * 1024]).unwrap();
        assert_eq!(text(&argument).unwrap().len(), 1024 * 1024);
        std::fs::write(&path, vec![b'x'; 1024 * 1024 + 1]).unwrap();
        assert_eq!(text(&argument).unwrap_err().code(), INPUT_TOO_LARGE);
        std::fs::write(&path, b"\xff\xfe").unwrap();
        assert_eq!(text(&argument).unwrap_err().code(), INPUT_UNREADABLE);
    }

    #[test]
    fn a_picture_is_known_by_its_bytes_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let (side, pixels) = qr::draw(r#"{"did":"d"}"#).unwrap().pixels(4);
        let drawn = image::GrayImage::from_raw(side, side, pixels).unwrap();
        for (name, format) in [("code.txt", image::ImageFormat::Png), ("code", image::ImageFormat::Jpeg)] {
            let path = folder.path().join(name);
            drawn.save_with_format(&path, format).unwrap();
            let path = path.display().to_string();
            assert_eq!(qr_text(&path).unwrap(), r#"{"did":"d"}"#);
            assert_eq!(qr_text(&format!("@{path}")).unwrap(), r#"{"did":"d"}"#);
            assert_eq!(picture(&path).unwrap(), r#"{"did":"d"}"#);
        }
    }

    #[test]
    fn a_broken_picture_and_one_without_a_code_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code.png");
        let name = path.display().to_string();
        assert_eq!(qr_text(&name).unwrap_err().code(), INPUT_UNREADABLE);
        std::fs::write(&path, b"\x89PNG\r\n\x1a\nnothing more").unwrap();
        assert_eq!(qr_text(&name).unwrap_err().code(), IMAGE_UNREADABLE);
        std::fs::write(&path, b"text").unwrap();
        assert_eq!(picture(&name).unwrap_err().code(), IMAGE_UNREADABLE);
        image::GrayImage::new(64, 64).save(&path).unwrap();
        assert_eq!(qr_text(&name).unwrap_err().code(), "invalid_qr");
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_not_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.png");
        image::GrayImage::new(MAX_SIDE + 1, 1).save(&path).unwrap();
        assert_eq!(qr_text(&path.display().to_string()).unwrap_err().code(), IMAGE_UNREADABLE);
    }
}
