//! A further copy once a request takes longer than most.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fixed::two;
use super::latencies::{Latencies, Rule};
use super::{Cancel, Delay, Parameters, Plan};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Sends a further copy of a request that takes longer than a share of the requests of the last
/// `window` did. None is sent before a first window is over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Percentile {
    /// The share of the requests that are not hedged; above 0, below 1.
    pub share: f64,
    /// Over which time the share is taken, in three parts of which each is dropped as a whole.
    pub window: SimDuration,
    /// How often the delay is renewed.
    pub refresh: SimDuration,
    /// The least delay.
    pub min_delay: SimDuration,
    /// How many copies there are at most, the first included; at least 2.
    pub max_attempts: u32,
    /// Which copy cancels the others: the one that is answered first, or (tied requests) the one
    /// that a server begins to work on first.
    pub cancel: Cancel,
}

impl Default for Percentile {
    fn default() -> Self {
        Self {
            share: 0.95,
            window: SimDuration::from_secs(30),
            refresh: SimDuration::from_secs(1),
            min_delay: SimDuration::ZERO,
            max_attempts: two(),
            cancel: Cancel::OnAnswer,
        }
    }
}

impl Described for Percentile {
    const SUMMARY: &'static str = "a further copy once a request takes longer than 95 % of them do";
    const SOURCE: &'static str = "J. Dean, L. A. Barroso, The Tail at Scale, CACM 56(2), 2013";
}

impl Parameters for Percentile {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let within = self.share > 0.0 && self.share < 1.0;
        let message = format_args!("must be above 0 and below 1, not {}", self.share);
        problems.note_if(!within, "share", message);
        let least = SimDuration::from_millis(3);
        problems.note_if(self.window < least, "window", "must be at least 3ms");
        problems.note_if(
            self.refresh < SimDuration::from_millis(1),
            "refresh",
            "must be at least 1ms",
        );
        problems.note_if(self.max_attempts < 2, "max_attempts", "must be at least 2");
        problems
    }

    fn plan(&self) -> Plan {
        let (max_attempts, tied) = (self.max_attempts, self.cancel == Cancel::OnStart);
        Plan { max_attempts, non_fatal: None, tied }
    }

    fn delay(&self) -> Delay {
        Delay::Observed(Box::new(Latencies::new(Rule {
            share: self.share,
            refresh: self.refresh,
            bucket: SimDuration::from_nanos(self.window.as_nanos() / 3),
            buckets: 3,
            unit: SimDuration::from_micros(10),
            longest: SimDuration::from_secs(3_600),
            least: self.min_delay,
            unknown: None,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Hedge;
    use super::super::tests::{at, ms};
    use super::*;

    #[test]
    fn the_delay_is_the_95th_percentile_of_the_window() {
        let mut hedger = Hedge::Percentile(Percentile::default()).hedger();
        assert_eq!(hedger.call(at(0)).sends_at(), None);
        (1..=100).for_each(|n| hedger.observed(at(0), at(n)));
        assert_eq!(hedger.call(at(9_999)).sends_at(), None);
        assert_eq!(hedger.call(at(10_000)).sends_at(), Some(at(10_095)));
        // An empty window knows nothing.
        assert_eq!(hedger.delay(at(39_999)), Some(ms(95)));
        assert_eq!(hedger.delay(at(40_000)), None);
    }

    #[test]
    fn there_is_a_least_delay() {
        let min_delay = ms(200);
        let mut hedger = Hedge::Percentile(Percentile { min_delay, ..Default::default() }).hedger();
        hedger.observed(at(0), at(5));
        assert_eq!(hedger.delay(at(10_000)), Some(ms(200)));
    }
}
