//! `backoff.fibo` of the Python package backoff.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, nanos_or_infinite};
use super::{BackoffState, Spacing, backoff_py_expo::PyJitter};
use crate::catalogue::Described;
use crate::kernel::SimDuration;

/// Waits 1, 1, 2, 3, 5, 8 s, …, `max_value` at most, and jitter after that.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackoffPyFibo {
    /// The longest wait, before jitter; no limit if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_value: Option<SimDuration>,
    /// How the wait is spread.
    pub jitter: PyJitter,
}

impl Default for BackoffPyFibo {
    fn default() -> Self {
        Self { max_value: None, jitter: PyJitter::Full }
    }
}

impl Described for BackoffPyFibo {
    const SUMMARY: &'static str = "Python backoff, `fibo`: Fibonacci numbers of seconds";
    const SOURCE: &'static str = "backoff 2.2.1, _wait_gen.py and _jitter.py";
}

impl Spacing for BackoffPyFibo {
    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let second = SimDuration::from_secs(1);
        let (mut this, mut next) = (second, second);
        // The hundredth number is longer than the longest duration.
        for _ in 1..n.min(100) {
            (this, next) = (next, this + next);
        }
        self.jitter.spread(nanos(this).min(nanos_or_infinite(self.max_value)), draws)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn growth_without_a_cap_ends_at_the_longest_duration() {
        let fibo = BackoffPyFibo { jitter: PyJitter::None, ..BackoffPyFibo::default() };
        assert_eq!(delays_ms(&fibo, 0.0, 7)[6], 13_000.0);
        assert_eq!(delays_ms(&fibo, 0.0, 200)[199], SimDuration::MAX.as_millis_f64());
    }
}
