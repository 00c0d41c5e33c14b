//! The AWS SDKs' retry quota, standard mode of 2026.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::aws_sdk::{give_back, take};
use super::quota::Quota;
use super::{Budgeting, CallMemory, Deciding};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::{Outcome, Problems};

/// A retry takes `retry_cost`, or `throttling_cost` after `throttled`; timeouts are nothing
/// special. A call that succeeds gives back what its last retry took, or `no_retry_increment` if
/// it made none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AwsSdk2026 {
    /// How much there is at most, and at first.
    pub capacity: u32,
    /// What a retry takes.
    pub retry_cost: u32,
    /// What a retry takes after `throttled`.
    pub throttling_cost: u32,
    /// What a call gives back that succeeds without a retry.
    pub no_retry_increment: u32,
}

impl Default for AwsSdk2026 {
    fn default() -> Self {
        Self { capacity: 500, retry_cost: 14, throttling_cost: 5, no_retry_increment: 1 }
    }
}

impl Described for AwsSdk2026 {
    const SUMMARY: &'static str =
        "AWS SDKs of 2026: 500, a retry takes 14, when throttled 5; success gives it back or 1";
    const SOURCE: &'static str =
        "botocore 1.44.5, retries/standard.py and quota.py, AWS_NEW_RETRIES_2026";
}

impl Budgeting for AwsSdk2026 {
    type Machine = AwsSdk2026Quota;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        for (field, amount) in [
            ("capacity", self.capacity),
            ("retry_cost", self.retry_cost),
            ("throttling_cost", self.throttling_cost),
        ] {
            problems.note_if(amount == 0, field, "must be above zero");
        }
        problems
    }

    fn start(&self, _now: SimTime) -> AwsSdk2026Quota {
        AwsSdk2026Quota { costs: *self, quota: Quota::of(self.capacity) }
    }
}

/// The quota of a client.
#[derive(Clone, Copy, Debug)]
pub struct AwsSdk2026Quota {
    costs: AwsSdk2026,
    quota: Quota,
}

impl Deciding for AwsSdk2026Quota {
    fn may_retry(&mut self, _now: SimTime, memory: &mut CallMemory, outcome: Outcome) -> bool {
        let cost = match outcome {
            Outcome::Throttled => self.costs.throttling_cost,
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

#[cfg(test)]
mod tests {
    use super::super::tests::{Driver, driver};
    use super::*;
    use crate::policy::budget::Budget;

    fn of(capacity: u32) -> Driver {
        driver(Budget::AwsSdk2026(AwsSdk2026 { capacity, ..AwsSdk2026::default() }))
    }

    #[test]
    fn thirty_five_retries_empty_it() {
        let mut sdk = of(500);
        let retries = (0..200).filter(|_| sdk.fails(Outcome::Timeout)).count();
        assert_eq!((retries, sdk.level()), (35, 10.0));
    }

    #[test]
    fn a_transient_failure_takes_14_and_success_gives_them_back() {
        let mut sdk = of(500);
        assert!(sdk.fails(Outcome::ServerError));
        assert_eq!(sdk.level(), 486.0, "nothing is given back by a call that fails");
        assert_eq!(sdk.call(&[Outcome::ServerError, Outcome::Ok]), 2);
        assert_eq!(sdk.level(), 486.0);
        sdk.call(&[Outcome::Ok]);
        assert_eq!(sdk.level(), 487.0);
    }

    #[test]
    fn throttling_takes_5() {
        let mut sdk = of(500);
        assert!(sdk.fails(Outcome::Throttled));
        assert_eq!(sdk.level(), 495.0);
    }

    #[test]
    fn three_retries_of_one_call_take_42() {
        let mut sdk = of(500);
        let memory = &mut sdk.started();
        let mut left = Vec::new();
        for _ in 0..3 {
            assert!(sdk.machine.may_retry(sdk.now, memory, Outcome::ServerError));
            left.push(sdk.level());
        }
        assert_eq!(left, [486.0, 472.0, 458.0]);
    }

    #[test]
    fn a_capacity_of_14_is_one_retry() {
        let mut sdk = of(14);
        assert_eq!(sdk.call(&[Outcome::ServerError, Outcome::ServerError, Outcome::Ok]), 2);
    }

    #[test]
    fn costs_and_capacity_are_above_zero() {
        let free =
            AwsSdk2026 { capacity: 0, retry_cost: 0, throttling_cost: 0, no_retry_increment: 0 };
        let fields: Vec<_> = free.check().0.into_iter().map(|problem| problem.path).collect();
        assert_eq!(fields, ["capacity", "retry_cost", "throttling_cost"]);
    }
}
