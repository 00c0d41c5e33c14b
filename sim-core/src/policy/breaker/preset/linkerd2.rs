//! linkerd2-proxy, failure accrual by consecutive failures.

use super::LibraryBreaker;
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::backoff::{self, Backoff};
use crate::policy::breaker::trip::consecutive::Consecutive;
use crate::policy::breaker::{
    Breaker, Due, Forgets, JudgedOn, LateResults, Probes, Transition, Trip, Verdict,
};
use crate::policy::limit::Limit;
use crate::policy::outcome::Outcome;

/// linkerd2-proxy, failure accrual by consecutive failures. There an endpoint that is shut is not
/// ready, so that its balancer takes another; a call with no other endpoint is turned away here.
pub(super) struct Linkerd2;

impl Described for Linkerd2 {
    const SUMMARY: &'static str =
        "linkerd2: 7 failures in a row, 1 s to 60 s between probations of one request";
    const SOURCE: &'static str =
        "linkerd2-proxy @29637b64f, app/outbound/src/http/breaker/consecutive_failures.rs";
}

impl LibraryBreaker for Linkerd2 {
    fn defaults() -> Breaker {
        Breaker {
            trip: Some(Trip::Consecutive(Consecutive { failures: 7 })),
            judged_on: Some(JudgedOn::Failures),
            failures: Some(FIVE_HUNDREDS.to_vec()),
            ignored: Some(vec![Outcome::Cancelled]),
            open_backoff: Some(Backoff::Tower(backoff::tower::Tower {
                min: SimDuration::from_secs(1),
                max: Some(SimDuration::from_secs(60)),
                jitter: 0.5,
            })),
            due: Some(Due::At),
            transition: Some(Transition::Automatic),
            half_open_calls: Some(Limit::AtMost(1)),
            half_open_verdict: Some(Verdict::FirstResult),
            probes: Some(Probes::Apart),
            // While it is shut they are dropped there, and forgotten here when it closes. In
            // probation any result decides.
            late_results: Some(LateResults::Counted),
            forgets: Some(Forgets::OnClose),
            ..Breaker::default()
        }
    }
}

/// Answers of class 5xx, and none at all. A 429 is a success.
const FIVE_HUNDREDS: &[Outcome] = &[
    Outcome::ServerError,
    Outcome::Overflow,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Unresolved,
    Outcome::ConnectTimeout,
    Outcome::Timeout,
    Outcome::Deadline,
    Outcome::RejectedShed,
    Outcome::Lost,
];
