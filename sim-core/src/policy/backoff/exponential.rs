//! Waits that grow by the same factor.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos_or_infinite};
use super::{BackoffState, Jitter, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `base · factor^(n − 1)` before retry `n`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    /// The first wait, before jitter.
    pub base: SimDuration,
    /// By how much each wait is longer than the one before; at least 1.
    #[serde(default = "two")]
    pub factor: f64,
    /// The longest wait, before jitter; no limit if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<SimDuration>,
    /// How the wait is spread, after capping.
    #[serde(default)]
    pub jitter: Jitter,
}

fn two() -> f64 {
    2.0
}

impl Described for Exponential {
    const SUMMARY: &'static str = "waits base, base · factor, base · factor², …, with jitter";
    const SOURCE: &'static str =
        "AWS Architecture Blog, Exponential Backoff And Jitter (2015), whose attempt counts from 0";
}

impl Spacing for Exponential {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("base", self.base);
        problems.at_least_one("factor", self.factor);
        problems.not_below("cap", self.cap, "base", self.base);
        self.jitter.check(&mut problems);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let uncapped = grown(self.base, self.factor, n - 1);
        self.jitter.spread(uncapped.min(nanos_or_infinite(self.cap)), draws)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn waits_double_from_the_base_up_to_the_cap_and_are_spread_afterwards() {
        let (base, cap) = (SimDuration::from_secs(2), Some(SimDuration::from_secs(16)));
        let exponential = Exponential { base, factor: 2.0, cap, jitter: Jitter::None };
        let caps = [2_000.0, 4_000.0, 8_000.0, 16_000.0, 16_000.0];
        assert_eq!(delays_ms(&exponential, 0.7, 5), caps);
        let exponential = Exponential { jitter: Jitter::Full, ..exponential };
        assert_eq!(delays_ms(&exponential, 0.5, 5), caps.map(|cap| cap / 2.0));
    }

    #[test]
    fn growth_without_a_cap_ends_at_the_longest_duration() {
        let base = SimDuration::from_secs(2);
        let endless = Exponential { base, factor: 10.0, cap: None, jitter: Jitter::None };
        let mut draws = super::super::scripted::LOWEST;
        let wait = endless.delay(u32::MAX, &mut BackoffState::default(), &mut draws);
        assert_eq!(wait, SimDuration::MAX);
    }
}
