//! What the bank's page shows to a phone: discovery data as text and as a QR code.

use qrcode::{EcLevel, QrCode, render::svg};
use serde::Serialize;

use super::{Control, ControlError};

/// New discovery data for a user, drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegistrationCode {
    /// What the QR code holds.
    pub text: String,
    /// Rows of the QR code, without the quiet zone.
    pub modules: usize,
    /// The QR code as an SVG document, dark on white with its quiet zone.
    pub svg: String,
}

impl Control {
    /// New discovery data for a user as a QR code.
    pub fn registration_code(&self, username: &str) -> Result<RegistrationCode, ControlError> {
        let text = self.enrolment(username)?.to_string();
        let code = QrCode::with_error_correction_level(&text, EcLevel::M)
            .map_err(|_| ControlError::Invalid("the discovery data do not fit into a QR code".to_owned()))?;
        Ok(RegistrationCode {
            svg: code.render::<svg::Color<'_>>().min_dimensions(320, 320).build(),
            modules: code.width(),
            text,
        })
    }
}
