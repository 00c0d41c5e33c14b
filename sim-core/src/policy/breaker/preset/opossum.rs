//! opossum 9.

use super::{LibraryBreaker, thrown_or_cancelled};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::time_window::TimeWindow;
use crate::policy::breaker::{
    Arithmetic, Breaker, Denominator, Due, Forgets, JudgedOn, LateResults, OpenFor, Probes,
    Threshold, Transition, Trip, Verdict,
};
use crate::policy::limit::Limit;

/// opossum 9. Its timeout is a layer of its own.
pub(super) struct Opossum;

impl Described for Opossum {
    const SUMMARY: &'static str =
        "opossum 9: more than 50 % of what was fired in 10 s, rejects included; 30 s; one probe";
    const SOURCE: &'static str = "nodeshift/opossum 9.0.0, lib/circuit.js and lib/status.js";
}

impl LibraryBreaker for Opossum {
    fn defaults() -> Breaker {
        Breaker {
            trip: Some(Trip::TimeWindow(TimeWindow {
                buckets: 10,
                bucket: SimDuration::from_secs(1),
            })),
            failure_rate: Some(0.5),
            // `volumeThreshold`.
            minimum_calls: Some(0),
            threshold: Some(Threshold::Above),
            arithmetic: Some(Arithmetic::Percent),
            judged_on: Some(JudgedOn::Failures),
            denominator: Some(Denominator::Asked),
            failures: thrown_or_cancelled(),
            ignored: Some(Vec::new()),
            open_for: Some(OpenFor::Time(SimDuration::from_secs(30))),
            due: Some(Due::At),
            transition: Some(Transition::Automatic),
            half_open_calls: Some(Limit::AtMost(1)),
            half_open_verdict: Some(Verdict::FirstResult),
            probes: Some(Probes::Counted),
            late_results: Some(LateResults::Counted),
            forgets: Some(Forgets::Never),
            ..Breaker::default()
        }
    }
}
