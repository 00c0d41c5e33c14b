//! Circuit breakers: when calls are turned away without being tried, and when they are tried again.
//!
//! One breaker, put together from parameters in which the libraries differ; a preset says what a
//! library does in each. [`Breaker`] is what the scenario file states, [`BreakerPolicy`] what is
//! checked and complete, [`BreakerMachine`] the running state: a [`Gate`](super::gate::Gate).
//! [`outlier`] is another thing that goes by the name: hosts that are ejected from a balancer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backoff::Backoff;
use super::limit::Limit;
use super::outcome::Outcome;
use super::scope::Scope;
use crate::kernel::SimDuration;

pub mod axes;
pub mod machine;
pub mod open_for;
pub mod outlier;
pub mod policy;
pub mod preset;
pub mod rates;
mod resolve;
#[cfg(test)]
mod tests;
mod trial;
pub mod trip;

pub use axes::{
    Arithmetic, Denominator, Due, Forgets, JudgedOn, LateResults, Probes, Surplus, Threshold,
    Transition, Verdict,
};
pub use machine::{BreakerMachine, BreakerState, Changes};
pub use open_for::OpenFor;
pub use outlier::{OutlierDetection, OutlierMachine, OutlierPolicy};
pub use policy::{BreakerPolicy, OpenTime};
pub use preset::BreakerPreset;
pub use rates::Rates;
pub use trip::{Totals, Trip};

/// A circuit breaker, as the scenario file states it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// A library whose breaker fills what is not given here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<BreakerPreset>,
    /// When it opens: what is counted, over which window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trip: Option<Trip>,
    /// The share of failures at which it opens, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_rate: Option<f64>,
    /// The share of slow calls at which it opens, from 0 to 1; none if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_rate: Option<f64>,
    /// A call that takes longer than this is slow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_after: Option<SimDuration>,
    /// It does not open at a rate of fewer calls than this; 1 if neither this nor a preset is
    /// given. A minimum above the size of a count window is lowered to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_calls: Option<u32>,
    /// Whether a rate that is the threshold opens it: `at_least` if neither this nor a preset is
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// How rates are rounded: `quotient` if neither this nor a preset is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<Arithmetic>,
    /// After which results it is judged: `results`, which is all, if neither this nor a preset is
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_on: Option<JudgedOn>,
    /// What rates are shares of: `results` if neither this nor a preset is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<Denominator>,
    /// The outcomes that are failures. If neither they nor a preset are given: those of servers and
    /// of the network, and a missed deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Vec<Outcome>>,
    /// The outcomes that count as nothing. If neither they nor a preset are given: `cancelled`, and
    /// what a policy rejected. All others are successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<Vec<Outcome>>,
    /// How long it stays open; or "forever".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_for: Option<OpenFor>,
    /// How long it stays open, each time longer until it closes: the n-th wait of a backoff for the
    /// n-th opening since. `linear` is a base times the number of openings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_backoff: Option<Backoff>,
    /// At which instant the open time is over: `at` if neither this nor a preset is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// What moves it on when the open time is over: `lazy` if neither this nor a preset is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<Transition>,
    /// How many calls a half-open breaker lets through; "unlimited" is everyone. 1 if neither this
    /// nor a preset is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_open_calls: Option<Limit>,
    /// What becomes of further calls: `rejected` if neither this nor a preset is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_open_surplus: Option<Surplus>,
    /// What closes it or opens it again: `first_result` if neither this nor a preset is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_open_verdict: Option<Verdict>,
    /// A half-open breaker without a verdict opens again after this; never if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_open_for: Option<SimDuration>,
    /// Where the results of a half-open breaker are counted: `apart` if neither this nor a preset is
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<Probes>,
    /// What results do that belong to an earlier state: `dropped` if neither this nor a preset is
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_results: Option<LateResults>,
    /// When it forgets what it has counted: `on_close` if neither this nor a preset is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgets: Option<Forgets>,
    /// Whether calls wait for each other, so that only one is under way at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serialised: Option<bool>,
    /// Whose calls share its state.
    #[serde(default)]
    pub scope: Scope,
}
