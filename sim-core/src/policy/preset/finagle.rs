//! Finagle, `RetryPolicy.tries(n)`.

use super::{LibraryRetry, RetryDefaults};
use crate::catalogue::Described;
use crate::policy::backoff::Backoff;
use crate::policy::backoff::finagle_decorrelated::FinagleDecorrelated;
use crate::policy::outcome::{Outcome, OutcomeSet};

/// Finagle, `RetryPolicy.tries(n)`.
pub(super) struct Finagle;

impl Described for Finagle {
    const SUMMARY: &'static str =
        "Finagle: decorrelated jitter of 5 to 200 ms, what was not sent or was turned away";
    const SOURCE: &'static str = "twitter/finagle @4feb34c, service/RetryPolicy.scala";
}

impl LibraryRetry for Finagle {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: None,
            most_attempts: None,
            backoff: Backoff::FinagleDecorrelated(FinagleDecorrelated::default()),
            on: WRITE_EXCEPTIONS,
        }
    }
}

/// `WriteExceptionsOnly`: requests that did not reach a server, and those that one turned away
/// with a negative acknowledgement.
const WRITE_EXCEPTIONS: OutcomeSet = OutcomeSet::of(&[
    Outcome::Overflow,
    Outcome::Refused,
    Outcome::Unresolved,
    Outcome::ConnectTimeout,
    Outcome::RejectedShed,
]);
