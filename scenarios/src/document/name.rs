//! Strings that name something else in the file, or that have a grammar of their own.
//!
//! Each is a type of its own with a `format` in the schema, so that the one check that walks the
//! tree along the schema also finds unknown names.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

macro_rules! names {
    ($( $(#[doc = $doc:literal])+ $Name:ident = $format:literal, )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        pub(crate) struct $Name(pub(crate) String);

        impl JsonSchema for $Name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($Name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format })
            }

            fn inline_schema() -> bool {
                true
            }
        }
    )+ };
}

names! {
    /// A population of clients.
    ClientName = "client",
    /// A service.
    ServiceName = "service",
    /// A service, or one of its endpoints: `service.endpoint`.
    Callee = "callee",
    /// A policy.
    PolicyName = "policy",
    /// A link: `caller->callee`.
    LinkName = "link",
    /// A versioned row.
    RowName = "row",
    /// A kind of machines.
    MachineName = "machine",
    /// A store.
    StoreName = "store",
    /// An effect.
    EffectName = "effect",
    /// A cache.
    CacheName = "cache",
    /// A broker.
    BrokerName = "broker",
    /// A variant.
    VariantName = "variant",
    /// A claim.
    ClaimName = "claim",
    /// An expectation.
    ExpectationText = "expectation",
    /// A condition of an alert.
    ConditionText = "condition",
    /// A probe of the hypothesis.
    ProbeText = "probe",
    /// A figure that bars are drawn of.
    FigureText = "figure",
    /// A course over time that lines are drawn of.
    CourseText = "course",
    /// A file beside the scenario.
    FileName = "file",
}
