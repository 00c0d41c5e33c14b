//! cockatiel's exponential backoff.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{NANOS_PER_MS, grown, nanos, unit, wait, wait_ms};
use super::{BackoffState, Spacing, polly_v8::decorrelated_v2};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits as cockatiel's `ExponentialBackoff` with this generator does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cockatiel {
    /// `initialDelay`: the first wait, before jitter.
    pub initial_delay: SimDuration,
    /// `maxDelay`: the longest wait.
    pub max_delay: SimDuration,
    /// `exponent`: by how much each wait is longer than the one before, at least 1. Only the
    /// decorrelated generator heeds it; the others always double.
    pub exponent: f64,
    /// `generator`: how a wait is drawn.
    pub generator: Generator,
}

/// One of cockatiel's generators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Generator {
    /// `noJitterGenerator`.
    None,
    /// `fullJitterGenerator`: uniform in 0 … w, whole milliseconds.
    Full,
    /// `halfJitterGenerator`: uniform in w/2 … w, whole milliseconds.
    Half,
    /// `decorrelatedJitterGenerator`: Polly's decorrelated jitter V2.
    #[default]
    Decorrelated,
}

impl Default for Cockatiel {
    fn default() -> Self {
        Self {
            initial_delay: SimDuration::from_millis(128),
            max_delay: SimDuration::from_secs(30),
            exponent: 2.0,
            generator: Generator::Decorrelated,
        }
    }
}

impl Described for Cockatiel {
    const SUMMARY: &'static str =
        "cockatiel: exponential with no, full, half or decorrelated jitter";
    const SOURCE: &'static str = "npm cockatiel 3.2.1, backoff/ExponentialBackoffGenerators.ts";
}

impl Spacing for Cockatiel {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.at_least_one("exponent", self.exponent);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let (initial, max) = (nanos(self.initial_delay), nanos(self.max_delay));
        let delay_ms = grown(self.initial_delay, 2.0, n - 1).min(max) / NANOS_PER_MS;
        match self.generator {
            Generator::None => wait_ms(delay_ms),
            Generator::Full => wait_ms((unit(draws) * delay_ms).floor()),
            Generator::Half => wait_ms(((delay_ms + unit(draws) * delay_ms) / 2.0).floor()),
            Generator::Decorrelated => {
                let multiple = decorrelated_v2(self.exponent, n, state, draws);
                wait((multiple * initial).min(max))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn only_the_decorrelated_generator_heeds_the_exponent() {
        let three = Cockatiel { exponent: 3.0, ..Cockatiel::default() };
        let plain = Cockatiel { generator: Generator::None, ..three };
        assert_eq!(delays_ms(&plain, 0.0, 3), [128.0, 256.0, 512.0]);
        assert!(delays_ms(&three, 0.5, 3) > delays_ms(&Cockatiel::default(), 0.5, 3));
    }

    #[test]
    fn decorrelated_waits_are_in_proportion_to_the_initial_delay() {
        let once = Cockatiel::default();
        let twice = Cockatiel { initial_delay: SimDuration::from_millis(256), ..once };
        let (once, twice) = (delays_ms(&once, 0.5, 6), delays_ms(&twice, 0.5, 6));
        for (once, twice) in once.iter().zip(twice) {
            assert!((twice - 2.0 * once).abs() < 1e-5, "{once} and {twice}");
        }
    }
}
