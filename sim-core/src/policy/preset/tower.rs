//! tower, `ExponentialBackoffMaker::default()`.

use super::{LibraryRetry, RetryDefaults};
use crate::catalogue::Described;
use crate::policy::backoff::{self, Backoff};
use crate::policy::outcome::OutcomeSet;

/// tower, `ExponentialBackoffMaker::default()`.
pub(super) struct Tower;

impl Described for Tower {
    const SUMMARY: &'static str =
        "tower: 50 ms doubling and up to 99 % more; attempts must be given";
    const SOURCE: &'static str = "tower-rs/tower @8358ee7, retry/backoff.rs";
}

impl LibraryRetry for Tower {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: None,
            most_attempts: None,
            backoff: Backoff::Tower(backoff::tower::Tower::default()),
            on: OutcomeSet::RETRYABLE,
        }
    }
}
