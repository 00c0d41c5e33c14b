//! cockatiel 3.2, `circuitBreaker`.

use super::{LibraryBreaker, thrown_or_cancelled};
use crate::catalogue::Described;
use crate::policy::breaker::{
    Arithmetic, Breaker, Due, Forgets, JudgedOn, LateResults, Probes, Surplus, Threshold, Verdict,
};
use crate::policy::limit::Limit;

/// cockatiel 3.2, `circuitBreaker`. It wants to be told its trip rule and its open time.
pub(super) struct Cockatiel;

impl Described for Cockatiel {
    const SUMMARY: &'static str =
        "cockatiel 3.2: one probe, for whose verdict the others wait; strict rates";
    const SOURCE: &'static str =
        "connor4312/cockatiel 3.2.1, src/CircuitBreakerPolicy.ts and src/breaker";
}

impl LibraryBreaker for Cockatiel {
    fn defaults() -> Breaker {
        Breaker {
            threshold: Some(Threshold::Above),
            arithmetic: Some(Arithmetic::Product),
            judged_on: Some(JudgedOn::Failures),
            failures: thrown_or_cancelled(),
            ignored: Some(Vec::new()),
            due: Some(Due::At),
            half_open_calls: Some(Limit::AtMost(1)),
            half_open_surplus: Some(Surplus::Waits),
            half_open_verdict: Some(Verdict::FirstResult),
            probes: Some(Probes::Counted),
            late_results: Some(LateResults::ByAdmission),
            forgets: Some(Forgets::OnClose),
            ..Breaker::default()
        }
    }
}
