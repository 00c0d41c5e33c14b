//! Finagle's decorrelated jitter.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, unit, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `start`, then uniform from the previous wait to three times it or `maximum`: unlike AWS's
/// it never gets shorter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FinagleDecorrelated {
    /// The first wait, exactly.
    pub start: SimDuration,
    /// The longest wait.
    pub maximum: SimDuration,
}

impl Default for FinagleDecorrelated {
    /// The range of `RetryPolicy.tries`.
    fn default() -> Self {
        Self { start: SimDuration::from_millis(5), maximum: SimDuration::from_millis(200) }
    }
}

impl Described for FinagleDecorrelated {
    const SUMMARY: &'static str =
        "Finagle: uniform(previous wait, min(3 · previous wait, maximum)), never shorter";
    const SOURCE: &'static str = "twitter/finagle @4feb34c, Backoff.scala, `decorrelatedJittered`";
}

impl Spacing for FinagleDecorrelated {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("start", self.start);
        problems.not_below("maximum", self.maximum, "start", self.start);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, state: &mut BackoffState, draws: &mut R) -> SimDuration {
        state.previous = if n == 1 {
            nanos(self.start)
        } else {
            let bound = (state.previous * 3.0).min(nanos(self.maximum));
            state.previous + (unit(draws) * (bound - state.previous)).floor()
        };
        wait(state.previous)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn the_range_starts_at_the_previous_wait() {
        let finagle = FinagleDecorrelated::default();
        assert_eq!(delays_ms(&finagle, 0.0, 3), [5.0, 5.0, 5.0]);
        assert_eq!(delays_ms(&finagle, 0.5, 6), [5.0, 10.0, 20.0, 40.0, 80.0, 140.0]);
        let waits = delays_ms(&finagle, 0.9, 20);
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]) && waits[19] <= 200.0, "{waits:?}");
    }
}
