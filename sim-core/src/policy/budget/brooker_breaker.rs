//! The "circuit breaker" on retries of Marc Brooker's simulation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AttemptEnd, Budgeting, CallMemory, Deciding};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::{Outcome, Problems};

/// A retry is made while no more than `max_rate` attempts have failed a call, the attempt that has
/// just failed included. Calls are counted when they start, failures once an attempt, and nothing
/// is ever forgotten. First attempts always go out: it is a breaker on retries alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BrookerBreaker {
    /// How many failed attempts a call, on average, still let a retry through; at 0 none is made.
    pub max_rate: f64,
}

impl Default for BrookerBreaker {
    fn default() -> Self {
        Self { max_rate: 0.1 }
    }
}

impl Described for BrookerBreaker {
    const SUMMARY: &'static str =
        "Brooker's breaker on retries: none while more than 0.1 attempts a call have failed";
    const SOURCE: &'static str = "mbrooker/simulator_example 7aa858b, retry_sim/retry_strategy.py";
}

impl Budgeting for BrookerBreaker {
    type Machine = FailureRate;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("max_rate", self.max_rate, 0.0, f64::MAX);
        problems
    }

    fn start(&self, _now: SimTime) -> FailureRate {
        FailureRate { calls: 0, failures: 0, of: *self }
    }
}

/// What a client has counted since the start of the run.
#[derive(Clone, Copy, Debug)]
pub struct FailureRate {
    calls: u64,
    failures: u64,
    of: BrookerBreaker,
}

impl Deciding for FailureRate {
    fn call_starts(&mut self, _now: SimTime, _memory: &mut CallMemory) {
        self.calls += 1;
    }

    fn attempt_ends(&mut self, _now: SimTime, _memory: &mut CallMemory, end: AttemptEnd) {
        self.failures += u64::from(!end.is_success());
    }

    fn may_retry(&mut self, _now: SimTime, _memory: &mut CallMemory, _outcome: Outcome) -> bool {
        self.failures as f64 / self.calls as f64 <= self.of.max_rate
    }

    /// How many more attempts may fail before retries stop.
    fn level(&mut self, _now: SimTime) -> f64 {
        self.of.max_rate * self.calls as f64 - self.failures as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Driver, driver};
    use super::*;
    use crate::policy::budget::Budget;

    const OK: Outcome = Outcome::Ok;
    const BAD: Outcome = Outcome::ServerError;

    fn after(calls: usize, max_rate: f64) -> Driver {
        let mut driver = driver(Budget::BrookerBreaker(BrookerBreaker { max_rate }));
        (0..calls).for_each(|_| driver.ends(OK));
        driver
    }

    #[test]
    fn exactly_the_rate_still_retries() {
        assert!(after(9, 0.1).fails(BAD), "1 failure in 10 calls");
        assert!(!after(8, 0.1).fails(BAD), "1 in 9");
        assert!(!after(0, 0.1).fails(BAD), "the very first call is 1 in 1");
        assert!(after(0, 1.0).fails(BAD));
    }

    #[test]
    fn each_attempt_that_fails_counts_and_a_call_counts_once() {
        // The second attempt's failure is the 2nd in 20 calls, the third's would be the 3rd.
        assert_eq!(after(19, 0.1).call(&[BAD; 4]), 3);
        assert_eq!(after(39, 0.1).call(&[BAD; 4]), 4, "as many as the call's own limit lets it");
    }

    #[test]
    fn the_last_failure_of_a_call_counts_though_nobody_asks() {
        let mut driver = after(9, 0.1);
        driver.ends(BAD);
        assert_eq!(driver.level(), 0.0);
        assert!(!driver.fails(BAD), "2 in 11");
    }

    #[test]
    fn nothing_is_forgotten() {
        let mut driver = after(0, 0.1);
        (0..10).for_each(|_| driver.ends(BAD));
        (0..98).for_each(|_| driver.ends(OK));
        assert!(!driver.fails(BAD), "11 in 109");
        (0..10).for_each(|_| driver.ends(OK));
        assert!(driver.fails(BAD), "12 in 120");
    }

    #[test]
    fn a_rate_below_zero_or_none_at_all_is_a_mistake() {
        let wrong = |max_rate| !BrookerBreaker { max_rate }.check().0.is_empty();
        assert!(wrong(-0.1) && wrong(f64::NAN) && wrong(f64::INFINITY));
        assert!(!wrong(0.0) && !wrong(2.0));
    }
}
