//! The simulator behind the AWS study of backoff and jitter.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos};
use super::{BackoffState, Jitter, Spacing, decorrelated::Decorrelated};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Backs off as `backoff_simulator.py` does: it counts retries from 1, so that the first window
/// is twice the base.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AwsSimulator {
    /// What the window doubles from: the first is 2 · `base`.
    pub base: SimDuration,
    /// The longest window.
    pub cap: SimDuration,
    /// How the wait is drawn from the window.
    pub strategy: Strategy,
}

/// A class of the simulator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// `ExpoBackoff`: the whole window.
    Expo,
    /// `ExpoBackoffEqualJitter`: half of the window and a uniform part of the other half.
    EqualJitter,
    /// `ExpoBackoffFullJitter`: a uniform part of the window.
    #[default]
    FullJitter,
    /// `ExpoBackoffDecorr`: uniform from the base to three times the previous wait, capped.
    Decorrelated,
}

impl Default for AwsSimulator {
    fn default() -> Self {
        Self {
            base: SimDuration::from_millis(5),
            cap: SimDuration::from_secs(2),
            strategy: Strategy::default(),
        }
    }
}

impl Described for AwsSimulator {
    const SUMMARY: &'static str = "the AWS study's own strategies; the first window is 2 · base";
    const SOURCE: &'static str = "aws-samples/aws-arch-backoff-simulator, backoff_simulator.py";
}

impl Spacing for AwsSimulator {
    fn check(&self) -> Problems {
        self.decorrelated().check()
    }

    fn delay<R: Rng>(&self, n: u32, state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let window = grown(self.base, 2.0, n).min(nanos(self.cap));
        match self.strategy {
            Strategy::Expo => Jitter::None.spread(window, draws),
            Strategy::EqualJitter => Jitter::Equal.spread(window, draws),
            Strategy::FullJitter => Jitter::Full.spread(window, draws),
            Strategy::Decorrelated => self.decorrelated().delay(n, state, draws),
        }
    }
}

impl AwsSimulator {
    fn decorrelated(&self) -> Decorrelated {
        Decorrelated { base: self.base, cap: self.cap }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn the_first_window_is_twice_the_base() {
        for (strategy, expected) in [
            (Strategy::Expo, [10.0, 20.0, 40.0]),
            (Strategy::EqualJitter, [7.5, 15.0, 30.0]),
            (Strategy::FullJitter, [5.0, 10.0, 20.0]),
            (Strategy::Decorrelated, [10.0, 17.5, 28.75]),
        ] {
            let simulator = AwsSimulator { strategy, ..AwsSimulator::default() };
            assert_eq!(delays_ms(&simulator, 0.5, 3), expected, "{strategy:?}");
        }
    }
}
