//! No wait at all.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;

/// Retries at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Immediate {}

impl Described for Immediate {
    const SUMMARY: &'static str = "retries at once";
    const SOURCE: &'static str = "the naive loop; aws-arch-backoff-simulator, `NoBackoff`";
}

impl Spacing for Immediate {
    fn delay<R: Rng>(&self, _n: u32, _state: &mut BackoffState, _draws: &mut R) -> SimDuration {
        SimDuration::ZERO
    }
}
