//! Polly v8, `RetryStrategyOptions`.

use super::{LibraryRetry, RetryDefaults, WHATEVER_IS_THROWN};
use crate::catalogue::Described;
use crate::policy::backoff::{self, Backoff};
use crate::policy::limit::Limit;

/// Polly v8, `RetryStrategyOptions`.
pub(super) struct PollyV8;

impl Described for PollyV8 {
    const SUMMARY: &'static str = "Polly v8: 3 retries, 2 s apart, whatever is thrown";
    const SOURCE: &'static str =
        "App-vNext/Polly @173d6d1d, Polly.Core/Retry/RetryStrategyOptions.cs";
}

impl LibraryRetry for PollyV8 {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::AtMost(4)),
            most_attempts: None,
            backoff: Backoff::PollyV8(backoff::polly_v8::PollyV8::default()),
            on: WHATEVER_IS_THROWN,
        }
    }
}
