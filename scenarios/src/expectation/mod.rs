//! Expectations: `term op bound ["in" share "of runs"]`, one grammar everywhere.
//!
//! ```text
//! expectation = term op bound [ "in" share "of runs" ]
//! term        = aggregation "(" subject [ "," window ] [ "," phase ] ")"
//!             | "time_to_recover" | "verdict" | "hypothesis" | moment | "false_alarms(" alert ")"
//! moment      = "deadlock" | "alert(" alert ")" | "saturated(" resource ")"
//! resource    = service | service "." pool | call | store | broker | machine ".cores" | service ".memory"
//! aggregation = "peak_rate" | "rate" | "count" | "share" | "mean" | "max" | "p50" … "p99.9"
//!             | "amplification" | "wasted" | "availability"
//! subject     = name [ ":" quantity ]
//! phase       = "warmup" | "before" | "during" | "after" [ "(" duration ")" ]
//!             | "until_steady" | "rest" | "all"
//! op          = "<=" | "<" | ">=" | ">" | "==" | "before"
//! bound       = number | percentage | duration | rate | verdict | finding
//!             | number "x" ( "baseline" | "control" | variant )
//!             | moment | "never"
//! finding     = "confirmed" | "refuted" | "not_steady" | "undecided"
//! ```
//!
//! Others share its words. A *condition* of an alert is `aggregation "(" subject "," window ")" op
//! figure`: its window is how far it looks back. A *probe* of a hypothesis is an expectation of an
//! aggregation without phase, since it is checked before, during and after the faults. A chart draws a
//! *figure*, which is a term of an expectation that is a number, or a *course*, which is an aggregation
//! without window and phase, since it is measured bin by bin.

mod ast;
mod cursor;
mod parse;
mod unit;
mod words;

pub use ast::{
    Aggregation, Bound, Condition, Expectation, Finding, MeasureTerm, Op, Phase, Quantity,
    Reference, Subject, Term, Verdict,
};
pub use parse::{
    ExpectationError, parse, parse_condition, parse_course, parse_figure, parse_probe,
};
