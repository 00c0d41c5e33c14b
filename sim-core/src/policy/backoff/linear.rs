//! Waits that grow by the same step.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, nanos_or_infinite};
use super::{BackoffState, Jitter, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `base + step · (n − 1)` before retry `n`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// The first wait.
    pub base: SimDuration,
    /// What each wait adds to the one before; `base` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<SimDuration>,
    /// The longest wait, before jitter; no limit if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<SimDuration>,
    /// How the wait is spread, after capping.
    #[serde(default)]
    pub jitter: Jitter,
}

impl Described for Linear {
    const SUMMARY: &'static str = "waits base, base + step, base + 2 step, …";
    const SOURCE: &'static str = "common practice";
}

impl Spacing for Linear {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("base", self.base);
        problems.not_below("cap", self.cap, "base", self.base);
        self.jitter.check(&mut problems);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let step = nanos(self.step.unwrap_or(self.base));
        let uncapped = nanos(self.base) + step * f64::from(n - 1);
        self.jitter.spread(uncapped.min(nanos_or_infinite(self.cap)), draws)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn waits_grow_by_a_step_up_to_the_cap() {
        let ms = SimDuration::from_millis;
        let linear = Linear { base: ms(100), step: None, cap: None, jitter: Jitter::None };
        assert_eq!(delays_ms(&linear, 0.0, 4), [100.0, 200.0, 300.0, 400.0]);
        let linear = Linear { step: Some(ms(50)), cap: Some(ms(180)), ..linear };
        assert_eq!(delays_ms(&linear, 0.0, 4), [100.0, 150.0, 180.0, 180.0]);
    }
}
