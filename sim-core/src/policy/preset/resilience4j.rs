//! Resilience4j, `RetryConfig.ofDefaults()`.

use super::{LibraryRetry, RetryDefaults, WHATEVER_IS_THROWN};
use crate::catalogue::Described;
use crate::policy::backoff::{self, Backoff};
use crate::policy::limit::Limit;

/// Resilience4j, `RetryConfig.ofDefaults()`.
pub(super) struct Resilience4j;

impl Described for Resilience4j {
    const SUMMARY: &'static str = "Resilience4j: 3 attempts, 500 ms apart, whatever is thrown";
    const SOURCE: &'static str = "resilience4j v2.4.0, RetryConfig.java";
}

impl LibraryRetry for Resilience4j {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::AtMost(3)),
            most_attempts: None,
            backoff: Backoff::Resilience4j(backoff::resilience4j::Resilience4j::default()),
            on: WHATEVER_IS_THROWN,
        }
    }
}
