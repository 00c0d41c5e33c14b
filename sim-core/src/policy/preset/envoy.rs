//! Envoy with `retry_on: 5xx`.

use super::{LibraryRetry, RetryDefaults};
use crate::catalogue::Described;
use crate::policy::backoff::{self, Backoff};
use crate::policy::limit::Limit;
use crate::policy::outcome::{Outcome, OutcomeSet};

/// Envoy with `retry_on: 5xx`.
pub(super) struct Envoy;

impl Described for Envoy {
    const SUMMARY: &'static str =
        "Envoy: 1 retry, windows from 25 ms, on 5xx and broken or silent connections";
    const SOURCE: &'static str = "envoy (2026), RetryPolicy and x-envoy-retry-on";
}

impl LibraryRetry for Envoy {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::AtMost(2)),
            most_attempts: None,
            backoff: Backoff::Envoy(backoff::envoy::Envoy::default()),
            on: FIVE_HUNDREDS,
        }
    }
}

/// `5xx`: any answer with such a status, and none at all (disconnect, reset, time-out of a try).
const FIVE_HUNDREDS: OutcomeSet = OutcomeSet::of(&[
    Outcome::ServerError,
    Outcome::Overflow,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Unresolved,
    Outcome::ConnectTimeout,
    Outcome::Timeout,
    Outcome::RejectedShed,
    Outcome::Lost,
]);
