//! pybreaker 1.4.

use super::{LibraryBreaker, thrown_or_cancelled};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::consecutive::Consecutive;
use crate::policy::breaker::{
    Breaker, Due, Forgets, JudgedOn, LateResults, OpenFor, Probes, Trip, Verdict,
};
use crate::policy::limit::Limit;

/// pybreaker 1.4: a lock is held during the call.
pub(super) struct Pybreaker;

impl Described for Pybreaker {
    const SUMMARY: &'static str =
        "pybreaker 1.4: 5 failures in a row open for 60 s; calls wait for each other";
    const SOURCE: &'static str = "danielfm/pybreaker 1.4.1, src/pybreaker/__init__.py";
}

impl LibraryBreaker for Pybreaker {
    fn defaults() -> Breaker {
        Breaker {
            trip: Some(Trip::Consecutive(Consecutive { failures: 5 })),
            judged_on: Some(JudgedOn::Failures),
            failures: thrown_or_cancelled(),
            ignored: Some(Vec::new()),
            open_for: Some(OpenFor::Time(SimDuration::from_secs(60))),
            due: Some(Due::At),
            half_open_calls: Some(Limit::Unlimited),
            // `success_threshold`.
            half_open_verdict: Some(Verdict::Successes(1)),
            probes: Some(Probes::Counted),
            late_results: Some(LateResults::Counted),
            forgets: Some(Forgets::OnClose),
            serialised: Some(true),
            ..Breaker::default()
        }
    }
}
