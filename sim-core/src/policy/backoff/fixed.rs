//! The same wait every time.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::nanos;
use super::{BackoffState, Jitter, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits the same time before every retry.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// How long to wait.
    pub delay: SimDuration,
    /// How the wait is spread.
    #[serde(default)]
    pub jitter: Jitter,
}

impl Described for Fixed {
    const SUMMARY: &'static str = "waits the same time before every retry";
    const SOURCE: &'static str = "common practice";
}

impl Spacing for Fixed {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("delay", self.delay);
        self.jitter.check(&mut problems);
        problems
    }

    fn delay<R: Rng>(&self, _n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        self.jitter.spread(nanos(self.delay), draws)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn every_wait_is_the_same() {
        let delay = SimDuration::from_millis(250);
        assert_eq!(
            delays_ms(&Fixed { delay, jitter: Jitter::None }, 0.3, 3),
            [250.0, 250.0, 250.0]
        );
        assert_eq!(delays_ms(&Fixed { delay, jitter: Jitter::Full }, 0.5, 2), [125.0, 125.0]);
    }
}
