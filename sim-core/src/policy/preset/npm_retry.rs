//! The npm package retry.

use super::{LibraryRetry, RetryDefaults, WHATEVER_IS_THROWN};
use crate::catalogue::Described;
use crate::policy::backoff::{self, Backoff};
use crate::policy::limit::Limit;

/// The npm package retry.
pub(super) struct NpmRetry;

impl Described for NpmRetry {
    const SUMMARY: &'static str =
        "npm retry: 10 retries, 1 s doubling without jitter, whatever is thrown";
    const SOURCE: &'static str = "npm retry 0.13.1, lib/retry.js";
}

impl LibraryRetry for NpmRetry {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::AtMost(11)),
            most_attempts: None,
            backoff: Backoff::NpmRetry(backoff::npm_retry::NpmRetry::default()),
            on: WHATEVER_IS_THROWN,
        }
    }
}
