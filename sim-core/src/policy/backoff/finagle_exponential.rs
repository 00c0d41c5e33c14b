//! Finagle's exponential jitter.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, unit, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `start`, then `uniform(0, previous wait · 2^(n−1))`: it compounds the draws and is not full
/// jitter. `maximum` from then on, once the bound reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FinagleExponential {
    /// The first wait, exactly.
    pub start: SimDuration,
    /// The longest wait.
    pub maximum: SimDuration,
}

impl Default for FinagleExponential {
    /// The range of `RetryPolicy.tries`.
    fn default() -> Self {
        Self { start: SimDuration::from_millis(5), maximum: SimDuration::from_millis(200) }
    }
}

impl Described for FinagleExponential {
    const SUMMARY: &'static str =
        "Finagle: start, then uniform(0, previous wait · 2^(n−1)), which compounds";
    const SOURCE: &'static str = "twitter/finagle @4feb34c, Backoff.scala, `exponentialJittered`";
}

impl Spacing for FinagleExponential {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("start", self.start);
        problems.not_below("maximum", self.maximum, "start", self.start);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let maximum = nanos(self.maximum);
        state.previous = if n == 1 {
            nanos(self.start)
        } else {
            let bound = state.previous * libm::exp2(f64::from((n - 1).min(62)));
            if bound >= maximum { maximum } else { (unit(draws) * bound).floor() }
        };
        wait(state.previous)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Always;
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn the_bound_grows_from_the_previous_draw() {
        let finagle = FinagleExponential::default();
        // Bounds: 10, 20 (5 · 4), 80 (10 · 8), 640.
        assert_eq!(delays_ms(&finagle, 0.5, 6), [5.0, 5.0, 10.0, 40.0, 200.0, 200.0]);
    }

    #[test]
    fn the_maximum_once_reached_stays() {
        let finagle = FinagleExponential::default();
        let mut state = BackoffState::default();
        let mut wait = |n, u| finagle.delay(n, &mut state, &mut Always::unit(u)).as_millis_f64();
        assert_eq!(wait(1, 0.0), 5.0);
        assert_eq!((wait(2, 0.75), wait(3, 0.75), wait(4, 0.5)), (7.5, 22.5, 90.0));
        assert_eq!((wait(5, 0.0), wait(6, 0.0)), (200.0, 200.0));
    }
}
