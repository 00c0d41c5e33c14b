//! A whole number, or "unlimited".

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// As often as it takes: `"unlimited"` in the scenario file.
    Unlimited,
    /// At most this often.
    AtMost(u32),
}

const UNLIMITED: &str = "unlimited";

struct LimitVisitor;

impl Visitor<'_> for LimitVisitor {
    type Value = Limit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0 to 4294967295, or \"unlimited\"")
    }

    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Limit, E> {
        let limit = u32::try_from(n).map(Limit::AtMost);
        limit.map_err(|_| E::invalid_value(Unexpected::Unsigned(n), &self))
    }

    fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Limit, E> {
        let limit = u32::try_from(n).map(Limit::AtMost);
        limit.map_err(|_| E::invalid_value(Unexpected::Signed(n), &self))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Limit, E> {
        match text {
            UNLIMITED => Ok(Limit::Unlimited),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(LimitVisitor)
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unlimited => s.serialize_str(UNLIMITED),
            Self::AtMost(n) => s.serialize_u32(*n),
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": u32::MAX },
                { "const": UNLIMITED }
            ]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_written_alike() {
        for (text, limit) in
            [("4", Limit::AtMost(4)), ("0", Limit::AtMost(0)), ("\"unlimited\"", Limit::Unlimited)]
        {
            assert_eq!(serde_json::from_str::<Limit>(text).unwrap(), limit);
            assert_eq!(serde_json::to_string(&limit).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_limit_says_what_one_is() {
        for text in ["-1", "4294967296", "\"many\"", "1.5", "true"] {
            let error = serde_json::from_str::<Limit>(text).unwrap_err().to_string();
            assert!(error.contains("or \"unlimited\""), "{text}: {error}");
        }
    }

    #[test]
    fn the_schema_stands_where_the_limit_does_and_allows_both() {
        let schema = serde_json::to_value(schemars::schema_for!(Vec<Limit>)).unwrap();
        let whole = serde_json::json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
        let both = serde_json::json!([whole, { "const": "unlimited" }]);
        assert_eq!(schema["items"]["anyOf"], both);
        assert_eq!(Limit::schema_name(), "Limit");
    }
}
