//! gRPC's connection backoff.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos};
use super::{BackoffState, Jitter, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `min(base_delay · multiplier^(n−1), max_delay)`, ±`jitter`; the first wait is exactly
/// `base_delay`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GrpcConnection {
    /// The first wait.
    pub base_delay: SimDuration,
    /// By how much each wait is longer than the one before; at least 1.
    pub multiplier: f64,
    /// The share by which a wait is spread to both sides, 0 to 1.
    pub jitter: f64,
    /// The longest wait, before jitter.
    pub max_delay: SimDuration,
}

impl Default for GrpcConnection {
    fn default() -> Self {
        Self {
            base_delay: SimDuration::from_secs(1),
            multiplier: 1.6,
            jitter: 0.2,
            max_delay: SimDuration::from_secs(120),
        }
    }
}

impl Described for GrpcConnection {
    const SUMMARY: &'static str =
        "gRPC reconnecting: 1 s · 1.6^(n−1) up to 120 s, ±20 % but for the first";
    const SOURCE: &'static str = "grpc doc/connection-backoff.md; grpc-go @4793ad0, backoff.go";
}

impl Spacing for GrpcConnection {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("base_delay", self.base_delay);
        problems.at_least_one("multiplier", self.multiplier);
        problems.within("jitter", self.jitter, 0.0, 1.0);
        problems.not_below("max_delay", self.max_delay, "base_delay", self.base_delay);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        if n == 1 {
            return self.base_delay;
        }
        let uncapped = grown(self.base_delay, self.multiplier, n - 1);
        Jitter::Proportional(self.jitter).spread(uncapped.min(nanos(self.max_delay)), draws)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn the_first_wait_has_no_jitter_and_the_others_have() {
        let connection = GrpcConnection::default();
        assert_eq!(delays_ms(&connection, 0.0, 3), [1_000.0, 1_280.0, 2_048.0]);
        assert_eq!(delays_ms(&connection, 0.5, 3), [1_000.0, 1_600.0, 2_560.0]);
        assert_eq!(delays_ms(&connection, 0.0, 30)[29], 96_000.0);
        assert_eq!(delays_ms(&connection, 0.5, 30)[29], 120_000.0);
    }
}
