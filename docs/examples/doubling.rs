//! Waits that double up to a limit.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::nanos;
use super::{BackoffState, Jitter, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `base · 2^(n − 1)`, at most `limit`, before retry `n`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Doubling {
    /// The first wait.
    pub base: SimDuration,
    /// The longest wait.
    pub limit: SimDuration,
    /// How the wait is spread.
    pub jitter: Jitter,
}

impl Default for Doubling {
    fn default() -> Self {
        let (base, limit) = (SimDuration::from_millis(100), SimDuration::from_secs(10));
        Self { base, limit, jitter: Jitter::None }
    }
}

impl Described for Doubling {
    const SUMMARY: &'static str = "waits base, 2 base, 4 base, …, at most the limit";
    const SOURCE: &'static str = "our-http-client 3.1, backoff.go";
}

impl Spacing for Doubling {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("base", self.base);
        problems.not_below("limit", Some(self.limit), "base", self.base);
        self.jitter.check(&mut problems);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        // Beyond 64 doublings every limit is reached.
        let doubled = self.base.saturating_mul(1_u64.checked_shl(n - 1).unwrap_or(u64::MAX));
        self.jitter.spread(nanos(doubled.min(self.limit)), draws)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit() {
        let ms = SimDuration::from_millis;
        let doubling = Doubling { limit: ms(500), ..Doubling::default() };
        let waits = delays_ms(&doubling, 0.0, 200);
        assert_eq!(waits[..4], [100.0, 200.0, 400.0, 500.0]);
        assert!(waits[4..].iter().all(|wait| *wait == 500.0));
    }
}
