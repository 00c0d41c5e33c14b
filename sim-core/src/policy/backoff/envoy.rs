//! Envoy's jittered backoff.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::whole_ms;
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits a whole number of milliseconds below an interval that starts at `base_interval` and
/// doubles while it is below half of `max_interval`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Envoy {
    /// The first interval; at least 1 ms.
    pub base_interval: SimDuration,
    /// The longest interval; ten times `base_interval` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_interval: Option<SimDuration>,
}

impl Default for Envoy {
    fn default() -> Self {
        Self { base_interval: SimDuration::from_millis(25), max_interval: None }
    }
}

impl Described for Envoy {
    const SUMMARY: &'static str =
        "Envoy: full jitter in whole ms over windows of 25, 50, 100, 200, 250 ms";
    const SOURCE: &'static str = "envoy (2026), source/common/common/backoff_strategy.cc";
}

impl Spacing for Envoy {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(whole_ms(self.base_interval) < 1, "base_interval", "must be at least 1ms");
        problems.not_below("max_interval", self.max_interval, "base_interval", self.base_interval);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        SimDuration::from_millis(draws.next_u64() % self.interval_ms(n).max(1))
    }
}

impl Envoy {
    pub(super) fn max_ms(&self) -> u64 {
        self.max_interval.map_or(whole_ms(self.base_interval).saturating_mul(10), whole_ms)
    }

    fn interval_ms(&self, n: u32) -> u64 {
        let (mut interval, max) = (whole_ms(self.base_interval), self.max_ms());
        for _ in 1..n {
            if interval == max {
                break;
            }
            interval = if interval < max / 2 { interval * 2 } else { max };
        }
        interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_double_below_half_of_the_longest_and_then_jump_to_it() {
        let envoy = |base, max: Option<u64>| Envoy {
            base_interval: SimDuration::from_millis(base),
            max_interval: max.map(SimDuration::from_millis),
        };
        let intervals = |envoy: Envoy| [1, 2, 3, 4, 5, 6].map(|n| envoy.interval_ms(n));
        assert_eq!(intervals(envoy(25, None)), [25, 50, 100, 200, 250, 250]);
        assert_eq!(intervals(envoy(10, Some(60))), [10, 20, 40, 60, 60, 60]);
        assert_eq!(intervals(envoy(1, Some(5))), [1, 2, 5, 5, 5, 5]);
        assert_eq!(intervals(envoy(7, Some(7))), [7, 7, 7, 7, 7, 7]);
    }
}
