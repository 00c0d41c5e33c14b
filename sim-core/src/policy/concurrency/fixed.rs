//! A limit that never moves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limiter::{Estimate, Limiter};
use super::{ConcurrencyGate, Parameters};
use crate::catalogue::Described;
use crate::policy::Problems;

/// Lets so many calls pass at once and rejects the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// How many calls may be under way at once; at least 1.
    pub limit: u32,
}

impl Described for Fixed {
    const SUMMARY: &'static str = "so many calls at once, always";
    const SOURCE: &'static str = "Netflix/concurrency-limits @78a74b9, FixedLimit.java";
}

impl Parameters for Fixed {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.limit == 0, "limit", "must be at least 1");
        problems
    }

    fn gate(&self) -> ConcurrencyGate {
        let limiter = Limiter::new(Estimate::Fixed(self.limit), None, &[]);
        ConcurrencyGate::Limiter(Box::new(limiter))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ask, end};
    use super::*;
    use crate::policy::Outcome;
    use crate::policy::concurrency::ConcurrencyLimit;

    #[test]
    fn nothing_moves_it() {
        let mut gate = ConcurrencyLimit::Fixed(Fixed { limit: 2 }).gate();
        for outcome in [Outcome::Ok, Outcome::Overflow, Outcome::Timeout] {
            assert!(ask(&mut gate, 0).is_ok() && ask(&mut gate, 0).is_ok());
            assert_eq!(ask(&mut gate, 0), Err(Outcome::RejectedLimit));
            end(&mut gate, 1, 1, outcome, 1.0);
            end(&mut gate, 1, 2, outcome, 1.0);
            assert_eq!(gate.limit(), 2);
        }
    }

    #[test]
    fn at_least_one_passes() {
        let error = ConcurrencyLimit::Fixed(Fixed { limit: 0 }).check().unwrap_err();
        assert_eq!(error.to_string(), "`fixed.limit` must be at least 1");
    }
}
