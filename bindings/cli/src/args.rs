//! The command line as it is typed. Names are a contract: scripts depend on them.
//!
//! Nothing here derives `Debug`: tokens are among the arguments.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use authpush_core::RequestState;
use clap::builder::OsStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::help::{AFTER, STORY};

/// Everything that can be said.
#[derive(Parser)]
#[command(
    name = "authpush",
    version,
    about = "A virtual authentication device for push consent (CIBA), and a sandbox server to try it with",
    long_about = STORY,
    after_help = AFTER,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What holds for every command, and may stand before or after it.
#[derive(Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// The device's data; made for its owner alone [default: `authpush` in the platform's data directory]
    // An empty variable is as good as none; the parser for paths would call it an error.
    #[arg(long, global = true, value_name = "DIR", env = "AUTHPUSH_HOME", value_parser = OsStringValueParser::new())]
    pub(crate) home: Option<OsString>,

    /// One JSON document on stdout; a failure is one JSON object on stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// One more trust anchor, PEM: a server's own certificate or its authority's (repeatable)
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_cert: Vec<PathBuf>,

    /// Trust the given anchors alone, not the public authorities
    #[arg(long, global = true)]
    pub(crate) no_public_roots: bool,

    /// A pinned key, besides the usual verification: one of a host's pins must match (repeatable)
    #[arg(long, global = true, value_name = "[HOST=]sha256/BASE64")]
    pub(crate) pin: Vec<String>,

    /// Enrol with and talk to these hosts only; without a port, to any port (repeatable)
    #[arg(long, global = true, value_name = "HOST[:PORT]")]
    pub(crate) allow_host: Vec<String>,

    /// Allow http:// to this very machine
    #[arg(long, global = true)]
    pub(crate) insecure_loopback: bool,

    /// Most seconds for a whole network call
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) timeout: u32,
}

