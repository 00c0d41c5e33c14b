//! A checked breaker: what its machine follows.

use std::sync::Arc;

use super::axes::{
    Denominator, Due, Forgets, JudgedOn, LateResults, Probes, Surplus, Transition, Verdict,
};
use super::machine::BreakerMachine;
use super::rates::Rates;
use super::trip::{Sample, Trip};
use crate::kernel::SimDuration;
use crate::policy::backoff::scripted::Always;
use crate::policy::backoff::{Backoff, BackoffState};
use crate::policy::gate::Ending;
use crate::policy::outcome::OutcomeSet;

/// A checked breaker: presets and defaults are filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakerPolicy {
    /// What is counted, over which window.
    pub trip: Trip,
    /// The thresholds of its rates.
    pub rates: Rates,
    /// The minimum of calls for a half-open breaker, which no window lowers.
    pub half_open_minimum: u32,
    /// A call that takes longer is slow.
    pub slow_after: Option<SimDuration>,
    /// After which results it is judged.
    pub judged_on: JudgedOn,
    /// What rates are shares of.
    pub denominator: Denominator,
    /// The outcomes that are failures.
    pub failures: OutcomeSet,
    /// The outcomes that count as nothing.
    pub ignored: OutcomeSet,
    /// How long it stays open.
    pub open: OpenTime,
    /// At which instant the open time is over.
    pub due: Due,
    /// What moves it on then.
    pub transition: Transition,
    /// How many calls a half-open breaker lets through; `u32::MAX` is everyone.
    pub half_open_calls: u32,
    /// What becomes of further calls.
    pub half_open_surplus: Surplus,
    /// What closes it or opens it again.
    pub half_open_verdict: Verdict,
    /// When a half-open breaker without a verdict opens again.
    pub half_open_for: Option<SimDuration>,
    /// Where the results of a half-open breaker are counted.
    pub probes: Probes,
    /// What late results do.
    pub late_results: LateResults,
    /// When it forgets what it has counted.
    pub forgets: Forgets,
    /// Whether only one call is under way at a time.
    pub serialised: bool,
}

/// How long a breaker stays open.
#[derive(Clone, Debug, PartialEq)]
pub enum OpenTime {
    /// Always this long.
    Fixed(SimDuration),
    /// Nothing closes it again.
    Forever,
    /// The n-th wait for the n-th opening since it was last closed.
    Growing(Backoff),
}

impl OpenTime {
    /// The time of the `n`-th opening since it was last closed, the first being 1.
    pub(super) fn of(&self, n: u32, state: &mut BackoffState, mut draw: Always) -> SimDuration {
        match self {
            Self::Fixed(time) => *time,
            Self::Forever => SimDuration::MAX,
            Self::Growing(backoff) => backoff.delay(n, state, &mut draw),
        }
    }
}

impl BreakerPolicy {
    /// A closed breaker at the start of the run, which shares this policy.
    pub fn start(self: &Arc<Self>) -> BreakerMachine {
        BreakerMachine::new(Arc::clone(self))
    }

    /// What a result counts as, if anything.
    #[inline]
    pub(super) fn sample(&self, ending: Ending) -> Option<Sample> {
        if self.ignored.contains(ending.outcome) {
            return None;
        }
        Some(Sample {
            failed: self.failures.contains(ending.outcome),
            slow: self.slow_after.is_some_and(|limit| ending.took > limit),
            new_call: self.denominator == Denominator::Results,
        })
    }
}
