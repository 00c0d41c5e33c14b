//! A duration, or "forever".

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::kernel::SimDuration;

/// How long a breaker stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenFor {
    /// This long, then it lets calls try.
    Time(SimDuration),
    /// `"forever"` in the scenario file: nothing closes it again.
    Forever,
}

const FOREVER: &str = "forever";

struct OpenForVisitor;

impl Visitor<'_> for OpenForVisitor {
    type Value = OpenFor;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"30s\", or \"forever\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<OpenFor, E> {
        match text {
            FOREVER => Ok(OpenFor::Forever),
            _ => text.parse().map(OpenFor::Time).map_err(E::custom),
        }
    }
}

impl<'de> Deserialize<'de> for OpenFor {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_str(OpenForVisitor)
    }
}

impl Serialize for OpenFor {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Time(time) => time.serialize(s),
            Self::Forever => s.serialize_str(FOREVER),
        }
    }
}

impl JsonSchema for OpenFor {
    fn schema_name() -> Cow<'static, str> {
        "OpenFor".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let duration = generator.subschema_for::<SimDuration>();
        json_schema!({ "anyOf": [duration, { "const": FOREVER }] })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_times_are_read_and_written_alike() {
        let thirty = OpenFor::Time(SimDuration::from_secs(30));
        for (text, time) in [("\"30s\"", thirty), ("\"forever\"", OpenFor::Forever)] {
            assert_eq!(serde_json::from_str::<OpenFor>(text).unwrap(), time);
            assert_eq!(serde_json::to_string(&time).unwrap(), text);
        }
        let error = serde_json::from_str::<OpenFor>("30").unwrap_err().to_string();
        assert!(error.contains("or \"forever\""), "{error}");
        assert!(serde_json::from_str::<OpenFor>("\"never\"").is_err());
    }

    #[test]
    fn the_schema_stands_where_the_time_does_and_allows_both() {
        let schema = serde_json::to_value(schemars::schema_for!(Vec<OpenFor>)).unwrap();
        let [duration, forever] = &schema["items"]["anyOf"].as_array().unwrap()[..] else {
            unreachable!("{schema}")
        };
        assert_eq!(duration["type"], "string");
        assert_eq!(*forever, serde_json::json!({ "const": "forever" }));
        assert_eq!(OpenFor::schema_name(), "OpenFor");
    }
}
