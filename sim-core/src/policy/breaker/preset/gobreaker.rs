//! gobreaker v2, `Settings`.

use super::{LibraryBreaker, thrown_or_cancelled};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::gobreaker::Gobreaker as Counts;
use crate::policy::breaker::{
    Breaker, Denominator, Due, Forgets, JudgedOn, LateResults, OpenFor, Probes, Trip, Verdict,
};
use crate::policy::limit::Limit;

/// gobreaker v2, `Settings`.
pub(super) struct Gobreaker;

impl Described for Gobreaker {
    const SUMMARY: &'static str =
        "gobreaker v2: the 6th failure in a row opens for 60 s; late results are dropped";
    const SOURCE: &'static str = "sony/gobreaker v2 @fed8e9e, v2/gobreaker.go";
}

impl LibraryBreaker for Gobreaker {
    fn defaults() -> Breaker {
        Breaker {
            trip: Some(Trip::Gobreaker(Counts::default())),
            judged_on: Some(JudgedOn::Failures),
            // `Requests` counts a request when it is let through.
            denominator: Some(Denominator::Admitted),
            failures: thrown_or_cancelled(),
            ignored: Some(Vec::new()),
            open_for: Some(OpenFor::Time(SimDuration::from_secs(60))),
            due: Some(Due::After),
            half_open_calls: Some(Limit::AtMost(1)),
            half_open_verdict: Some(Verdict::AllSucceed),
            probes: Some(Probes::Apart),
            late_results: Some(LateResults::Dropped),
            forgets: Some(Forgets::OnEveryChange),
            ..Breaker::default()
        }
    }
}
