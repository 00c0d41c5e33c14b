//! tenacity's `wait_exponential_jitter`.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos, nanos_or_infinite, unit, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `multiplier · exp_base^(n−1)` and up to `jitter` more, from `min` to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TenacityExponentialJitter {
    /// What the wait grows from: the first is `multiplier`.
    pub multiplier: SimDuration,
    /// The longest wait, jitter included; no limit if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<SimDuration>,
    /// By how much each wait is longer than the one before; at least 1.
    pub exp_base: f64,
    /// The shortest wait.
    pub min: SimDuration,
    /// The longest time that is added.
    pub jitter: SimDuration,
}

impl Default for TenacityExponentialJitter {
    fn default() -> Self {
        Self {
            multiplier: SimDuration::from_secs(1),
            max: None,
            exp_base: 2.0,
            min: SimDuration::ZERO,
            jitter: SimDuration::from_secs(1),
        }
    }
}

impl Described for TenacityExponentialJitter {
    const SUMMARY: &'static str =
        "tenacity `wait_exponential_jitter`: up to 1 s is added, then capped";
    const SOURCE: &'static str = "tenacity 9.2.1, wait.py";
}

impl Spacing for TenacityExponentialJitter {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.at_least_one("exp_base", self.exp_base);
        problems.not_below("max", self.max, "min", self.min);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let added = unit(draws) * nanos(self.jitter);
        let uncapped = grown(self.multiplier, self.exp_base, n - 1) + added;
        wait(uncapped.min(nanos_or_infinite(self.max)).max(nanos(self.min)))
    }
}
