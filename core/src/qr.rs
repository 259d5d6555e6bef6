//! QR codes: drawn for a terminal or a page, and read from the pixels of a picture.

use qrcode::render::{svg, unicode};
use qrcode::{Color, EcLevel, QrCode};

use crate::device::argument;
use crate::error::{AuthenticatorError, InputProblem};

/// A drawn QR code.
pub struct Drawing {
    code: QrCode,
}

/// Draws a text, with error correction level M.
///
/// # Errors
/// [`AuthenticatorError::InvalidArgument`] when it is too long for a QR code.
pub fn draw(text: &str) -> Result<Drawing, AuthenticatorError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M);
    Ok(Drawing { code: code.map_err(|_| argument("qr", InputProblem::TooLong))? })
}

impl Drawing {
    /// With half blocks, two rows of modules in a line of text: for dark text on a light ground, or inverted.
    #[must_use]
    pub fn terminal(&self, ground: Ground) -> String {
        let (dark, light) = match ground {
            Ground::Light => (unicode::Dense1x2::Dark, unicode::Dense1x2::Light),
            Ground::Dark => (unicode::Dense1x2::Light, unicode::Dense1x2::Dark),
        };
        self.code.render::<unicode::Dense1x2>().dark_color(dark).light_color(light).build()
    }

    /// As an SVG document.
    #[must_use]
    pub fn svg(&self) -> String {
        self.code.render::<svg::Color<'_>>().min_dimensions(320, 320).build()
    }

    /// As rows of grey pixels, `scale` to a module, with the quiet zone of four modules: width (which is the height) and
    /// one byte a pixel, 0 or 255.
    #[must_use]
    pub fn pixels(&self, scale: u32) -> (u32, Vec<u8>) {
        let scale = usize::try_from(scale.clamp(1, 64)).unwrap_or(1);
        let modules = self.code.width();
        let side = modules.saturating_add(QUIET).saturating_add(QUIET);
        let colors = self.code.to_colors();
        let shade = |x: usize, y: usize| {
            let module = |at: usize| at.checked_sub(QUIET).filter(|at| *at < modules);
            let color = module(x)
                .zip(module(y))
                .and_then(|(x, y)| colors.get(y.saturating_mul(modules).saturating_add(x)));
            if color == Some(&Color::Dark) { 0 } else { 255 }
        };
        let mut pixels = Vec::new();
        for y in 0..side {
            let row: Vec<u8> = (0..side).flat_map(|x| std::iter::repeat_n(shade(x, y), scale)).collect();
            for _ in 0..scale {
                pixels.extend_from_slice(&row);
            }
        }
        (u32::try_from(side.saturating_mul(scale)).unwrap_or_default(), pixels)
    }
}

/// What a terminal drawing stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

/// Reads the one QR code in a grey picture, one byte a pixel, row by row.
///
/// # Errors
/// [`AuthenticatorError::InvalidQr`] when there is none, when it is not text, or when there are several that differ.
#[cfg(feature = "qr-read")]
pub fn read(width: u32, height: u32, luma: &[u8]) -> Result<String, AuthenticatorError> {
    let fault = |problem| AuthenticatorError::InvalidQr { field: "image".to_owned(), problem };
    let (width, height) = (usize::try_from(width), usize::try_from(height));
    let (Ok(width), Ok(height)) = (width, height) else { return Err(fault(InputProblem::TooLong)) };
    if width == 0 || height == 0 || width.checked_mul(height) != Some(luma.len()) {
        return Err(fault(InputProblem::NotAllowed));
    }
    let inverted: Vec<u8> = luma.iter().map(|shade| 255_u8.saturating_sub(*shade)).collect();
    let mut attempts = vec![(width, height, luma.to_vec())];
    // Large pictures are noisy ones: averaged, the noise goes and the modules stay.
    attempts.extend([2, 4].into_iter().filter_map(|by| shrink(width, height, luma, by)));
    attempts.push((width, height, inverted));
    attempts.push(enlarge(width, height, luma));
    for (width, height, pixels) in attempts {
        let mut texts = texts(width, height, &pixels)?;
        texts.sort_unstable();
        texts.dedup();
        match (texts.pop(), texts.is_empty()) {
            (Some(text), true) => return Ok(text),
            // Which one the person meant cannot be known.
            (Some(_), false) => return Err(fault(InputProblem::SeveralCodes)),
            (None, _) => {}
        }
    }
    Err(fault(InputProblem::NoCode))
}

