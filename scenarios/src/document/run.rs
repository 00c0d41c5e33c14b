//! `[run]`: how long, how often, with which seed; what counts as steady.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::SimDuration;
use sim_core::model::spec::Limits as ModelLimits;

use super::Rate;
use crate::study::Steady as SteadyState;

/// How long, how often, with which seed; what counts as steady.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// How long to simulate.
    pub(crate) length: SimDuration,
    /// How long the system takes to fill up; what happens before its end is not measured.
    #[serde(default)]
    pub(crate) warmup: SimDuration,
    /// Everything random follows from this number and the number of the replication.
    #[serde(default = "one")]
    pub(crate) seed: u64,
    /// How many times each variant runs, each time with other draws.
    #[serde(default = "thirty")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) replications: u32,
    /// The name of the file as it is written, with nothing set, among the variants.
    #[serde(default = "base")]
    pub(crate) base: String,
    /// The normal rate, to which `baseline` bounds and the ratios of peaks refer; without it,
    /// the mean of the same measure between the warm-up and the first fault.
    #[serde(default)]
    pub(crate) baseline: Option<Rate>,
    /// What counts as steady, and the thresholds of the verdict.
    #[serde(default)]
    pub(crate) steady: Steady,
    /// When a run is given up as running away.
    #[serde(default)]
    pub(crate) limits: Limits,
}

/// What counts as steady, each bin beside the control's, and the thresholds of the verdict.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Steady {
    /// The width of the bins that are judged.
    pub(crate) bin: SimDuration,
    /// The least share of the control's goodput, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) goodput_share: f64,
    /// The most by which the share of failed calls may exceed the control's: 0.01 is one point.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) failed_excess: f64,
    /// How many times the control's p99 response time is still steady.
    #[schemars(range(min = 1))]
    pub(crate) p99_factor: f64,
    /// How many bins in a row have to hold.
    #[schemars(range(min = 1))]
    pub(crate) bins: u32,
    /// How many bins a run may be out of the steady state and still have `held`.
    pub(crate) held_bins_out: u32,
    /// An unsteady end below this share of the control's goodput is `metastable`, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) metastable_share: f64,
    /// For how long every fault has to be gone before that is said.
    pub(crate) trigger_gone: SimDuration,
}

/// When a run is given up as running away: it ends as `aborted`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// How many events may be handled.
    #[schemars(range(min = 1))]
    pub(crate) events: u64,
    /// How many calls and requests may be in flight at once.
    #[schemars(range(min = 1))]
    pub(crate) in_flight: u32,
}

impl Default for Steady {
    fn default() -> Self {
        let s = SteadyState::default();
        Self {
            bin: s.bin,
            goodput_share: s.goodput_share,
            failed_excess: s.failed_excess,
            p99_factor: s.p99_factor,
            bins: s.bins,
            held_bins_out: s.held_bins_out,
            metastable_share: s.metastable_share,
            trigger_gone: s.trigger_gone,
        }
    }
}

impl From<&Steady> for SteadyState {
    fn from(s: &Steady) -> Self {
        Self {
            bin: s.bin,
            goodput_share: s.goodput_share,
            failed_excess: s.failed_excess,
            p99_factor: s.p99_factor,
            bins: s.bins,
            held_bins_out: s.held_bins_out,
            metastable_share: s.metastable_share,
            trigger_gone: s.trigger_gone,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let ModelLimits { events, in_flight } = ModelLimits::default();
        Self { events, in_flight }
    }
}

fn one() -> u64 {
    1
}

fn thirty() -> u32 {
    30
}

fn base() -> String {
    "base".to_owned()
}
