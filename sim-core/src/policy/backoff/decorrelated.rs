//! Waits drawn from a range that follows the previous wait.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, unit, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits a uniform time from `base` to three times the previous wait, which starts as `base`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decorrelated {
    /// The shortest wait.
    pub base: SimDuration,
    /// The longest wait.
    pub cap: SimDuration,
}

impl Described for Decorrelated {
    const SUMMARY: &'static str = "waits min(cap, uniform(base, 3 · previous wait))";
    const SOURCE: &'static str =
        "AWS Architecture Blog, Exponential Backoff And Jitter (2015), decorrelated jitter";
}

impl Spacing for Decorrelated {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("base", self.base);
        problems.not_below("cap", self.cap, "base", self.base);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let base = nanos(self.base);
        let previous = if n == 1 { base } else { state.previous };
        state.previous = (base + unit(draws) * (3.0 * previous - base)).min(nanos(self.cap));
        wait(state.previous)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn the_range_follows_the_previous_wait() {
        let (base, cap) = (SimDuration::from_millis(100), SimDuration::from_secs(1));
        let decorrelated = Decorrelated { base, cap };
        assert_eq!(delays_ms(&decorrelated, 0.0, 3), [100.0, 100.0, 100.0]);
        assert_eq!(delays_ms(&decorrelated, 0.5, 4), [200.0, 350.0, 575.0, 912.5]);
        assert_eq!(delays_ms(&decorrelated, 1.0, 4), [300.0, 900.0, 1_000.0, 1_000.0]);
    }
}
