//! JSON from strangers, read strictly.
//!
//! RFC 8259 leaves open what an object with a repeated name means, and readers differ: one takes the first, one the
//! last. What was checked could then be another value than what is used, so a repeated name is refused, at every
//! depth. Depth itself is bounded by `serde_json` (128), size by the caller.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Why a text is not the object that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonProblem {
    TooLong,
    NotAnObject,
}

/// Reads one JSON object of at most `limit` bytes, with nothing but white space around it.
pub(crate) fn object(text: &str, limit: usize) -> Result<Map<String, Value>, JsonProblem> {
    if text.len() > limit {
        return Err(JsonProblem::TooLong);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict.deserialize(&mut reader).map_err(|_| JsonProblem::NotAnObject)?;
    reader.end().map_err(|_| JsonProblem::NotAnObject)?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(JsonProblem::NotAnObject),
    }
}

/// A JSON value in which no object repeats a name.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value without repeated names")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Strict)?;
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("a name is repeated"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repeated_names_are_refused_at_every_depth() {
        assert!(object(r#"{"a":1,"b":{"a":2}}"#, 100).is_ok());
        for text in [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":1,"\u0061":2}]}"#, "[]", "1", "", "{} {}", "{\"a\":}"]
        {
            assert_eq!(object(text, 100), Err(JsonProblem::NotAnObject), "{text}");
        }
    }

    #[test]
    fn size_and_depth_are_bounded() {
        assert_eq!(object("{\"a\":1}", 6), Err(JsonProblem::TooLong));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(object(&deep, 20_000), Err(JsonProblem::NotAnObject));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\s\\S]*") {
            let _ = object(&text, 1 << 16);
        }

        #[test]
        fn what_serde_writes_is_read_back(keys in proptest::collection::hash_map("[a-z]{1,4}", "\\PC{0,8}", 0..6)) {
            let text = serde_json::to_string(&keys).unwrap();
            let read = object(&text, 1 << 16).unwrap();
            prop_assert_eq!(read.len(), keys.len());
        }
    }
}
