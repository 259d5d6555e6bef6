//! What an administrator would have set, and which of the 7.x lines is played.

use serde::{Deserialize, Serialize};

/// How many devices a user may have, and with that which servlet answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceLine {
    /// One device per user, as until the authenticator 1.1.5: a second answer takes the place of the first.
    One,
    /// Several devices, as from 1.1.6 on: all are asked, and the first answer counts.
    #[default]
    Many,
}

/// The settings of the is7 profile. They do not outlive a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Is7Settings {
    /// The line that is played.
    pub device_line: DeviceLine,
    /// The most devices of a user, where there may be several.
    pub max_devices: usize,
    /// Whether every login asks for a number, whatever it says itself.
    pub number_challenge: bool,
    /// Whether pushes say where the answer goes; 7.1 does not.
    pub relative_path: bool,
    /// Whether a user's other devices hear of a new one, where there may be several.
    pub registration_notice: bool,
    /// The push services that are set up, by the server's names. Without exactly one, a phone has to name its own.
    pub push_senders: Vec<String>,
}

impl Default for Is7Settings {
    fn default() -> Self {
        Self {
            device_line: DeviceLine::Many,
            max_devices: 10,
            number_challenge: false,
            relative_path: true,
            registration_notice: true,
            push_senders: vec!["FCM".to_owned()],
        }
    }
}