/// Options that may be repeated. All of one kind must stand on one side of the command, see `main`.
pub(crate) const REPEATABLE: [&str; 3] = ["--ca-cert", "--pin", "--allow-host"];

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Enrol this device with the server of a QR code
    ///
    /// Makes a key pair, proves it to the server and keeps the account. If the answer is lost, the same QR code again settles
    /// it. A user may have one device only on classic and Open Banking servers.
    ///
    /// Example: authpush add-account bank.png --push-id demo-token --ca-cert bank.pem
    AddAccount(AddAccount),

    /// List the accounts of this device
    ///
    /// Example: authpush accounts
    Accounts,

    /// Take in a push message
    ///
    /// Shows what is asked, and keeps the request until it is approved or denied. The same push again is the same request.
    ///
    /// Example: authpush receive @push.json
    Receive {
        /// The message as JSON: {"data":{..}}, its flat data, or an iOS userInfo; or @FILE, or -
        push: String,
    },

    /// List the requests, the newest first
    ///
    /// Example: authpush requests --state pending
    Requests {
        /// Only those in this state
        #[arg(long, value_enum)]
        state: Option<State>,
    },

    /// Approve a request
    ///
    /// Shows it and asks for your verification, then signs the approval and sends it. For a consent, choose the accounts
    /// that it covers. The same approval again sends an unconfirmed one once more.
    ///
    /// Example: authpush approve 3f0c1a --account-id 12345 --yes
    Approve(Approve),

    /// Deny a request
    ///
    /// Needs no verification, and works whatever the request says.
    ///
    /// Example: authpush deny 3f0c1a
    Deny {
        /// The request
        #[arg(value_name = "ID")]
        request_id: String,
    },

    /// Deliver the decisions that are still queued
    ///
    /// A server that asked to be left alone for a while is left alone.
    ///
    /// Example: authpush retry
    Retry,

    /// List every request with its decision, the newest first: the provided consents
    ///
    /// Example: authpush history --limit 10
    History {
        /// Only those of this account
        #[arg(long, value_name = "DEVICE_ID")]
        device: Option<String>,
        /// Only so many
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
    },

    /// Tell the server of a new push token
    ///
    /// Needs the user's own bearer token; without one the way is a new enrolment.
    ///
    /// Example: authpush set-push-id $DEVICE @token --bearer @bearer
    SetPushId {
        /// The account
        device_id: String,
        /// The new push token, or @FILE, or -
        token: String,
        #[command(flatten)]
        bearer: Bearer,
    },

    /// Tell the server of a new device name
    ///
    /// Needs the user's own bearer token.
    ///
    /// Example: authpush set-device-name $DEVICE "Alice's phone" --bearer @bearer
    SetDeviceName {
        /// The account
        device_id: String,
        /// The new name; cut to 45 characters
        name: String,
        #[command(flatten)]
        bearer: Bearer,
    },

    /// Remove the device at its server, and then the account here
    ///
    /// Its history stays. Wait some seconds after an approval: the server still needs the key.
    ///
    /// Example: authpush remove-account $DEVICE
    RemoveAccount {
        /// The account
        device_id: String,
        /// Give up decisions that are not delivered yet
        #[arg(long)]
        abandon: bool,
    },

    /// Delete the account here and tell nobody; prefer remove-account
    ///
    /// The server goes on pushing to this device.
    ///
    /// Example: authpush forget-account $DEVICE --yes
    ForgetAccount {
        /// The account
        device_id: String,
        /// Yes, without telling the server
        #[arg(long, required = true)]
        yes: bool,
    },

    /// Draw a QR code, or read one from a picture
    #[command(subcommand, disable_help_subcommand = true)]
    Qr(Qr),

    /// Follow the sandbox's push gateway: show each request as it comes, and ask
    ///
    /// On a terminal it asks for the decision. With --json it prints one line for each and does not ask.
    /// Ctrl-C ends it.
    ///
    /// Example: authpush listen --ca-cert ca.pem
    Listen {
        /// Only for this account
        #[arg(long, value_name = "DEVICE_ID")]
        device: Option<String>,
    },

    /// Run a server to try things with: the server side over real TLS, with its quirks
    ///
    /// Its first line is JSON with its address and certificate (`url`, `ca_cert`), then comes a line for each event. Ctrl-C ends it.
    ///
    /// Example: authpush sandbox --data ./sandbox
    Sandbox(SandboxArgs),

    /// Tell the whole story in one process: server, shop and device
    ///
    /// Asks for the decision on a terminal; --approve or --deny decide in advance.
    ///
    /// Example: authpush demo --approve
    Demo(Demo),
}

#[derive(Args)]
pub(crate) struct AddAccount {
    /// The QR code: its JSON, a picture (PNG, JPEG), @FILE, or -
    pub(crate) qr: String,
    /// The token under which the push service reaches this device, or @FILE, or -
    #[arg(long, value_name = "TOKEN")]
    pub(crate) push_id: String,
    /// What you call the device; cut to 45 characters
    #[arg(long, value_name = "NAME", default_value = "authpush")]
    pub(crate) device_name: String,
    /// Its model; cut to 45 characters
    #[arg(long, value_name = "MODEL", default_value = "Virtual device")]
    pub(crate) device_model: String,
    /// Size of its RSA key
    #[arg(long, value_enum, value_name = "BITS", default_value_t = KeyBits::Rsa2048)]
    pub(crate) key_bits: KeyBits,
    /// The push service, for servers that know several (7.1 and later): `FCM`, `AmazonSNS`
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// What the push service wants to know, such as platform=APNS (repeatable)
    #[arg(long, value_name = "K=V", value_parser = key_value, requires = "provider")]
    pub(crate) provider_metadata: Vec<(String, String)>,
}

