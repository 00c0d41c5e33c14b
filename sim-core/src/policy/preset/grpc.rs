//! gRPC with the service config of the proposal's example.

use super::{LibraryRetry, RetryDefaults};
use crate::catalogue::Described;
use crate::policy::backoff::{self, Backoff};
use crate::policy::limit::Limit;
use crate::policy::limiter::RetryAfter;
use crate::policy::outcome::{Outcome, OutcomeSet};

/// gRPC with the service config of the proposal's example.
pub(super) struct Grpc;

impl Described for Grpc {
    const SUMMARY: &'static str =
        "gRPC: 4 attempts (5 at most), 100 ms to 1 s ±20 %, on UNAVAILABLE";
    const SOURCE: &'static str = "grpc/proposal A6-client-retries.md";
}

impl LibraryRetry for Grpc {
    const RETRY_AFTER: RetryAfter = RetryAfter::Instead;

    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::AtMost(4)),
            most_attempts: Some(5),
            backoff: Backoff::Grpc(backoff::grpc::Grpc::default()),
            on: UNAVAILABLE,
        }
    }
}

/// What a client sees as `UNAVAILABLE`: no connection, and the statuses 429, 502, 503 and 504.
/// An attempt that takes too long is `DEADLINE_EXCEEDED` and is not retried.
const UNAVAILABLE: OutcomeSet = OutcomeSet::of(&[
    Outcome::ServerError,
    Outcome::Throttled,
    Outcome::Overflow,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Unresolved,
    Outcome::ConnectTimeout,
    Outcome::RejectedShed,
    Outcome::Lost,
]);
