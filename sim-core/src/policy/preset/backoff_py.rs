//! The Python package backoff, `on_exception(expo, Exception)`.

use super::{LibraryRetry, RetryDefaults, WHATEVER_IS_THROWN};
use crate::catalogue::Described;
use crate::policy::backoff::Backoff;
use crate::policy::backoff::backoff_py_expo::BackoffPyExpo;
use crate::policy::limit::Limit;

/// The Python package backoff, `on_exception(expo, Exception)`.
pub(super) struct BackoffPy;

impl Described for BackoffPy {
    const SUMMARY: &'static str =
        "Python backoff: no limit, exponential with full jitter, whatever is thrown";
    const SOURCE: &'static str = "backoff 2.2.1, _decorator.py";
}

impl LibraryRetry for BackoffPy {
    fn defaults() -> RetryDefaults {
        RetryDefaults {
            max_attempts: Some(Limit::Unlimited),
            most_attempts: None,
            backoff: Backoff::BackoffPyExpo(BackoffPyExpo::default()),
            on: WHATEVER_IS_THROWN,
        }
    }
}
