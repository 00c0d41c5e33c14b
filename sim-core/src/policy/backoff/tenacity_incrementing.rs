//! tenacity's `wait_incrementing`.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, nanos_or_infinite, wait};
use super::{BackoffState, Spacing};
use crate::catalogue::Described;
use crate::kernel::SimDuration;

/// Waits `start + increment · (n − 1)`, `max` at most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TenacityIncrementing {
    /// The first wait.
    pub start: SimDuration,
    /// What each wait adds to the one before.
    pub increment: SimDuration,
    /// The longest wait; no limit if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<SimDuration>,
}

impl Default for TenacityIncrementing {
    fn default() -> Self {
        Self { start: SimDuration::ZERO, increment: SimDuration::from_secs(100), max: None }
    }
}

impl Described for TenacityIncrementing {
    const SUMMARY: &'static str = "tenacity `wait_incrementing`: linear";
    const SOURCE: &'static str = "tenacity 9.2.1, wait.py";
}

impl Spacing for TenacityIncrementing {
    fn delay<R: Rng>(&self, n: u32, _state: &mut BackoffState, _draws: &mut R) -> SimDuration {
        let uncapped = nanos(self.start) + nanos(self.increment) * f64::from(n - 1);
        wait(uncapped.min(nanos_or_infinite(self.max)))
    }
}
