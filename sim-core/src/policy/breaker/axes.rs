//! The choices in which breakers differ, each a parameter of its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which rates trip a breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// A rate that is the threshold or above it.
    #[default]
    AtLeast,
    /// Only a rate above the threshold.
    Above,
}

/// After which results a closed breaker asks itself whether to open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JudgedOn {
    /// After every result: a success that completes the minimum of calls can open it.
    #[default]
    Results,
    /// Only after a failure.
    Failures,
}

/// What a rate is a share of, and what the minimum of calls counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    /// The calls that have ended.
    #[default]
    Results,
    /// The calls that were let through, those in flight included.
    Admitted,
    /// The calls that asked: those in flight and those turned away included.
    Asked,
}

/// How a rate is compared with its threshold: libraries round differently, which shows where a
/// rate is exactly the threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// `failures / calls` with the threshold.
    #[default]
    Quotient,
    /// `failures / calls · 100` with the threshold in percent.
    Percent,
    /// `failures · 100 / calls` with the threshold in percent, in single precision.
    SinglePercent,
    /// `failures` with `threshold · calls`.
    Product,
}

/// At which instant the open time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// At the very instant at which it has passed.
    #[default]
    At,
    /// Strictly after that instant.
    After,
}

/// What moves an open breaker on when its time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// The next call that asks.
    #[default]
    Lazy,
    /// A timer.
    Automatic,
}

/// What becomes of calls beyond those that a half-open breaker permits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Surplus {
    /// They are turned away.
    #[default]
    Rejected,
    /// They wait for the verdict, and then ask again.
    Waits,
}

/// What decides whether a half-open breaker closes or opens again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The first result.
    #[default]
    FirstResult,
    /// As many successes as calls are permitted close it; any failure opens it.
    AllSucceed,
    /// This many successes close it; any failure opens it.
    Successes(u32),
    /// Once as many results are in as are permitted, or `minimum_calls` if that is less: the
    /// same rates and thresholds that open a closed breaker.
    Rate,
}

/// What the results of calls do that were admitted before the last change of state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LateResults {
    /// Nothing.
    #[default]
    Dropped,
    /// What the results of the present state do; while it is open, they are only counted.
    Counted,
    /// The same; but while it is open a success closes it, and a failure starts the open time
    /// again.
    Acting,
    /// Calls admitted while it was closed count for the trip rule, and can open it from half-open;
    /// calls admitted as probes decide whatever probe is under way.
    ByAdmission,
}

/// When the trip rule forgets what it has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Forgets {
    /// Never: it closes with what is still in its window.
    Never,
    /// When it closes.
    #[default]
    OnClose,
    /// At every change of state.
    OnEveryChange,
}

/// Where the results of a half-open breaker are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Probes {
    /// Apart from those of the closed breaker.
    #[default]
    Apart,
    /// Among them. The success that closes a breaker is the first after it has forgotten.
    Counted,
}
