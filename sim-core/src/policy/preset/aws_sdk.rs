//! The AWS SDKs, standard mode before 2026.

use super::{LibraryRetry, RetryDefaults};
use crate::catalogue::Described;
use crate::policy::backoff::{self, Backoff};
use crate::policy::limit::Limit;
use crate::policy::outcome::{Outcome, OutcomeSet};

/// The AWS SDKs, standard mode before 2026.
pub(super) struct AwsSdk;

impl Described for AwsSdk {
    const SUMMARY: &'static str = "AWS SDKs before 2026: 3 attempts, full jitter from 1 s";
    const SOURCE: &'static str = "botocore 1.44.5, retries/standard.py";
}

impl LibraryRetry for AwsSdk {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::AtMost(3)),
            most_attempts: None,
            backoff: Backoff::AwsSdk(backoff::aws_sdk::AwsSdk::default()),
            on: TRANSIENT_AND_THROTTLING,
        }
    }
}

/// Time-outs and broken connections, the statuses 500, 502, 503 and 504, and throttling.
pub(super) const TRANSIENT_AND_THROTTLING: OutcomeSet = OutcomeSet::of(&[
    Outcome::ServerError,
    Outcome::Throttled,
    Outcome::Overflow,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Unresolved,
    Outcome::ConnectTimeout,
    Outcome::Timeout,
    Outcome::RejectedShed,
    Outcome::Lost,
]);
