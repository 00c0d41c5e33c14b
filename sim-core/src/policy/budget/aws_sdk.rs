//! The AWS SDKs' retry quota, standard mode before 2026.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quota::Quota;
use super::{Budgeting, CallMemory, Deciding};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::{Outcome, Problems};

/// A retry takes `retry_cost`, or `timeout_cost` after a timeout. A call that succeeds gives back
/// what its last retry took, or `no_retry_increment` if it made none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AwsSdk {
    /// How much there is at most, and at first.
    pub capacity: u32,
    /// What a retry takes.
    pub retry_cost: u32,
    /// What a retry takes after `timeout` or `connect_timeout`.
    pub timeout_cost: u32,
    /// What a call gives back that succeeds without a retry.
    pub no_retry_increment: u32,
}

impl Default for AwsSdk {
    fn default() -> Self {
        Self { capacity: 500, retry_cost: 5, timeout_cost: 10, no_retry_increment: 1 }
    }
}

impl Described for AwsSdk {
    const SUMMARY: &'static str = "AWS SDKs before 2026: 500, a retry takes 5, after a timeout 10; success gives it back or 1";
    const SOURCE: &'static str = "botocore 0e6e240, retries/standard.py and quota.py";
}

impl Budgeting for AwsSdk {
    type Machine = AwsSdkQuota;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        for (field, amount) in [
            ("capacity", self.capacity),
            ("retry_cost", self.retry_cost),
            ("timeout_cost", self.timeout_cost),
        ] {
            problems.note_if(amount == 0, field, "must be above zero");
        }
        problems
    }

    fn start(&self, _now: SimTime) -> AwsSdkQuota {
        AwsSdkQuota { costs: *self, quota: Quota::of(self.capacity) }
    }
}

/// The quota of a client.
#[derive(Clone, Copy, Debug)]
pub struct AwsSdkQuota {
    costs: AwsSdk,
    quota: Quota,
}

impl Deciding for AwsSdkQuota {
    fn may_retry(&mut self, _now: SimTime, memory: &mut CallMemory, outcome: Outcome) -> bool {
        let cost = match outcome {
            Outcome::Timeout | Outcome::ConnectTimeout => self.costs.timeout_cost,
            _ => self.costs.retry_cost,
        };
        take(&mut self.quota, cost, memory)
    }

    fn call_ends(&mut self, _now: SimTime, memory: &mut CallMemory, outcome: Outcome) {
        give_back(&mut self.quota, self.costs.no_retry_increment, memory, outcome);
    }

    fn level(&mut self, _now: SimTime) -> f64 {
        f64::from(self.quota.left())
    }
}

/// Takes the cost of a retry, which the call remembers.
pub(super) fn take(quota: &mut Quota, cost: u32, memory: &mut CallMemory) -> bool {
    let taken = quota.acquire(cost);
    if taken {
        memory.taken = cost;
    }
    taken
}

/// Gives back what a call's last retry took, if the call succeeds: not what those before it took.
pub(super) fn give_back(
    quota: &mut Quota,
    no_retry_increment: u32,
    memory: &mut CallMemory,
    outcome: Outcome,
) {
    if outcome.is_failure() {
        return;
    }
    quota.release(if memory.taken > 0 { memory.taken } else { no_retry_increment });
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Driver, driver};
    use super::*;
    use crate::policy::budget::Budget;

    fn sdk() -> Driver {
        driver(Budget::AwsSdk(AwsSdk::default()))
    }

    #[test]
    fn a_hundred_retries_empty_it() {
        let mut sdk = sdk();
        let retries = (0..200).filter(|_| sdk.fails(Outcome::ServerError)).count();
        assert_eq!((retries, sdk.level()), (100, 0.0));
    }

    #[test]
    fn a_timeout_costs_twice_as_much() {
        let mut sdk = sdk();
        for (outcome, left) in [
            (Outcome::Timeout, 490.0),
            (Outcome::ConnectTimeout, 480.0),
            (Outcome::Throttled, 475.0),
            (Outcome::Reset, 470.0),
        ] {
            assert!(sdk.fails(outcome));
            assert_eq!(sdk.level(), left);
        }
    }

    #[test]
    fn a_success_gives_back_what_the_last_retry_took() {
        let mut sdk = sdk();
        assert_eq!(sdk.call(&[Outcome::Timeout, Outcome::ServerError, Outcome::Ok]), 3);
        assert_eq!(sdk.level(), 490.0, "15 taken, the last 5 of them given back");
        assert_eq!(sdk.call(&[Outcome::ServerError, Outcome::Timeout, Outcome::Ok]), 3);
        assert_eq!(sdk.level(), 485.0, "15 taken, the last 10 of them given back");
    }

    #[test]
    fn a_success_without_a_retry_gives_one() {
        let mut sdk = sdk();
        assert_eq!(sdk.call(&[Outcome::ServerError, Outcome::ServerError]), 2);
        assert_eq!(sdk.level(), 495.0, "a call that fails gives nothing back");
        sdk.call(&[Outcome::Ok]);
        assert_eq!(sdk.level(), 496.0);
    }

    #[test]
    fn a_refused_retry_is_not_remembered() {
        let mut sdk = driver(Budget::AwsSdk(AwsSdk { capacity: 7, ..AwsSdk::default() }));
        let memory = &mut sdk.started();
        assert!(sdk.machine.may_retry(sdk.now, memory, Outcome::ServerError));
        assert!(!sdk.machine.may_retry(sdk.now, memory, Outcome::Timeout));
        sdk.machine.call_ends(sdk.now, memory, Outcome::Ok);
        assert_eq!(sdk.level(), 7.0);
    }

    #[test]
    fn costs_and_capacity_are_above_zero() {
        let free = AwsSdk { capacity: 0, retry_cost: 0, timeout_cost: 0, no_retry_increment: 0 };
        let fields: Vec<_> = free.check().0.into_iter().map(|problem| problem.path).collect();
        assert_eq!(fields, ["capacity", "retry_cost", "timeout_cost"]);
    }
}
