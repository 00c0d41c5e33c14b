//! Envoy's static limit on concurrent retries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::concurrency::Concurrency;
use super::{AttemptEnd, Budgeting, CallMemory, Deciding};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::Outcome;

/// At most `max_retries` retries are under way at a time, all calls taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Envoy {
    /// How many retries may be under way at a time. Istio's is 4294967295 unless configured.
    pub max_retries: u32,
    /// Whether a retry that waits in its backoff is under way, as in Envoy.
    pub count_backoff: bool,
}

impl Default for Envoy {
    fn default() -> Self {
        Self { max_retries: 3, count_backoff: true }
    }
}

impl Described for Envoy {
    const SUMMARY: &'static str = "Envoy: at most 3 retries at a time, those in backoff included";
    const SOURCE: &'static str =
        "envoy (2026), source/common/upstream/resource_manager_impl.h, router/retry_state_impl.cc";
}

impl Budgeting for Envoy {
    type Machine = MaxRetries;

    fn start(&self, _now: SimTime) -> MaxRetries {
        MaxRetries {
            max: u64::from(self.max_retries),
            under_way: Concurrency::new(self.count_backoff),
        }
    }
}

/// The retries of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct MaxRetries {
    max: u64,
    under_way: Concurrency,
}

impl Deciding for MaxRetries {
    fn attempt_starts(&mut self, _now: SimTime, memory: &mut CallMemory) {
        self.under_way.attempt_starts(memory);
    }

    fn attempt_ends(&mut self, _now: SimTime, memory: &mut CallMemory, _end: AttemptEnd) {
        self.under_way.attempt_ends(memory);
    }

    fn may_retry(&mut self, _now: SimTime, memory: &mut CallMemory, _outcome: Outcome) -> bool {
        let allowed = self.under_way.retries() < self.max;
        if allowed {
            self.under_way.retry_permitted(memory);
        }
        allowed
    }

    fn call_ends(&mut self, _now: SimTime, memory: &mut CallMemory, _outcome: Outcome) {
        self.under_way.call_ends(memory);
    }

    fn level(&mut self, _now: SimTime) -> f64 {
        self.max.saturating_sub(self.under_way.retries()) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Driver, driver, end};
    use super::*;
    use crate::policy::budget::Budget;

    fn envoy(count_backoff: bool) -> Driver {
        driver(Budget::Envoy(Envoy { count_backoff, ..Envoy::default() }))
    }

    impl Driver {
        /// A call whose first attempt has failed: whether it may be retried, and the call.
        fn failed(&mut self) -> (bool, CallMemory) {
            let mut memory = self.started();
            let failure = Outcome::ServerError;
            self.machine.attempt_ends(self.now, &mut memory, end(failure));
            (self.machine.may_retry(self.now, &mut memory, failure), memory)
        }

        fn retry(&mut self, memory: &mut CallMemory) {
            self.machine.attempt_starts(self.now, memory);
        }
    }

    #[test]
    fn the_fourth_retry_at_a_time_is_refused() {
        let mut envoy = envoy(true);
        let allowed: Vec<bool> = (0..5).map(|_| envoy.failed().0).collect();
        assert_eq!(allowed, [true, true, true, false, false]);
        assert_eq!(envoy.level(), 0.0);
    }

    #[test]
    fn retries_in_backoff_count_or_do_not() {
        let mut counts_not = envoy(false);
        let mut calls: Vec<_> = (0..5).map(|_| counts_not.failed()).collect();
        assert!(calls.iter().all(|(allowed, _)| *allowed), "all of them are in their backoff");
        for (_, memory) in &mut calls {
            counts_not.retry(memory);
        }
        assert!(!counts_not.failed().0, "five are under way: more than it would permit");
        let mut counts = envoy(true);
        let (_, mut memory) = counts.failed();
        assert_eq!(counts.level(), 2.0);
        counts.retry(&mut memory);
        assert_eq!(counts.level(), 2.0, "it is counted once");
    }

    #[test]
    fn a_retry_is_given_back_when_it_ends_and_before_the_next_is_decided() {
        for count_backoff in [true, false] {
            let mut envoy = envoy(count_backoff);
            let (_, mut memory) = envoy.failed();
            envoy.retry(&mut memory);
            assert_eq!(envoy.level(), 2.0);
            envoy.machine.attempt_ends(envoy.now, &mut memory, end(Outcome::ServerError));
            assert_eq!(envoy.level(), 3.0);
            assert!(envoy.machine.may_retry(envoy.now, &mut memory, Outcome::ServerError));
        }
    }

    #[test]
    fn a_caller_that_gives_up_gives_back_what_it_holds() {
        let mut envoy = envoy(true);
        let (_, mut in_backoff) = envoy.failed();
        let (_, mut on_the_wire) = envoy.failed();
        envoy.retry(&mut on_the_wire);
        assert_eq!(envoy.level(), 1.0);
        for memory in [&mut in_backoff, &mut on_the_wire] {
            envoy.machine.call_ends(envoy.now, memory, Outcome::Deadline);
        }
        assert_eq!(envoy.level(), 3.0);
    }

    #[test]
    fn what_never_counted_is_not_given_back() {
        let mut envoy = envoy(false);
        let (_, mut memory) = envoy.failed();
        envoy.machine.call_ends(envoy.now, &mut memory, Outcome::Deadline);
        assert_eq!(envoy.level(), 3.0);
        let (allowed, mut again) = envoy.failed();
        assert!(allowed);
        envoy.retry(&mut again);
        assert_eq!(envoy.level(), 2.0);
    }
}
