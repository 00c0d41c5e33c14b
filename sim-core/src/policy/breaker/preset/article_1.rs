//! The breaker of the first article, which stores no time.

use super::{LibraryBreaker, thrown_or_cancelled};
use crate::catalogue::Described;
use crate::policy::breaker::trip::consecutive::Consecutive;
use crate::policy::breaker::{Breaker, JudgedOn, LateResults, OpenFor, Trip};

/// The breaker of the first article.
pub(super) struct Article1;

impl Described for Article1 {
    const SUMMARY: &'static str = "a breaker without a clock: opens after 5 failures, for good";
    const SOURCE: &'static str =
        "the pseudocode of the first article, whose recovery timeout nothing reads";
}

impl LibraryBreaker for Article1 {
    fn defaults() -> Breaker {
        Breaker {
            trip: Some(Trip::Consecutive(Consecutive { failures: 5 })),
            judged_on: Some(JudgedOn::Failures),
            failures: thrown_or_cancelled(),
            ignored: Some(Vec::new()),
            open_for: Some(OpenFor::Forever),
            late_results: Some(LateResults::Counted),
            ..Breaker::default()
        }
    }
}
