//! Drawing QR codes, and reading them from pictures.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use authpush_core::display_safe;
use authpush_core::qr::{Drawing, Ground, draw};
use image::{GrayImage, ImageFormat};
use serde_json::json;

use crate::app::{App, Status};
use crate::args::Qr;
use crate::failure::{Failure, OUTPUT_FAILED};
use crate::input;
use crate::output::{has_colours, on_terminal};

pub(crate) fn run(app: &App, command: Qr) -> Result<Status, Failure> {
    match command {
        Qr::Encode { text, out } => encode(app, &text, out.as_deref()),
        Qr::Decode { image } => decode(app, &image),
    }
}

fn encode(app: &App, text: &str, out: Option<&Path>) -> Result<Status, Failure> {
    let text = input::text(text)?;
    let drawing = draw(text.strip_suffix('\n').unwrap_or(&text))?;
    match out {
        None => {
            app.output.result(|| json!({ "qr": drawing.terminal(Ground::Dark) }), || coloured(&drawing))?;
        }
        Some(path) => {
            save(&drawing, path)?;
            let name = display_safe(&path.display().to_string(), 1000);
            app.output.result(|| json!({ "file": name }), || format!("Drawn into {name}"))?;
        }
    }
    Ok(Status::Done)
}

fn decode(app: &App, image: &str) -> Result<Status, Failure> {
    let text = input::picture(image)?;
    // A terminal must be spared what strangers put into a code; a file or a pipe gets it as it is.
    let shown = || if on_terminal() { display_safe(&text, usize::MAX) } else { text.clone() };
    app.output.result(|| json!({ "text": text }), shown)?;
    Ok(Status::Done)
}

/// Black on white where there are colours: it can be scanned whatever the terminal looks like. Elsewhere light blocks stand
/// for light, as most terminals are dark.
pub(super) fn coloured(drawing: &Drawing) -> String {
    if !has_colours() {
        return drawing.terminal(Ground::Dark);
    }
    let style: Style = AnsiColor::Black.on(AnsiColor::BrightWhite);
    let line = |line: &str| format!("{style}{line}{style:#}");
    drawing.terminal(Ground::Light).lines().map(line).collect::<Vec<_>>().join("\n")
}

fn save(drawing: &Drawing, path: &Path) -> Result<(), Failure> {
    let named = |extension: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension));
    let failed = |why: &dyn std::fmt::Display| {
        Failure::new(OUTPUT_FAILED, &format!("{} cannot be written: {why}", path.display()))
    };
    if named("svg") {
        return std::fs::write(path, drawing.svg()).map_err(|error| failed(&error));
    }
    if !named("png") {
        return Err(Failure::usage("--out takes a file that ends in .png or .svg"));
    }
    let (side, pixels) = drawing.pixels(SCALE);
    let picture = GrayImage::from_raw(side, side, pixels).ok_or_else(|| failed(&"it could not be drawn"))?;
    picture.save_with_format(path, ImageFormat::Png).map_err(|error| failed(&error))
}

/// Pixels to a module: fine for a screen and for print.
const SCALE: u32 = 8;
