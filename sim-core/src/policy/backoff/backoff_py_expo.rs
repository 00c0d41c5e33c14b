//! `backoff.expo` of the Python package backoff.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos_or_infinite};
use super::{BackoffState, Jitter, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `factor · base^(n−1)`, `max_value` at most, and jitter after that.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackoffPyExpo {
    /// By how much each wait is longer than the one before; at least 1.
    pub base: f64,
    /// The first wait, before jitter.
    pub factor: SimDuration,
    /// The longest wait, before jitter; no limit if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_value: Option<SimDuration>,
    /// How the wait is spread.
    pub jitter: PyJitter,
}

/// A jitter of the package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PyJitter {
    /// `jitter=None`.
    None,
    /// `full_jitter`: uniform in 0 … w.
    #[default]
    Full,
    /// `random_jitter`: uniform in w … w + 1 s.
    Random,
}

impl PyJitter {
    pub(super) fn spread<R: Rng>(self, w: f64, draws: &mut R) -> SimDuration {
        let jitter = match self {
            Self::None => Jitter::None,
            Self::Full => Jitter::Full,
            Self::Random => Jitter::Additive(SimDuration::from_secs(1)),
        };
        jitter.spread(w, draws)
    }
}

impl Default for BackoffPyExpo {
    fn default() -> Self {
        Self {
            base: 2.0,
            factor: SimDuration::from_secs(1),
            max_value: None,
            jitter: PyJitter::Full,
        }
    }
}

impl Described for BackoffPyExpo {
    const SUMMARY: &'static str = "Python backoff, `expo`: full jitter unless told otherwise";
    const SOURCE: &'static str = "backoff 2.2.1, _wait_gen.py and _jitter.py";
}

impl Spacing for BackoffPyExpo {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.at_least_one("base", self.base);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let uncapped = grown(self.factor, self.base, n - 1);
        self.jitter.spread(uncapped.min(nanos_or_infinite(self.max_value)), draws)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn full_jitter_scales_the_wait_and_random_jitter_adds_to_it() {
        let full = BackoffPyExpo::default();
        assert_eq!(delays_ms(&full, 0.25, 4), [250.0, 500.0, 1_000.0, 2_000.0]);
        let random = BackoffPyExpo { jitter: PyJitter::Random, ..full };
        assert_eq!(delays_ms(&random, 0.25, 4), [1_250.0, 2_250.0, 4_250.0, 8_250.0]);
    }
}
