//! cockatiel, `retry(handleAll, {})`.

use super::{LibraryRetry, RetryDefaults, WHATEVER_IS_THROWN};
use crate::catalogue::Described;
use crate::policy::backoff::Backoff;
use crate::policy::backoff::immediate::Immediate;
use crate::policy::limit::Limit;

/// cockatiel, `retry(handleAll, {})`.
pub(super) struct Cockatiel;

impl Described for Cockatiel {
    const SUMMARY: &'static str = "cockatiel: no limit, no wait, whatever is thrown";
    const SOURCE: &'static str = "npm cockatiel 3.2.1, Policy.ts";
}

impl LibraryRetry for Cockatiel {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::Unlimited),
            most_attempts: None,
            backoff: Backoff::Immediate(Immediate::default()),
            on: WHATEVER_IS_THROWN,
        }
    }
}
