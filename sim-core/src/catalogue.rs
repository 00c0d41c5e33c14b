//! The catalogue of everything a scenario file can name, and the macro that registers it.
//!
//! A registered thing (a backoff, a balancer, a fault, …) is one file that holds its
//! parameters, its checks, its behaviour, its source and its tests; one `mod` line; and one row
//! of `registry!`. The row generates the enum variant, the name in the file format, the
//! dispatch and the entry behind `squall list`.

use schemars::{Schema, SchemaGenerator};

/// What a registered thing says about itself.
pub trait Described {
    /// One sentence: what it does.
    const SUMMARY: &'static str;
    /// What it follows: paper, library (with version) or RFC.
    const SOURCE: &'static str;
}

/// One registered thing, as `squall list` and the generated reference show it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is: "backoff", "balancer", "fault", …
    pub kind: &'static str,
    /// Its name in the scenario file.
    pub name: &'static str,
    /// One sentence: what it does.
    pub summary: &'static str,
    /// What it follows: paper, library (with version) or RFC.
    pub source: &'static str,
    /// The JSON Schema of its parameters, with their defaults and descriptions.
    pub parameters: fn(&mut SchemaGenerator) -> Schema,
}

/// Defines a registry: an externally tagged enum with a variant a row, its catalogue and its
/// dispatch.
///
/// ```text
/// registry! {
///     ($)                                     // passes the dollar sign to the inner macro
///     /// How long to wait before the next attempt.
///     pub enum Backoff as "backoff", dispatch each_backoff {
///         "fixed" => Fixed(fixed::Fixed),
///         "exponential" => Exponential(exponential::Exponential),
///     }
/// }
/// ```
///
/// `each_backoff!(value, item => expression)` then evaluates the expression with `item` bound to
/// the variant's parameters, whichever variant it is.
macro_rules! registry {
    (
        ($d:tt)
        $(#[$doc:meta])*
        pub enum $Enum:ident as $kind:literal, dispatch $each:ident {
            $( $(#[$vdoc:meta])* $name:literal => $Variant:ident($($Params:tt)+) ),+ $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]
        pub enum $Enum {
            $(
                #[doc = concat!("`", $name, "` in the scenario file.")]
                $(#[$vdoc])*
                #[serde(rename = $name)]
                $Variant($($Params)+),
            )+
        }

        impl $Enum {
            /// Every registered variant, in the order of registration.
            pub const CATALOGUE: &'static [$crate::catalogue::Entry] = &[
                $( $crate::catalogue::Entry {
                    kind: $kind,
                    name: $name,
                    summary: <$($Params)+ as $crate::catalogue::Described>::SUMMARY,
                    source: <$($Params)+ as $crate::catalogue::Described>::SOURCE,
                    parameters: <$($Params)+ as ::schemars::JsonSchema>::json_schema,
                }, )+
            ];

            /// The name in the scenario file.
            pub fn name(&self) -> &'static str {
                match self { $( Self::$Variant(_) => $name, )+ }
            }
        }

        #[allow(unused_macros, reason = "a registry need not dispatch")]
        macro_rules! $each {
            ($d value:expr, $d item:ident => $d body:expr) => {
                match $d value { $( $Enum::$Variant($d item) => $d body, )+ }
            };
        }
        #[allow(unused_imports, reason = "a registry need not dispatch")]
        pub(crate) use $each;
    };
}
pub(crate) use registry;
