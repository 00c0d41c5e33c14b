//! The AWS SDKs' standard mode of 2026.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos, unit, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Outcome;
use crate::policy::Problems;

/// Waits a uniform part of `min(b · 2^(n−1), max_backoff)`, where `b` is 1 s after `throttled`,
/// else 50 ms (25 ms for DynamoDB).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AwsSdk2026 {
    /// Which service is called: its transient failures have their own scale.
    pub service: Service,
    /// The longest window.
    pub max_backoff: SimDuration,
}

/// A service, as far as its retries differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// DynamoDB and DynamoDB Streams.
    Dynamodb,
    /// All others.
    #[default]
    Other,
}

impl Default for AwsSdk2026 {
    fn default() -> Self {
        Self { service: Service::Other, max_backoff: SimDuration::from_secs(20) }
    }
}

impl Described for AwsSdk2026 {
    const SUMMARY: &'static str =
        "AWS SDKs, standard mode of 2026: full jitter from 50 ms, from 1 s when throttled";
    const SOURCE: &'static str = "botocore 1.44.5, retries/standard.py, AWS_NEW_RETRIES_2026";
}

impl AwsSdk2026 {
    fn scale(&self, outcome: Outcome) -> SimDuration {
        match (outcome, self.service) {
            (Outcome::Throttled, _) => SimDuration::from_secs(1),
            (_, Service::Dynamodb) => SimDuration::from_millis(25),
            (_, Service::Other) => SimDuration::from_millis(50),
        }
    }
}

impl Spacing for AwsSdk2026 {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("max_backoff", self.max_backoff);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, state: &mut BackoffState, draws: &mut R) -> SimDuration {
        self.delay_after(Outcome::ServerError, n, state, draws)
    }

    fn delay_after<R: Rng>(
        &self,
        outcome: Outcome,
        n: u32,
        _state: &mut BackoffState,
        draws: &mut R,
    ) -> SimDuration {
        let window = grown(self.scale(outcome), 2.0, n - 1).min(nanos(self.max_backoff));
        wait(unit(draws) * window)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::MIDDLE;
    use super::super::tests::delays_ms;
    use super::*;

    #[test]
    fn dynamodb_starts_at_half_of_the_others() {
        let dynamodb = AwsSdk2026 { service: Service::Dynamodb, ..AwsSdk2026::default() };
        assert_eq!(delays_ms(&dynamodb, 0.5, 3), [12.5, 25.0, 50.0]);
        assert_eq!(delays_ms(&AwsSdk2026::default(), 0.5, 3), [25.0, 50.0, 100.0]);
    }

    #[test]
    fn throttling_scales_the_wait_whatever_failed_before() {
        let (mut state, mut draws) = (BackoffState::default(), MIDDLE);
        let mut wait = |outcome, n| {
            let service = Service::Dynamodb;
            let sdk = AwsSdk2026 { service, ..AwsSdk2026::default() };
            sdk.delay_after(outcome, n, &mut state, &mut draws).as_millis_f64()
        };
        assert_eq!(wait(Outcome::Timeout, 1), 12.5);
        assert_eq!(wait(Outcome::Throttled, 2), 1_000.0);
        assert_eq!(wait(Outcome::ServerError, 3), 50.0);
    }
}
