//! The AWS SDKs' standard mode before 2026.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{grown, nanos, unit, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Waits a uniform part of `min(2^(n−1) s, max_backoff)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AwsSdk {
    /// The longest window.
    pub max_backoff: SimDuration,
}

impl Default for AwsSdk {
    fn default() -> Self {
        Self { max_backoff: SimDuration::from_secs(20) }
    }
}

impl Described for AwsSdk {
    const SUMMARY: &'static str = "AWS SDKs, standard mode before 2026: full jitter from 1 s";
    const SOURCE: &'static str = "botocore 1.44.5, retries/standard.py, mode version 2.0";
}

impl Spacing for AwsSdk {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("max_backoff", self.max_backoff);
        problems
    }

    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, draws: &mut R) -> SimDuration {
        const BASE: SimDuration = SimDuration::from_secs(1);
        wait(unit(draws) * grown(BASE, 2.0, n - 1).min(nanos(self.max_backoff)))
    }
}
