//! The "adaptive" retries of Marc Brooker's simulation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Budgeting, CallMemory, Deciding};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::{Outcome, Problems};

/// The start of a call puts `fill` into a bucket of `size`, which starts full; a retry is made
/// if there is more than 1 in it, and takes 1. A call may retry as often as the bucket lets it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Brooker {
    /// What the bucket holds at most, and at first: more than 1.
    pub size: f64,
    /// What each call puts in when it starts.
    pub fill: f64,
}

impl Default for Brooker {
    fn default() -> Self {
        Self { size: 5.0, fill: 0.1 }
    }
}

impl Described for Brooker {
    const SUMMARY: &'static str =
        "Brooker's adaptive retries: each call adds 0.1 to a bucket of 5, a retry takes 1";
    const SOURCE: &'static str = "mbrooker/simulator_example bbfe394, retry_sim/retry_strategy.py";
}

impl Budgeting for Brooker {
    type Machine = Bucket;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let never = !(self.size.is_finite() && self.size > 1.0);
        problems.note_if(never, "size", "must be above 1: a retry wants more than 1 in the bucket");
        problems.within("fill", self.fill, 0.0, f64::MAX);
        problems
    }

    fn start(&self, _now: SimTime) -> Bucket {
        Bucket { left: self.size, of: *self }
    }
}

/// The bucket of a client.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    left: f64,
    of: Brooker,
}

impl Deciding for Bucket {
    fn call_starts(&mut self, _now: SimTime, _memory: &mut CallMemory) {
        self.left = (self.left + self.of.fill).min(self.of.size);
    }

    fn may_retry(&mut self, _now: SimTime, _memory: &mut CallMemory, _outcome: Outcome) -> bool {
        let enough = self.left > 1.0;
        if enough {
            self.left -= 1.0;
        }
        enough
    }

    fn level(&mut self, _now: SimTime) -> f64 {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::driver;
    use super::*;
    use crate::policy::budget::Budget;

    #[test]
    fn exactly_one_is_not_enough() {
        let mut driver = driver(Budget::Brooker(Brooker { size: 5.0, fill: 0.0 }));
        let retries = (0..10).filter(|_| driver.fails(Outcome::ServerError)).count();
        assert_eq!((retries, driver.level()), (4, 1.0), "the fifth would find exactly 1");
    }

    #[test]
    fn one_call_may_take_all_there_is() {
        let mut driver = driver(Budget::Brooker(Brooker::default()));
        assert_eq!(driver.call(&[Outcome::ServerError; 9]), 5, "4 retries");
    }

    #[test]
    fn a_call_pays_in_at_its_start_whether_or_not_it_succeeds() {
        let mut driver = driver(Budget::Brooker(Brooker { size: 2.0, fill: 0.25 }));
        assert!(driver.fails(Outcome::ServerError));
        assert_eq!(driver.level(), 1.0, "full at the start, then one retry");
        driver.ends(Outcome::ServerError);
        assert_eq!(driver.level(), 1.25);
        driver.ends(Outcome::Ok);
        assert_eq!(driver.level(), 1.5);
    }

    #[test]
    fn a_bucket_of_one_never_retries_and_is_a_mistake() {
        let wrong = |size, fill| !Brooker { size, fill }.check().0.is_empty();
        assert!(wrong(1.0, 0.1) && wrong(f64::NAN, 0.1) && wrong(f64::INFINITY, 0.1));
        assert!(wrong(5.0, -0.1) && wrong(5.0, f64::NAN));
        assert!(!wrong(1.1, 0.0));
    }
}
