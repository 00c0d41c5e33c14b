//! Polly v8, `CircuitBreakerStrategyOptions`.

use super::{LibraryBreaker, thrown};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::breaker::trip;
use crate::policy::breaker::{
    Arithmetic, Breaker, Due, Forgets, JudgedOn, LateResults, OpenFor, Probes, Threshold, Trip,
    Verdict,
};
use crate::policy::limit::Limit;

/// Polly v8, `CircuitBreakerStrategyOptions`.
pub(super) struct PollyV8;

impl Described for PollyV8 {
    const SUMMARY: &'static str =
        "Polly v8: a failure at 10 % of 100 calls in 30 s opens for 5 s; one probe";
    const SOURCE: &'static str = "App-vNext/Polly @173d6d1d, Polly.Core/CircuitBreaker/Controller";
}

impl LibraryBreaker for PollyV8 {
    fn defaults() -> Breaker {
        Breaker {
            trip: Some(Trip::PollyV8(trip::polly_v8::PollyV8::default())),
            failure_rate: Some(0.1),
            minimum_calls: Some(100),
            threshold: Some(Threshold::AtLeast),
            arithmetic: Some(Arithmetic::Quotient),
            judged_on: Some(JudgedOn::Failures),
            // A call that was called off is not handled: a success.
            failures: thrown(),
            ignored: Some(Vec::new()),
            open_for: Some(OpenFor::Time(SimDuration::from_secs(5))),
            due: Some(Due::At),
            half_open_calls: Some(Limit::AtMost(1)),
            half_open_verdict: Some(Verdict::FirstResult),
            probes: Some(Probes::Apart),
            late_results: Some(LateResults::Counted),
            forgets: Some(Forgets::OnClose),
            ..Breaker::default()
        }
    }
}
