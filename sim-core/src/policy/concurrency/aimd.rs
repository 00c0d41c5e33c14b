//! Additive increase, multiplicative decrease.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limiter::{Estimate, Limiter, Sample, unavailable};
use super::window::Window;
use super::{ConcurrencyGate, Parameters, check_limits};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::{Outcome, Problems};

/// Adds 1 to the limit after each good answer while at least half of it is used; multiplies it by
/// `backoff_ratio`, rounded down, after each call that was dropped or took longer than `timeout`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Aimd {
    /// The limit at the start; from `min_limit` to `max_limit`.
    pub initial_limit: u32,
    /// The lowest limit; at least 1.
    pub min_limit: u32,
    /// The highest limit.
    pub max_limit: u32,
    /// What the limit is multiplied by when it is lowered; from 0.5 to below 1.
    pub backoff_ratio: f64,
    /// A call that takes longer counts as dropped.
    pub timeout: SimDuration,
    /// Which outcomes count as dropped; other failures say nothing about the limit.
    pub dropped: Vec<Outcome>,
    /// Learns from windows of calls instead of each call; each call if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

impl Default for Aimd {
    /// `AIMDLimit.newBuilder()`, told of drops by the gRPC client's interceptor.
    fn default() -> Self {
        Self {
            initial_limit: 20,
            min_limit: 20,
            max_limit: 200,
            backoff_ratio: 0.9,
            timeout: SimDuration::from_secs(5),
            dropped: unavailable(),
            window: None,
        }
    }
}

impl Described for Aimd {
    const SUMMARY: &'static str =
        "one more after a good answer, a tenth less after a drop or a slow one";
    const SOURCE: &'static str = "Netflix/concurrency-limits @78a74b9, AIMDLimit.java";
}

impl Parameters for Aimd {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_limits(&mut problems, self.initial_limit, (self.min_limit, self.max_limit));
        let wrong = !(0.5..1.0).contains(&self.backoff_ratio);
        let message = format_args!("must be from 0.5 to below 1, not {}", self.backoff_ratio);
        problems.note_if(wrong, "backoff_ratio", message);
        problems.above_zero("timeout", self.timeout);
        super::window::check(self.window.as_ref(), &mut problems);
        problems
    }

    fn gate(&self) -> ConcurrencyGate {
        let estimate = AimdEstimate { limit: self.initial_limit, parameters: self.clone() };
        let limiter = Limiter::new(Estimate::Aimd(estimate), self.window, &self.dropped);
        ConcurrencyGate::Limiter(Box::new(limiter))
    }
}

/// The limit as it moves.
#[derive(Clone, Debug)]
pub struct AimdEstimate {
    limit: u32,
    parameters: Aimd,
}

impl AimdEstimate {
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    pub(super) fn learn(&mut self, sample: Sample) {
        let Aimd { min_limit, max_limit, backoff_ratio, timeout, .. } = self.parameters;
        let limit = if sample.dropped || sample.rtt > timeout.as_nanos() {
            (f64::from(self.limit) * backoff_ratio) as u32
        } else if u64::from(sample.in_flight) * 2 >= u64::from(self.limit) {
            self.limit.saturating_add(1)
        } else {
            self.limit
        };
        self.limit = limit.max(min_limit).min(max_limit);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::learn;
    use super::*;
    use crate::policy::concurrency::ConcurrencyLimit;

    fn aimd(initial_limit: u32) -> ConcurrencyGate {
        let aimd = Aimd { initial_limit, min_limit: 10, max_limit: 12, ..Aimd::default() };
        ConcurrencyLimit::Aimd(aimd).gate()
    }

    #[test]
    fn it_grows_by_one_while_half_of_it_is_used_up_to_the_highest() {
        let mut gate = aimd(11);
        assert_eq!(learn(&mut gate, 100.0, 5, false), 11);
        assert_eq!(learn(&mut gate, 100.0, 6, false), 12);
        assert_eq!(learn(&mut gate, 100.0, 6, false), 12);
    }

    #[test]
    fn exactly_the_timeout_is_in_time_and_a_nanosecond_more_is_a_drop() {
        let mut gate = aimd(12);
        assert_eq!(learn(&mut gate, 5_000.0, 1, false), 12);
        assert_eq!(learn(&mut gate, 5_000.000_001, 1, false), 10);
    }

    #[test]
    fn it_never_falls_below_the_lowest() {
        let mut gate = aimd(10);
        assert_eq!(learn(&mut gate, 1.0, 10, true), 10);
    }
}
