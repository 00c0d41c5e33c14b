//! The budget that most people write: a bucket that calls fill and retries empty.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::millionths::{ONE, millionths};
use super::{AttemptEnd, Budgeting, CallMemory, Deciding, Deposit};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::{Outcome, Problems};

/// Each success, or each call, puts `deposit` into a bucket of `capacity`, which starts full; a
/// retry is made if `cost` is in it, and takes it. In the long run at most `deposit / cost`
/// retries are made for each success or call, whatever the rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenBucket {
    /// How many tokens it holds at most, and at first; six decimals count, as in the others.
    pub capacity: f64,
    /// What is put in.
    pub deposit: f64,
    /// When it is put in: `each_call` (at its start) or `each_success`.
    pub on: Deposit,
    /// What a retry takes.
    pub cost: f64,
}

impl Default for TokenBucket {
    fn default() -> Self {
        Self { capacity: 10.0, deposit: 0.1, on: Deposit::EachSuccess, cost: 1.0 }
    }
}

impl Described for TokenBucket {
    const SUMMARY: &'static str = "A bucket: a success (or a call) puts in 0.1, a retry takes 1";
    const SOURCE: &'static str = "M. Brooker, \"Fixing retries with token buckets\" (2022)";
}

/// More tokens than anybody means.
const MOST: f64 = 1e12;

impl Budgeting for TokenBucket {
    type Machine = Tokens;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("deposit", self.deposit, 0.0, MOST);
        problems.within("cost", self.cost, 1e-6, MOST);
        problems.within("capacity", self.capacity, 0.0, MOST);
        let never = self.capacity < self.cost;
        problems.note_if(never, "capacity", "must not be below `cost`: no retry could be paid for");
        problems
    }

    fn start(&self, _now: SimTime) -> Tokens {
        let capacity = millionths(self.capacity);
        let (deposit, cost) = (millionths(self.deposit), millionths(self.cost));
        Tokens { left: capacity, capacity, deposit, on: self.on, cost }
    }
}

/// The tokens of those who share the budget, in millionths.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    left: u64,
    capacity: u64,
    deposit: u64,
    on: Deposit,
    cost: u64,
}

impl Tokens {
    fn pay_in(&mut self) {
        self.left = (self.left + self.deposit).min(self.capacity);
    }
}

impl Deciding for Tokens {
    fn call_starts(&mut self, _now: SimTime, _memory: &mut CallMemory) {
        if self.on == Deposit::EachCall {
            self.pay_in();
        }
    }

    fn attempt_ends(&mut self, _now: SimTime, _memory: &mut CallMemory, end: AttemptEnd) {
        if self.on == Deposit::EachSuccess && end.is_success() {
            self.pay_in();
        }
    }

    fn may_retry(&mut self, _now: SimTime, _memory: &mut CallMemory, _outcome: Outcome) -> bool {
        let enough = self.left >= self.cost;
        if enough {
            self.left -= self.cost;
        }
        enough
    }

    fn level(&mut self, _now: SimTime) -> f64 {
        self.left as f64 / ONE as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Driver, driver};
    use super::*;
    use crate::policy::budget::Budget;

    fn bucket(on: Deposit) -> Driver {
        let bucket = TokenBucket { capacity: 2.0, on, ..TokenBucket::default() };
        driver(Budget::TokenBucket(bucket))
    }

    #[test]
    fn the_last_token_may_be_taken_and_ten_tenths_are_one() {
        let mut bucket = bucket(Deposit::EachSuccess);
        assert!(bucket.fails(Outcome::Reset) && bucket.fails(Outcome::Reset));
        assert!(!bucket.fails(Outcome::Reset));
        for _ in 0..9 {
            bucket.ends(Outcome::Ok);
        }
        assert!(!bucket.fails(Outcome::Reset), "0.9");
        bucket.ends(Outcome::Ok);
        assert!(bucket.fails(Outcome::Reset), "1");
        assert_eq!(bucket.level(), 0.0);
    }

    #[test]
    fn failures_pay_in_only_if_every_call_does() {
        for (on, left) in [(Deposit::EachCall, 1.3), (Deposit::EachSuccess, 1.1)] {
            let mut bucket = bucket(on);
            assert!(bucket.fails(Outcome::Reset));
            assert_eq!(bucket.level(), 1.0, "full before");
            bucket.ends(Outcome::Reset);
            bucket.ends(Outcome::Degraded);
            if on == Deposit::EachCall {
                bucket.ends(Outcome::Timeout);
            }
            assert_eq!(bucket.level(), left);
        }
    }

    #[test]
    fn it_never_holds_more_than_its_capacity() {
        for on in [Deposit::EachCall, Deposit::EachSuccess] {
            let mut bucket = bucket(on);
            bucket.ends(Outcome::Ok);
            assert_eq!(bucket.level(), 2.0);
        }
    }

    #[test]
    fn a_retry_that_could_never_be_paid_for_is_a_mistake() {
        let wrong = |capacity, deposit, cost| {
            let bucket = TokenBucket { capacity, deposit, cost, on: Deposit::EachCall };
            !bucket.check().0.is_empty()
        };
        assert!(wrong(0.9, 0.1, 1.0) && wrong(1.0, 0.1, 0.0) && wrong(1.0, -0.1, 1.0));
        assert!(
            wrong(f64::NAN, 0.1, 1.0) && wrong(1.0, f64::NAN, 1.0) && wrong(1.0, 0.1, f64::NAN)
        );
        assert!(!wrong(1.0, 0.0, 1.0));
    }
}
