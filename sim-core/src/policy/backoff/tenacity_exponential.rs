//! tenacity's `wait_exponential`.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos, nanos_or_infinite, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `multiplier · exp_base^(n−1)`, from `min` to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TenacityExponential {
    /// What the wait grows from: the first is `multiplier`.
    pub multiplier: SimDuration,
    /// The longest wait; no limit if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<SimDuration>,
    /// By how much each wait is longer than the one before; at least 1.
    pub exp_base: f64,
    /// The shortest wait.
    pub min: SimDuration,
}

impl Default for TenacityExponential {
    fn default() -> Self {
        Self {
            multiplier: SimDuration::from_secs(1),
            max: None,
            exp_base: 2.0,
            min: SimDuration::ZERO,
        }
    }
}

impl Described for TenacityExponential {
    const SUMMARY: &'static str = "tenacity `wait_exponential`: no jitter";
    const SOURCE: &'static str = "tenacity 9.2.1, wait.py";
}

impl Spacing for TenacityExponential {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.at_least_one("exp_base", self.exp_base);
        problems.not_below("max", self.max, "min", self.min);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, _draws: &mut R) -> SimDuration {
        wait(self.bound(n))
    }
}

impl TenacityExponential {
    /// The wait, in nanoseconds.
    pub(super) fn bound(&self, n: u32) -> f64 {
        let uncapped = grown(self.multiplier, self.exp_base, n - 1);
        uncapped.min(nanos_or_infinite(self.max)).max(nanos(self.min))
    }
}
