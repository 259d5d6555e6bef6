//! What differs between servers, behind one trait; everything else in core is the same for all of them.

use serde_json::{Map, Value};

use crate::choice::Choice;
use crate::device::PushProvider;
use crate::discovery::Discovery;
use crate::error::AuthenticatorError;
use crate::fields::Fields;
use crate::path::UrlPath;
use crate::reply::Reply;

/// One kind of server: how it is recognised, what is sent to it, and what its answers mean.
pub(crate) trait Wire: Sync {
    /// Whether a QR code is one of this server's, by its keys.
    fn recognises(&self, qr: &Fields) -> bool;

    /// Reads a QR code that it recognised.
    fn read_qr(&self, qr: &Fields) -> Result<Discovery, AuthenticatorError>;

    /// The key of a push that holds the session, which also tells the push's shape.
    fn session_key(&self) -> &'static str;

    /// Under which keys a push says what is shown, and what else it may say.
    fn push_keys(&self) -> &'static PushKeys;

    /// A short code derived from the session key that another screen may show.
    fn connection_code(&self, session_key: &str) -> Option<String>;

    /// Whether a push's metadata is a consent to be agreed to, or merely text to show.
    fn metadata(&self) -> Metadata;

    /// How long a request may wait for its person, in seconds from its receipt.
    fn request_life(&self) -> i64;

    /// The registration's body. `signature` and `public_key` are Base64 already.
    fn registration(&self, registration: &Registration<'_>) -> Value;

    /// What an answer to the registration means.
    fn registered(&self, reply: &Reply) -> Registered;

    /// The answer's path and claims.
    fn answer(&self, discovery: &Discovery, answer: &AnswerFacts<'_>) -> WireToken;

    /// Whether a 5xx with the server's own code is a refusal and not an accident.
    fn refuses(&self, answer: &AnswerFacts<'_>, reply: &Reply) -> bool;

    /// The refusal that means "I have no such device", for an answer.
    fn is_unknown_device(&self, answer: &AnswerFacts<'_>, reply: &Reply) -> bool;

    /// The refusal that means "nobody is asked that (any more)", which after a try that may have arrived may be its success.
    fn is_unknown_session(&self, reply: &Reply) -> bool;

    /// Whether the reply is how this server refuses a token whose times do not fit its clock.
    fn blames_the_clock(&self, call: SignedCall<'_>, reply: &Reply) -> bool;

    /// The removal's path and claims.
    fn removal(&self, discovery: &Discovery) -> Result<WireToken, AuthenticatorError>;

    /// Whether a removal's reply says that the device is not there (any more).
    fn is_gone(&self, reply: &Reply) -> bool;

    /// The body that changes one property of the device with the user's bearer token, where the server can do that.
    fn edit(&self, edit: Edit<'_>) -> Option<Value>;

    /// Whether the reply to an edit says that there is no such device.
    fn edit_finds_no_device(&self, reply: &Reply) -> bool;
}

/// The keys of a push that differ between servers. `None`: this server's pushes do not have it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PushKeys {
    pub(crate) browser: &'static str,
    pub(crate) os: &'static str,
    /// The user's organisation; the first of these that is there.
    pub(crate) organization: &'static [&'static str],
    /// The number that the other screen shows.
    pub(crate) number: Option<&'static str>,
    /// The root below which the answer is wanted.
    pub(crate) relative_path: Option<&'static str>,
    /// What the push is about.
    pub(crate) scenario: Option<Scenario>,
}

/// How a push tells a request from mere information.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scenario {
    pub(crate) key: &'static str,
    /// The value of a request for a decision.
    pub(crate) request: &'static str,
}

/// What a push's `metadata` is to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metadata {
    /// A consent as JSON in a string.
    Consent,
    /// Text to show, given back with the answer.
    Echo,
    /// Nothing: it has none.
    None,
}

/// What a registration says.
pub(crate) struct Registration<'a> {
    pub(crate) device_id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) model: &'a str,
    pub(crate) push_id: &'a str,
    pub(crate) public_key: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) provider: Option<&'a PushProvider>,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registered {
    /// The device is registered.
    Yes,
    /// Refused for good.
    No,
    /// Refused in the way in which a second registration after a successful one is refused.
    NoOrBefore,
    /// Nothing is known.
    Unknown,
}

/// Everything that an answer's token depends on.
#[derive(Clone, Copy)]
pub(crate) struct AnswerFacts<'a> {
    pub(crate) session_key: &'a str,
    pub(crate) challenge: &'a str,
    pub(crate) choice: Choice,
    pub(crate) subject: Subject<'a>,
    /// The number that the person gave, as the server sent it.
    pub(crate) number: Option<&'a str>,
    /// Where the push says that the answer is wanted; a server's wire decides whether that is believed.
    pub(crate) relative_path: Option<&'a str>,
}

/// What the answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    /// A login, with the push's metadata text if that was shown and is to be given back.
    Login { echo: Option<&'a str> },
    /// A consent, with the account ids that the answer names.
    Consent { account_ids: &'a [String] },
}

/// Which signed call a reply answers.
#[derive(Clone, Copy)]
pub(crate) enum SignedCall<'a> {
    Answer(&'a AnswerFacts<'a>),
    Removal,
}

/// A token to be signed for one call: where it goes and what it says, apart from its times.
pub(crate) struct WireToken {
    pub(crate) path: UrlPath,
    /// The key of the JSON body that carries the token.
    pub(crate) body_key: &'static str,
    /// The header parameter that names the device.
    pub(crate) device_parameter: &'static str,
    pub(crate) claims: Map<String, Value>,
    pub(crate) times: Times,
}

/// The times a server wants in a token, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// `exp` minus `iat`.
    pub(crate) life: i64,
    /// How much of that life must be left when it arrives, travel included.
    pub(crate) spare: i64,
    /// Whether `nbf` is wanted.
    pub(crate) not_before: NotBefore,
}

/// Whether a token says from when it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotBefore {
    /// It does: `nbf`.
    Stated,
    /// It does not.
    Omitted,
}

/// A change to a registered device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit<'a> {
    PushId(&'a str),
    Name(&'a str),
}