#[derive(Args)]
pub(crate) struct Approve {
    /// The request
    #[arg(value_name = "ID")]
    pub(crate) request_id: String,
    /// An account that the consent shall cover (repeatable)
    #[arg(long, value_name = "ID")]
    pub(crate) account_id: Vec<String>,
    /// The number that the other screen shows, where it shows one
    #[arg(long, value_name = "N")]
    pub(crate) number: Option<String>,
    /// Stands for your verification, in scripts
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct Bearer {
    /// The user's access token, or @FILE, or -
    #[arg(long, value_name = "TOKEN", env = "AUTHPUSH_BEARER", hide_env_values = true)]
    pub(crate) bearer: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Qr {
    /// Draw a text (a QR code's JSON) in the terminal, or into a file
    ///
    /// Example: authpush qr encode @enrolment.json --out bank.png
    Encode {
        /// The text, or @FILE, or -
        text: String,
        /// A picture, .png or .svg
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Print what the QR code in a picture says
    ///
    /// Example: authpush qr decode bank.png
    Decode {
        /// A PNG or JPEG file, or - for standard input
        image: String,
    },
}

#[derive(Args)]
pub(crate) struct SandboxArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9446")]
    pub(crate) listen: SocketAddr,
    /// Which server to play
    #[arg(long, value_enum, default_value_t = ServerProfile::OpenBanking)]
    pub(crate) profile: ServerProfile,
    /// Keep users, devices, consents and the certificate here [default: in memory]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The users' tenant
    #[arg(long, default_value = "carbon.super")]
    pub(crate) tenant: String,
    /// The user that exists from the start, beside admin; the password is the name
    #[arg(long, default_value = "alice")]
    pub(crate) user: String,
    /// Do what was meant, and not what the real server does
    #[arg(long)]
    pub(crate) no_quirks: bool,
}

#[derive(Args)]
pub(crate) struct Demo {
    /// Approve without asking
    #[arg(long, conflicts_with = "deny")]
    pub(crate) approve: bool,
    /// Deny without asking
    #[arg(long)]
    pub(crate) deny: bool,
    /// Which server to play
    #[arg(long, value_enum, default_value_t = ServerProfile::OpenBanking)]
    pub(crate) profile: ServerProfile,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServerProfile {
    OpenBanking,
    Classic,
    Is7,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyBits {
    #[value(name = "2048")]
    Rsa2048,
    #[value(name = "3072")]
    Rsa3072,
    #[value(name = "4096")]
    Rsa4096,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    Pending,
    Approved,
    Denied,
    Expired,
}

fn key_value(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("it is K=V that is wanted")?;
    if key.is_empty() { Err("its key is empty") } else { Ok((key.to_owned(), value.to_owned())) }
}

impl From<ServerProfile> for authpush_sandbox::Profile {
    fn from(profile: ServerProfile) -> Self {
        match profile {
            ServerProfile::OpenBanking => Self::OpenBanking,
            ServerProfile::Classic => Self::Classic,
            ServerProfile::Is7 => Self::Is7,
        }
    }
}

impl KeyBits {
    pub(crate) fn bits(self) -> u32 {
        match self {
            Self::Rsa2048 => 2048,
            Self::Rsa3072 => 3072,
            Self::Rsa4096 => 4096,
        }
    }
}

impl From<State> for RequestState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Approved => Self::Approved,
            State::Denied => Self::Denied,
            State::Expired => Self::Expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn globals_stand_before_and_after_the_command() {
        for line in [["authpush", "--json", "accounts"], ["authpush", "accounts", "--json"]] {
            assert!(Cli::try_parse_from(line).is_ok_and(|cli| cli.globals.json));
        }
    }

    #[test]
    fn every_command_is_explained_with_an_example() {
        for command in Cli::command().get_subcommands().filter(|command| command.get_name() != "qr") {
            let help = command.get_long_about().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("Example: authpush {}", command.get_name())), "{help}");
        }
    }

    #[test]
    fn tokens_in_the_environment_are_not_in_the_help() {
        let help = Cli::command()
            .find_subcommand("set-push-id")
            .and_then(|command| command.get_arguments().find(|argument| argument.get_id() == "bearer"))
            .map(clap::Arg::is_hide_env_values_set);
        assert_eq!(help, Some(true));
    }
}
