//! Resilience4j's interval functions.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{unit, whole_ms};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits as the `IntervalFunction` with these parameters says; without any, 500 ms. Intervals
/// are whole milliseconds, and each product is rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Resilience4j {
    /// The first interval; at least 1 ms.
    pub interval: SimDuration,
    /// By how much each interval is longer than the one before, such as 1.5, the library's
    /// default for `ofExponentialBackoff`; without it, all are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<f64>,
    /// By which share an interval is randomised to both sides, 0 to 1, such as 0.5, the
    /// library's default for `ofRandomized`; without it, not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub randomization_factor: Option<f64>,
    /// The longest wait. The cap is applied after randomising, so that many waits may be equal
    /// to it; only with `multiplier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_interval: Option<SimDuration>,
}

impl Default for Resilience4j {
    fn default() -> Self {
        Self {
            interval: SimDuration::from_millis(500),
            multiplier: None,
            randomization_factor: None,
            max_interval: None,
        }
    }
}

impl Described for Resilience4j {
    const SUMMARY: &'static str =
        "Resilience4j: fixed, randomised, exponential or both; no full jitter";
    const SOURCE: &'static str = "resilience4j v2.4.0, core/IntervalFunction.java";
}

impl Spacing for Resilience4j {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(whole_ms(self.interval) < 1, "interval", "must be at least 1ms");
        if let Some(multiplier) = self.multiplier {
            problems.at_least_one("multiplier", multiplier);
        }
        if let Some(factor) = self.randomization_factor {
            problems.within("randomization_factor", factor, 0.0, 1.0);
        }
        if let Some(most) = self.max_interval {
            problems.note_if(whole_ms(most) < 1, "max_interval", "must be at least 1ms");
            problems.note_if(self.multiplier.is_none(), "max_interval", "needs `multiplier`");
        }
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let interval = self.interval_ms(n);
        let randomised = match self.randomization_factor {
            None => interval,
            Some(factor) => randomised(interval, factor, draws),
        };
        let cap = self.max_interval.map_or(u64::MAX, whole_ms);
        SimDuration::from_millis(randomised.min(cap))
    }
}

impl Resilience4j {
    /// The interval before randomising: each is rounded down before the next is taken from it.
    fn interval_ms(&self, n: u32) -> u64 {
        let mut interval = whole_ms(self.interval);
        for _ in 1..n {
            let next = (interval as f64 * self.multiplier.unwrap_or(1.0)) as u64;
            if next == interval {
                break;
            }
            interval = next;
        }
        interval
    }
}

/// A whole number of milliseconds, uniform in `i(1−f) … i(1+f)`, but not below 1.
fn randomised<R: Rng>(interval: u64, factor: f64, draws: &mut R) -> u64 {
    let interval = interval as f64;
    let (low, high) = (interval * (1.0 - factor), interval * (1.0 + factor));
    let drawn = low + unit(draws) * (high - low + 1.0);
    (drawn as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn all_failures_wait_500_ms_by_default() {
        assert_eq!(delays_ms(&Resilience4j::default(), 0.9, 3), [500.0, 500.0, 500.0]);
    }

    #[test]
    fn each_interval_is_rounded_down_before_the_next() {
        // 500 · 1.5⁴ = 2531.25; but 1687 · 1.5 = 2530.5.
        let exponential = Resilience4j { multiplier: Some(1.5), ..Resilience4j::default() };
        assert_eq!(delays_ms(&exponential, 0.0, 5), [500.0, 750.0, 1125.0, 1687.0, 2530.0]);
    }

    #[test]
    fn growth_without_a_cap_ends_at_the_longest_duration() {
        let exponential = Resilience4j { multiplier: Some(1e9), ..Resilience4j::default() };
        let last = delays_ms(&exponential, 0.0, 1_000)[999];
        assert_eq!(last, SimDuration::MAX.as_millis_f64());
    }

    #[test]
    fn what_the_library_refuses_is_refused() {
        let wrong = Resilience4j {
            interval: SimDuration::from_micros(999),
            multiplier: None,
            randomization_factor: Some(1.1),
            max_interval: Some(SimDuration::from_secs(1)),
        };
        let problems = wrong.check();
        let places: Vec<_> = problems.0.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(places, ["interval", "randomization_factor", "max_interval"]);
    }
}
