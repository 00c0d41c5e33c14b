//! The breaker that the fourth article, like many a code base, writes in forty lines.

use super::{LibraryBreaker, thrown_or_cancelled};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::consecutive::Consecutive;
use crate::policy::breaker::{
    Breaker, Due, Forgets, JudgedOn, LateResults, OpenFor, Probes, Trip, Verdict,
};
use crate::policy::limit::Limit;

/// The breaker of the fourth article.
pub(super) struct Article4;

impl Described for Article4 {
    const SUMMARY: &'static str =
        "a hand-written breaker: 5 failures, 30 s from the last one, half-open to everybody";
    const SOURCE: &'static str = "the class of the fourth article";
}

impl LibraryBreaker for Article4 {
    fn defaults() -> Breaker {
        Breaker {
            trip: Some(Trip::Consecutive(Consecutive { failures: 5 })),
            judged_on: Some(JudgedOn::Failures),
            failures: thrown_or_cancelled(),
            ignored: Some(Vec::new()),
            open_for: Some(OpenFor::Time(SimDuration::from_secs(30))),
            due: Some(Due::After),
            half_open_calls: Some(Limit::Unlimited),
            half_open_verdict: Some(Verdict::FirstResult),
            probes: Some(Probes::Counted),
            late_results: Some(LateResults::Acting),
            forgets: Some(Forgets::OnClose),
            ..Breaker::default()
        }
    }
}
