//! Finagle's equal jitter.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, unit, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `start`, then `h + uniform(0, h)` with `h = start · 2^(n−2)`; `maximum` from then on, once
/// that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FinagleEqual {
    /// The first wait, exactly.
    pub start: SimDuration,
    /// The longest wait.
    pub maximum: SimDuration,
}

impl Default for FinagleEqual {
    /// The range of `RetryPolicy.tries`.
    fn default() -> Self {
        Self { start: SimDuration::from_millis(5), maximum: SimDuration::from_millis(200) }
    }
}

impl Described for FinagleEqual {
    const SUMMARY: &'static str =
        "Finagle: start, then start · 2^(n−2) and as much again at random";
    const SOURCE: &'static str = "twitter/finagle @4feb34c, Backoff.scala, `equalJittered`";
}

impl Spacing for FinagleEqual {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("start", self.start);
        problems.not_below("maximum", self.maximum, "start", self.start);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let (start, maximum) = (nanos(self.start), nanos(self.maximum));
        if n == 1 {
            return self.start;
        }
        let half = start * libm::exp2(f64::from((n - 2).min(62)));
        // Once half and random part together reach the maximum, the next half does alone.
        wait((half + (unit(draws) * half).floor()).min(maximum))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn the_first_wait_is_the_start_and_the_second_starts_there_again() {
        let finagle = FinagleEqual::default();
        assert_eq!(delays_ms(&finagle, 0.0, 8), [5.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 200.0]);
        assert_eq!(delays_ms(&finagle, 0.5, 7), [5.0, 7.5, 15.0, 30.0, 60.0, 120.0, 200.0]);
    }
}
