//! The AWS SDKs, standard mode of 2026, for DynamoDB.

use super::aws_sdk::TRANSIENT_AND_THROTTLING;
use super::{LibraryRetry, RetryDefaults};
use crate::catalogue::Described;
use crate::policy::backoff::Backoff;
use crate::policy::backoff::aws_sdk_2026::{AwsSdk2026, Service};
use crate::policy::limit::Limit;
use crate::policy::limiter::RetryAfter;

/// The AWS SDKs, standard mode of 2026, for DynamoDB.
pub(super) struct AwsSdk2026Dynamodb;

impl Described for AwsSdk2026Dynamodb {
    const SUMMARY: &'static str = "AWS SDKs of 2026 for DynamoDB: 4 attempts, full jitter from 25 ms, from 1 s when throttled";
    const SOURCE: &'static str = "botocore 1.44.5, retries/standard.py, AWS_NEW_RETRIES_2026";
}

impl LibraryRetry for AwsSdk2026Dynamodb {
    const RETRY_AFTER: RetryAfter = RetryAfter::AwsSdk2026;

    fn defaults() -> RetryDefaults {
        let service = Service::Dynamodb;
        RetryDefaults {
            max_attempts: Some(Limit::AtMost(4)),
            most_attempts: None,
            backoff: Backoff::AwsSdk2026(AwsSdk2026 { service, ..AwsSdk2026::default() }),
            on: TRANSIENT_AND_THROTTLING,
        }
    }
}
