//! The npm package retry, and p-retry.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{NANOS_PER_MS, grown, unit, wait_ms};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `min_timeout · factor^(n−1)`, with `randomize` up to twice that, rounded to whole
/// milliseconds, `max_timeout` at most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NpmRetry {
    /// `minTimeout`: the first wait.
    pub min_timeout: SimDuration,
    /// By how much each wait is longer than the one before; at least 1.
    pub factor: f64,
    /// `maxTimeout`: the longest wait; no limit if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_timeout: Option<SimDuration>,
    /// Whether a wait is multiplied by a uniform number from 1 to 2. The package sorts its waits;
    /// that changes nothing with a factor of at least 2, and smaller ones are refused here.
    pub randomize: bool,
}

impl Default for NpmRetry {
    fn default() -> Self {
        Self {
            min_timeout: SimDuration::from_secs(1),
            factor: 2.0,
            max_timeout: None,
            randomize: false,
        }
    }
}

impl Described for NpmRetry {
    const SUMMARY: &'static str =
        "npm retry and p-retry: exponential; its jitter is one to two times the wait";
    const SOURCE: &'static str = "npm retry 0.13.1, lib/retry.js";
}

impl Spacing for NpmRetry {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.at_least_one("factor", self.factor);
        let sorted = self.randomize && self.factor < 2.0;
        problems.note_if(sorted, "factor", "must be at least 2 with `randomize`");
        problems.not_below("max_timeout", self.max_timeout, "min_timeout", self.min_timeout);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let random = if self.randomize { unit(draws) + 1.0 } else { 1.0 };
        let exact_ms = random * grown(self.min_timeout, self.factor, n - 1) / NANOS_PER_MS;
        let rounded = wait_ms((exact_ms + 0.5).floor());
        rounded.min(self.max_timeout.unwrap_or(SimDuration::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn waits_are_rounded_to_milliseconds_before_the_cap() {
        let (factor, max_timeout) = (1.5, Some(SimDuration::from_micros(2_700)));
        let min_timeout = SimDuration::from_millis(1);
        let retry = NpmRetry { min_timeout, factor, max_timeout, randomize: false };
        assert_eq!(delays_ms(&retry, 0.0, 4), [1.0, 2.0, 2.0, 2.7]);
    }

    #[test]
    fn jitter_whose_sorting_would_matter_is_refused() {
        let retry = NpmRetry { factor: 1.5, randomize: true, ..NpmRetry::default() };
        assert_eq!(retry.check().0[0].path, "factor");
        assert!(NpmRetry { factor: 2.0, ..retry }.check().0.is_empty());
    }
}
