//! Envoy's retry budget: a share of what is under way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::concurrency::Concurrency;
use super::{AttemptEnd, Budgeting, CallMemory, Deciding};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::{Outcome, Problems};

/// Retries under way are fewer than `budget_percent` of all attempts that are under way or wait
/// for a connection, or than `min_retry_concurrency` if that is more. The attempt whose retry is
/// decided counts as one under way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnvoyBudget {
    /// The share of all attempts that may be retries, in percent; what it comes to is rounded down.
    pub budget_percent: f64,
    /// How many retries may be under way at a time, however few attempts are.
    pub min_retry_concurrency: u32,
    /// Whether a retry that waits in its backoff is under way, as in Envoy.
    pub count_backoff: bool,
}

impl Default for EnvoyBudget {
    fn default() -> Self {
        Self { budget_percent: 20.0, min_retry_concurrency: 3, count_backoff: true }
    }
}

impl Described for EnvoyBudget {
    const SUMMARY: &'static str =
        "Envoy's budget: retries are at most 20 % of what is under way, or 3 at a time";
    const SOURCE: &'static str =
        "envoy (2026), source/common/upstream/resource_manager_impl.h, RetryBudgetImpl";
}

impl Budgeting for EnvoyBudget {
    type Machine = RetryShare;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("budget_percent", self.budget_percent, 0.0, 100.0);
        problems
    }

    fn start(&self, _now: SimTime) -> RetryShare {
        RetryShare { of: *self, under_way: Concurrency::new(self.count_backoff) }
    }
}

/// The attempts and the retries of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct RetryShare {
    of: EnvoyBudget,
    under_way: Concurrency,
}

impl RetryShare {
    /// How many retries may be under way beside as many attempts.
    fn limit(&self) -> u64 {
        let attempts = self.under_way.attempts_when_deciding() as f64;
        // As in C++: a double that is truncated.
        let share = (self.of.budget_percent / 100.0 * attempts) as u64;
        share.max(u64::from(self.of.min_retry_concurrency))
    }
}

impl Deciding for RetryShare {
    fn attempt_starts(&mut self, _now: SimTime, memory: &mut CallMemory) {
        self.under_way.attempt_starts(memory);
    }

    fn attempt_ends(&mut self, _now: SimTime, memory: &mut CallMemory, _end: AttemptEnd) {
        self.under_way.attempt_ends(memory);
    }

    fn may_retry(&mut self, _now: SimTime, memory: &mut CallMemory, _outcome: Outcome) -> bool {
        let allowed = self.under_way.retries() < self.limit();
        if allowed {
            self.under_way.retry_permitted(memory);
        }
        allowed
    }

    fn call_ends(&mut self, _now: SimTime, memory: &mut CallMemory, _outcome: Outcome) {
        self.under_way.call_ends(memory);
    }

    fn level(&mut self, _now: SimTime) -> f64 {
        self.limit().saturating_sub(self.under_way.retries()) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Driver, driver, end};
    use super::*;
    use crate::policy::budget::Budget;

    /// A budget under which this many attempts are out; the last of them then fails.
    fn with_attempts(attempts: u32, budget: EnvoyBudget) -> (Driver, Vec<CallMemory>) {
        let mut driver = driver(Budget::EnvoyBudget(budget));
        let mut calls: Vec<_> = (0..attempts).map(|_| driver.started()).collect();
        if let Some(last) = calls.last_mut() {
            driver.machine.attempt_ends(driver.now, last, end(Outcome::ServerError));
        }
        (driver, calls)
    }

    #[test]
    fn the_share_is_rounded_down_and_never_below_the_least() {
        let limit = |attempts| with_attempts(attempts, EnvoyBudget::default()).0.level();
        assert_eq!([1, 10, 19, 20, 24, 25].map(limit), [3.0, 3.0, 3.0, 4.0, 4.0, 5.0]);
    }

    #[test]
    fn retries_that_reach_the_limit_are_refused() {
        let budget = EnvoyBudget { min_retry_concurrency: 0, ..EnvoyBudget::default() };
        let (mut driver, mut calls) = with_attempts(10, budget);
        let mut ask = |memory: &mut CallMemory| {
            driver.machine.may_retry(driver.now, memory, Outcome::ServerError)
        };
        let last = calls.last_mut().unwrap();
        assert!(ask(last) && ask(last));
        assert!(!ask(last), "2 of 10 are under way");
    }

    #[test]
    fn attempts_that_end_shrink_the_budget() {
        let budget = EnvoyBudget { min_retry_concurrency: 0, ..EnvoyBudget::default() };
        let (mut driver, mut calls) = with_attempts(10, budget);
        assert_eq!(driver.level(), 2.0);
        driver.machine.call_ends(driver.now, &mut calls[0], Outcome::Deadline);
        assert_eq!(driver.level(), 1.0, "8 and the one that is decided");
        driver.machine.call_ends(driver.now, &mut calls[9], Outcome::ServerError);
        assert_eq!(driver.level(), 1.0, "its attempt had ended already");
    }

    #[test]
    fn all_that_was_taken_is_given_back() {
        let (mut driver, mut calls) = with_attempts(50, EnvoyBudget::default());
        for memory in &mut calls {
            let _ = driver.machine.may_retry(driver.now, memory, Outcome::ServerError);
        }
        assert_eq!(driver.level(), 0.0);
        for memory in &mut calls {
            driver.machine.call_ends(driver.now, memory, Outcome::Deadline);
        }
        assert_eq!(driver.level(), 3.0);
    }

    #[test]
    fn a_percentage_is_one() {
        let wrong = |budget_percent| {
            !EnvoyBudget { budget_percent, ..EnvoyBudget::default() }.check().0.is_empty()
        };
        assert!(wrong(-0.1) && wrong(100.1) && wrong(f64::NAN));
        assert!(!wrong(0.0) && !wrong(100.0));
    }
}
