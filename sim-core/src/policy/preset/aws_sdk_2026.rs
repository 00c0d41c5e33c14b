//! The AWS SDKs, standard mode of 2026.

use super::aws_sdk::TRANSIENT_AND_THROTTLING;
use super::{LibraryRetry, RetryDefaults};
use crate::catalogue::Described;
use crate::policy::backoff::{self, Backoff};
use crate::policy::limit::Limit;
use crate::policy::limiter::RetryAfter;

/// The AWS SDKs, standard mode of 2026.
pub(super) struct AwsSdk2026;

impl Described for AwsSdk2026 {
    const SUMMARY: &'static str =
        "AWS SDKs of 2026: 3 attempts, full jitter from 50 ms, from 1 s when throttled";
    const SOURCE: &'static str = "botocore 1.44.5, retries/standard.py, AWS_NEW_RETRIES_2026";
}

impl LibraryRetry for AwsSdk2026 {
    const RETRY_AFTER: RetryAfter = RetryAfter::AwsSdk2026;

    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::AtMost(3)),
            most_attempts: None,
            backoff: Backoff::AwsSdk2026(backoff::aws_sdk_2026::AwsSdk2026::default()),
            on: TRANSIENT_AND_THROTTLING,
        }
    }
}
