//! Named values of a JSON object from a stranger, each read as what it must be or refused by name.

use serde_json::{Map, Value};

use crate::error::{AuthenticatorError, InputProblem};
use crate::json::{JsonProblem, object};

/// The object of a QR code or of a push, which knows how its errors are told.
pub(crate) struct Fields {
    map: Map<String, Value>,
    source: Source,
}

/// Where the object came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Qr,
    Push,
}

impl Fields {
    /// Reads a whole text of at most `limit` bytes.
    pub(crate) fn read(text: &str, limit: usize, source: Source) -> Result<Self, AuthenticatorError> {
        let map = object(text, limit).map_err(|problem| {
            let problem = match problem {
                JsonProblem::TooLong => InputProblem::TooLong,
                JsonProblem::NotAnObject => InputProblem::NotJson,
            };
            source.fault(source.whole(), problem)
        })?;
        Ok(Self { map, source })
    }

    /// Whether the key is there with any value but null.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| !value.is_null())
    }

    /// A text that must be there, with at least one character.
    pub(crate) fn required(&self, key: &str) -> Result<&str, AuthenticatorError> {
        match self.map.get(key) {
            None | Some(Value::Null) => Err(self.fault(key, InputProblem::Missing)),
            Some(Value::String(text)) if text.is_empty() => Err(self.fault(key, InputProblem::Missing)),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(self.fault(key, InputProblem::WrongType)),
        }
    }

    /// A text that may be absent, null or empty.
    pub(crate) fn optional(&self, key: &str) -> Result<Option<&str>, AuthenticatorError> {
        match self.map.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.fault(key, InputProblem::WrongType)),
        }
    }

    /// A required text that passes `check`.
    pub(crate) fn checked(
        &self,
        key: &str,
        check: fn(&str) -> Result<(), InputProblem>,
    ) -> Result<String, AuthenticatorError> {
        let text = self.required(key)?;
        check(text).map_err(|problem| self.fault(key, problem))?;
        Ok(text.to_owned())
    }

    /// The value as it is, null and absent alike being `None`.
    pub(crate) fn raw(&self, key: &str) -> Option<&Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// The object under `key`, taken as fields of the same source.
    pub(crate) fn nested(&self, key: &str) -> Option<Self> {
        let map = self.map.get(key)?.as_object()?.clone();
        Some(Self { map, source: self.source })
    }

    /// The error that names `key`.
    pub(crate) fn fault(&self, key: &str, problem: InputProblem) -> AuthenticatorError {
        self.source.fault(key, problem)
    }

    /// The error about the text as a whole.
    pub(crate) fn whole_fault(&self, problem: InputProblem) -> AuthenticatorError {
        self.source.fault(self.source.whole(), problem)
    }
}

impl Source {
    fn whole(self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::Push => "push",
        }
    }

    fn fault(self, key: &str, problem: InputProblem) -> AuthenticatorError {
        let field = key.to_owned();
        match self {
            Self::Qr => AuthenticatorError::InvalidQr { field, problem },
            Self::Push => AuthenticatorError::InvalidPush { field, problem },
        }
    }
}
