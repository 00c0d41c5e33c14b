//! tenacity's `wait_fixed` + `wait_random`.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, unit, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `wait` and a uniform time from `random_min` to `random_max` more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenacityFixedPlusRandom {
    /// The wait of `wait_fixed`.
    pub wait: SimDuration,
    /// The `min` of `wait_random`.
    #[serde(default)]
    pub random_min: SimDuration,
    /// The `max` of `wait_random`.
    #[serde(default = "one_second")]
    pub random_max: SimDuration,
}

fn one_second() -> SimDuration {
    SimDuration::from_secs(1)
}

impl Described for TenacityFixedPlusRandom {
    const SUMMARY: &'static str = "tenacity `wait_fixed(…) + wait_random(…)`";
    const SOURCE: &'static str = "tenacity 9.2.1, wait.py";
}

impl Spacing for TenacityFixedPlusRandom {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.not_below("random_max", self.random_max, "random_min", self.random_min);
        problems
    }

    fn delay<R: Rng>(&self, _n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let range = nanos(self.random_max) - nanos(self.random_min);
        wait(nanos(self.wait) + nanos(self.random_min) + unit(draws) * range)
    }
}
