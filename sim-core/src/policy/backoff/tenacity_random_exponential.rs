//! tenacity's `wait_random_exponential`.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, unit, wait};
use super::{BackoffState, Spacing, tenacity_exponential::TenacityExponential};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits uniformly from `min` to `multiplier · exp_base^(n−1)`, `max` at most: full jitter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TenacityRandomExponential {
    /// What the window grows from: the first is `multiplier`.
    pub multiplier: SimDuration,
    /// The longest window; no limit if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<SimDuration>,
    /// By how much each window is longer than the one before; at least 1.
    pub exp_base: f64,
    /// The shortest wait.
    pub min: SimDuration,
}

impl Default for TenacityRandomExponential {
    fn default() -> Self {
        let TenacityExponential { multiplier, max, exp_base, min } = TenacityExponential::default();
        Self { multiplier, max, exp_base, min }
    }
}

impl Described for TenacityRandomExponential {
    const SUMMARY: &'static str = "tenacity `wait_random_exponential`: full jitter";
    const SOURCE: &'static str = "tenacity 9.2.1, wait.py";
}

impl Spacing for TenacityRandomExponential {
    fn check(&self) -> Problems {
        self.window().check()
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let min = nanos(self.min);
        wait(min + unit(draws) * (self.window().bound(n) - min))
    }
}

impl TenacityRandomExponential {
    fn window(&self) -> TenacityExponential {
        let Self { multiplier, max, exp_base, min } = *self;
        TenacityExponential { multiplier, max, exp_base, min }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn the_wait_is_drawn_from_the_shortest_on() {
        let (min, max) = (SimDuration::from_secs(2), Some(SimDuration::from_secs(10)));
        let tenacity =
            TenacityRandomExponential { min, max, ..TenacityRandomExponential::default() };
        assert_eq!(delays_ms(&tenacity, 0.5, 5), [2_000.0, 2_000.0, 3_000.0, 5_000.0, 6_000.0]);
    }
}
