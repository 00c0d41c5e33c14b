//! gRPC's retry policy.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos};
use super::{BackoffState, Jitter, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits `min(initial_backoff · backoff_multiplier^(n−1), max_backoff)`, ±20 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Grpc {
    /// `initialBackoff`. gRPC has no default; this is the proposal's example.
    pub initial_backoff: SimDuration,
    /// `maxBackoff`: the longest wait, before jitter. The default is the proposal's example.
    pub max_backoff: SimDuration,
    /// `backoffMultiplier`, above zero. The default is the proposal's example.
    pub backoff_multiplier: f64,
}

impl Default for Grpc {
    fn default() -> Self {
        Self {
            initial_backoff: SimDuration::from_millis(100),
            max_backoff: SimDuration::from_secs(1),
            backoff_multiplier: 2.0,
        }
    }
}

impl Described for Grpc {
    const SUMMARY: &'static str = "gRPC retries: exponential, ±20 %";
    const SOURCE: &'static str = "grpc/proposal A6-client-retries.md; grpc-go @4793ad0, stream.go";
}

impl Spacing for Grpc {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("initial_backoff", self.initial_backoff);
        problems.above_zero("max_backoff", self.max_backoff);
        let multiplier = self.backoff_multiplier;
        let wrong = !(multiplier.is_finite() && multiplier > 0.0);
        problems.note_if(wrong, "backoff_multiplier", "must be above zero");
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        let uncapped = grown(self.initial_backoff, self.backoff_multiplier, n - 1);
        Jitter::Proportional(0.2).spread(uncapped.min(nanos(self.max_backoff)), draws)
    }
}
