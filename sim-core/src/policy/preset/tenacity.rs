//! tenacity, `@retry` without arguments.

use super::{LibraryRetry, RetryDefaults, WHATEVER_IS_THROWN};
use crate::catalogue::Described;
use crate::policy::backoff::Backoff;
use crate::policy::backoff::immediate::Immediate;
use crate::policy::limit::Limit;

/// tenacity, `@retry` without arguments.
pub(super) struct Tenacity;

impl Described for Tenacity {
    const SUMMARY: &'static str = "tenacity: no limit, no wait, whatever is thrown";
    const SOURCE: &'static str = "tenacity 9.2.1, __init__.py";
}

impl LibraryRetry for Tenacity {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::Unlimited),
            most_attempts: None,
            backoff: Backoff::Immediate(Immediate::default()),
            on: WHATEVER_IS_THROWN,
        }
    }
}
