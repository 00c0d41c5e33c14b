//! When a closed breaker opens: what it counts, over which window, and what is too much.
//!
//! A trip rule is one file, one `mod` line and one row of the table below. Its parameters start a
//! tally, which is sized once and then allocates nothing.

use super::rates::Rates;
use crate::catalogue::{Described, registry};
use crate::kernel::SimTime;
use crate::policy::Problems;

pub mod cockatiel_sampling;
pub mod consecutive;
pub mod count_window;
pub mod gobreaker;
pub mod polly_v8;
#[cfg(test)]
mod tests;
pub mod time_window;

/// The part of a pass's mark that a trip rule may use.
pub(super) const MARK_BITS: u32 = u32::MAX >> 1;

/// How a call ended, as a trip rule sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// Whether it failed.
    pub(super) failed: bool,
    /// Whether it was slow.
    pub(super) slow: bool,
    /// Whether it counts as a call only now that it has ended.
    pub(super) new_call: bool,
}

/// What a breaker has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What rates are shares of: results, admitted calls or calls that asked.
    pub calls: u32,
    /// Successes.
    pub successes: u32,
    /// Failures.
    pub failures: u32,
    /// Slow calls, whether they failed or not.
    pub slow: u32,
    /// Successes since the last failure; only trip rules that count them have them.
    pub consecutive_successes: u32,
    /// Failures since the last success; only trip rules that count them have them.
    pub consecutive_failures: u32,
}

impl Totals {
    pub(super) fn add(&mut self, sample: Sample) {
        self.calls += u32::from(sample.new_call);
        self.successes += u32::from(!sample.failed);
        self.failures += u32::from(sample.failed);
        self.slow += u32::from(sample.slow);
    }

    /// Takes back what a part of the window had added. Runs of successes and failures stay.
    fn subtract(&mut self, part: &Self) {
        self.calls -= part.calls;
        self.successes -= part.successes;
        self.failures -= part.failures;
        self.slow -= part.slow;
    }
}

/// The parameters of a trip rule.
pub(super) trait TripRule: Described {
    /// What it counts with.
    type Tally: Tally;

    /// What is wrong with the parameters.
    fn check(&self) -> Problems;

    /// A fresh tally, at the start of the run.
    fn start(&self) -> Self::Tally;

    /// Whether it can do without a rate.
    fn trips_without_rates(&self) -> bool {
        false
    }

    /// Whether rates mean anything to it.
    fn takes_rates(&self) -> bool {
        true
    }

    /// The most calls that it can hold, if that is limited: a minimum above it is lowered to it.
    fn most_calls(&self) -> Option<u32> {
        None
    }
}

/// What a trip rule counts with.
pub(super) trait Tally {
    /// What a call that is admitted now carries, so that its result is counted where it belongs.
    fn mark(&mut self, _now: SimTime) -> u32 {
        0
    }

    /// A call counts although it has not ended.
    fn call(&mut self, now: SimTime);

    /// A call has ended.
    fn record(&mut self, now: SimTime, mark: u32, sample: Sample);

    /// What is in the window.
    fn totals(&mut self, now: SimTime) -> Totals;

    /// Whether that is too much.
    #[inline(never)]
    fn trips(&mut self, now: SimTime, rates: &Rates) -> bool {
        rates.exceeded(&self.totals(now), rates.minimum_calls)
    }

    /// Records a result, and says whether the breaker opens, if it is asked by these rates.
    #[inline(never)]
    fn judges(&mut self, now: SimTime, mark: u32, sample: Sample, rates: Option<&Rates>) -> bool {
        self.record(now, mark, sample);
        rates.is_some_and(|rates| self.trips(now, rates))
    }

    /// Forgets everything.
    fn forget(&mut self, now: SimTime);
}

macro_rules! trip_rules {
    (($d:tt) $( $name:literal => $Variant:ident($($Rule:tt)+) ),+ $(,)?) => {
        registry! {
            ($d)
            /// When a closed breaker opens.
            pub enum Trip as "breaker-trip", dispatch each_trip {
                $( $name => $Variant($($Rule)+) ),+
            }
        }

        /// What any trip rule counts with.
        #[derive(Clone, Debug)]
        pub(super) enum AnyTally {
            $( $Variant(<$($Rule)+ as TripRule>::Tally), )+
        }

        impl Trip {
            pub(super) fn start(&self) -> AnyTally {
                match self { $( Self::$Variant(rule) => AnyTally::$Variant(rule.start()), )+ }
            }
        }

        macro_rules! each_tally {
            ($d value:expr, $d tally:ident => $d body:expr) => {
                match $d value { $( AnyTally::$Variant($d tally) => $d body, )+ }
            };
        }
    };
}

trip_rules! {
    ($)
    "consecutive" => Consecutive(consecutive::Consecutive),
    "count-window" => CountWindow(count_window::CountWindow),
    "time-window" => TimeWindow(time_window::TimeWindow),
    "cockatiel-sampling" => CockatielSampling(cockatiel_sampling::CockatielSampling),
    "gobreaker" => Gobreaker(gobreaker::Gobreaker),
    "polly-v8" => PollyV8(polly_v8::PollyV8),
}

impl Trip {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `count-window.size`.
    pub fn check(&self) -> Result<(), Problems> {
        each_trip!(self, rule => rule.check()).inside(self.name()).or_none()
    }

    pub(super) fn trips_without_rates(&self) -> bool {
        each_trip!(self, rule => rule.trips_without_rates())
    }

    pub(super) fn takes_rates(&self) -> bool {
        each_trip!(self, rule => rule.takes_rates())
    }

    pub(super) fn most_calls(&self) -> Option<u32> {
        each_trip!(self, rule => rule.most_calls())
    }
}

impl Tally for AnyTally {
    #[inline]
    fn mark(&mut self, now: SimTime) -> u32 {
        each_tally!(self, tally => tally.mark(now))
    }

    fn call(&mut self, now: SimTime) {
        each_tally!(self, tally => tally.call(now));
    }

    #[inline]
    fn record(&mut self, now: SimTime, mark: u32, sample: Sample) {
        each_tally!(self, tally => tally.record(now, mark, sample));
    }

    fn totals(&mut self, now: SimTime) -> Totals {
        each_tally!(self, tally => tally.totals(now))
    }

    #[inline]
    fn trips(&mut self, now: SimTime, rates: &Rates) -> bool {
        each_tally!(self, tally => tally.trips(now, rates))
    }

    #[inline(always)]
    fn judges(&mut self, now: SimTime, mark: u32, sample: Sample, rates: Option<&Rates>) -> bool {
        each_tally!(self, tally => tally.judges(now, mark, sample, rates))
    }

    fn forget(&mut self, now: SimTime) {
        each_tally!(self, tally => tally.forget(now));
    }
}
