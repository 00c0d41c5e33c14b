//! Expectations: `term op bound ["in" share "of runs"]`, one grammar everywhere.
//!
//! ```text
//! expectation = term op bound [ "in" share "of runs" ]
//! term        = aggregation "(" subject [ "," window ] [ "," phase ] ")"
//!             | "time_to_recover" | "verdict"
//! aggregation = "peak_rate" | "rate" | "count" | "share" | "mean" | "max" | "p50" … "p99.9"
//!             | "amplification" | "wasted" | "availability"
//! subject     = name [ ":" quantity ]
//! phase       = "warmup" | "before" | "during" | "after" [ "(" duration ")" ]
//!             | "until_steady" | "rest" | "all"
//! op          = "<=" | "<" | ">=" | ">" | "==" | "before"
//! bound       = number | percentage | duration | rate | verdict
//!             | number "x" ( "baseline" | "control" | variant )
//! ```
//!
//! A condition that stops a fault is an expectation of the moment: every measure of it has a window,
//! which ends now, there is no phase, and the bound is a figure.

mod ast;
mod cursor;
mod parse;
mod unit;
mod words;

pub use ast::{
    Aggregation, Bound, Expectation, MeasureTerm, Op, Phase, Quantity, Reference, Subject, Term,
    Verdict,
};
pub use parse::{ExpectationError, parse, parse_condition};