#[cfg(feature = "qr-read")]
fn texts(width: usize, height: usize, luma: &[u8]) -> Result<Vec<String>, AuthenticatorError> {
    let not_text =
        |_| AuthenticatorError::InvalidQr { field: "image".to_owned(), problem: InputProblem::WrongType };
    let mut finder = quircs::Quirc::default();
    let decoded = finder.identify(width, height, luma).filter_map(|code| code.ok()?.decode().ok());
    decoded.map(|data| String::from_utf8(data.payload).map_err(not_text)).collect()
}

/// The picture at a fraction of its size, each pixel the average of those it stands for. Small pictures are left alone.
#[cfg(feature = "qr-read")]
fn shrink(width: usize, height: usize, luma: &[u8], by: usize) -> Option<(usize, usize, Vec<u8>)> {
    const LARGE: usize = 1000;
    let (wide, high) = (width.checked_div(by)?, height.checked_div(by)?);
    if width.max(height) < LARGE || wide == 0 || high == 0 {
        return None;
    }
    let mut pixels = Vec::with_capacity(wide.saturating_mul(high));
    for rows in luma.chunks_exact(width.checked_mul(by)?) {
        let mut sums = vec![0_u32; wide];
        for row in rows.chunks_exact(width) {
            for (sum, block) in sums.iter_mut().zip(row.chunks_exact(by)) {
                *sum = sum.saturating_add(block.iter().copied().map(u32::from).sum());
            }
        }
        let area = u32::try_from(by.checked_mul(by)?).ok()?;
        pixels.extend(
            sums.iter().map(|sum| u8::try_from(sum.checked_div(area).unwrap_or(0)).unwrap_or(u8::MAX)),
        );
    }
    pixels.truncate(wide.checked_mul(high)?);
    Some((wide, high, pixels))
}

/// Codes drawn with a pixel or two to a module are too fine for the finder.
#[cfg(feature = "qr-read")]
fn enlarge(width: usize, height: usize, luma: &[u8]) -> (usize, usize, Vec<u8>) {
    const BY: usize = 4;
    const SMALL: usize = 512;
    if width > SMALL || height > SMALL {
        return (width, height, luma.to_vec());
    }
    let mut pixels = Vec::new();
    for row in luma.chunks(width.max(1)) {
        let wide: Vec<u8> = row.iter().flat_map(|shade| std::iter::repeat_n(*shade, BY)).collect();
        for _ in 0..BY {
            pixels.extend_from_slice(&wide);
        }
    }
    (width.saturating_mul(BY), height.saturating_mul(BY), pixels)
}

/// ISO/IEC 18004 wants four light modules around a code.
const QUIET: usize = 4;

#[cfg(all(test, feature = "qr-read"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_drawn_is_read_in_every_size_and_inverted() {
        let text = format!(r#"{{"did":"{}","hst":"https://bank.example"}}"#, "x".repeat(300));
        for scale in [1, 2, 3, 8] {
            let (side, pixels) = draw(&text).unwrap().pixels(scale);
            assert_eq!(read(side, side, &pixels).unwrap(), text, "scale {scale}");
        }
        let (side, pixels) = draw(&text).unwrap().pixels(4);
        let inverted: Vec<u8> = pixels.iter().map(|shade| 255 - shade).collect();
        assert_eq!(read(side, side, &inverted).unwrap(), text);
    }

    #[test]
    fn a_large_noisy_picture_is_read() {
        let text = format!("{{\"did\":\"{}\"}}", "x".repeat(300));
        let (side, mut pixels) = draw(&text).unwrap().pixels(32);
        // Noise of a fixed kind: enough to break up every module for the finder.
        let mut state = 1_u32;
        for pixel in &mut pixels {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = u8::try_from(state >> 24).unwrap() / 5;
            *pixel = if *pixel == 0 { 60 + noise } else { 200 - noise };
        }
        assert_eq!(read(side, side, &pixels).unwrap(), text);
    }

    #[test]
    fn two_codes_in_one_picture_are_refused() {
        let (side, one) = draw("one").unwrap().pixels(4);
        let (_, two) = draw("two").unwrap().pixels(4);
        let both = [one, two].concat();
        assert!(matches!(read(side, side * 2, &both), Err(AuthenticatorError::InvalidQr { .. })));
    }

    #[test]
    fn too_long_a_text_and_empty_pictures_are_errors() {
        assert!(draw(&"x".repeat(3000)).is_err());
        assert!(
            read(0, 0, &[]).is_err()
                && read(2, 2, &[0; 3]).is_err()
                && read(u32::MAX, u32::MAX, &[]).is_err()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn noise_is_no_code(noise in proptest::collection::vec(any::<u8>(), 64 * 48)) {
            let _ = read(64, 48, &noise);
        }
    }
}
