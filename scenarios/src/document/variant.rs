//! `[[variants]]`, `[[expect]]` and `[report]`: what is compared, expected and shown.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::{ClaimName, ClientName, ExpectationText, ServiceName, VariantName};

/// A changed form of the scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variant {
    /// Its name, in tables, charts and expectations.
    pub(crate) name: String,
    /// What is changed: a path in quotes, and the value to put there. An item of a list is
    /// addressed by its tag or its `name` where that is unique, else by its position from 0.
    #[serde(default, rename = "set")]
    _set: IndexMap<String, AnyValue>,
}

/// Any value: what a path is set to is checked where it is put.
#[derive(Clone, Debug)]
pub(crate) struct AnyValue;

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(d).map(|_| Self)
    }
}

impl JsonSchema for AnyValue {
    fn schema_name() -> Cow<'static, str> {
        "AnyValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::from(true)
    }

    fn inline_schema() -> bool {
        true
    }
}

/// Something that has to come out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// Of which variant; if not given, of the file as it is written.
    #[serde(default)]
    pub(crate) variant: Option<VariantName>,
    /// What: `term op bound ["in" share "of runs"]`, such as
    /// "peak_rate(payment, 1s, after(30s)) <= 4.5x baseline".
    pub(crate) that: ExpectationText,
    /// The claim that this answers.
    #[serde(default)]
    pub(crate) claim: Option<ClaimName>,
}

/// What tables and charts are about.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    /// The population of clients; if not given, the first.
    #[serde(default)]
    pub(crate) client: Option<ClientName>,
    /// The service; if not given, the one that the first fault hits, else the one that the
    /// client calls.
    #[serde(default)]
    pub(crate) service: Option<ServiceName>,
}
