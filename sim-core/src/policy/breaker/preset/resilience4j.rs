//! Resilience4j, `CircuitBreakerConfig`.

use super::{LibraryBreaker, thrown};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::count_window::CountWindow;
use crate::policy::breaker::{
    Arithmetic, Breaker, Due, Forgets, JudgedOn, LateResults, OpenFor, Probes, Threshold,
    Transition, Trip, Verdict,
};
use crate::policy::limit::Limit;
use crate::policy::outcome::Outcome;

/// Resilience4j, `CircuitBreakerConfig`.
pub(super) struct Resilience4j;

impl Described for Resilience4j {
    const SUMMARY: &'static str =
        "Resilience4j: 50 % of the last 100 calls, or all slow, open for 60 s; 10 calls try";
    const SOURCE: &'static str = "resilience4j 2.4.0, CircuitBreakerConfig.java and \
                                  internal/CircuitBreakerStateMachine.java";
}

impl LibraryBreaker for Resilience4j {
    fn defaults() -> Breaker {
        Breaker {
            trip: Some(Trip::CountWindow(CountWindow { size: 100 })),
            failure_rate: Some(0.5),
            slow_rate: Some(1.0),
            slow_after: Some(SimDuration::from_secs(60)),
            minimum_calls: Some(100),
            threshold: Some(Threshold::AtLeast),
            arithmetic: Some(Arithmetic::SinglePercent),
            judged_on: Some(JudgedOn::Results),
            failures: thrown(),
            // A call that is called off releases its permission.
            ignored: Some(vec![Outcome::Cancelled]),
            open_for: Some(OpenFor::Time(SimDuration::from_secs(60))),
            due: Some(Due::After),
            transition: Some(Transition::Lazy),
            half_open_calls: Some(Limit::AtMost(10)),
            half_open_verdict: Some(Verdict::Rate),
            probes: Some(Probes::Apart),
            late_results: Some(LateResults::Counted),
            forgets: Some(Forgets::OnClose),
            ..Breaker::default()
        }
    }
}
