//! An earlier answer, if it is not too old.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answer, LastGood, Substitutes, happens};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// An earlier good answer of those who share the fallback, if it is not too old.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// How old the last good answer may be.
    pub max_age: SimDuration,
    /// The share of calls whose answer is among those that were kept, 0 to 1.
    #[serde(default = "all")]
    pub hit: f64,
}

fn all() -> f64 {
    1.0
}

impl Described for Cache {
    const SUMMARY: &'static str = "an earlier good answer, if it is not too old";
    const SOURCE: &'static str = "RFC 5861, stale-if-error";
}

impl Substitutes for Cache {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.above_zero("max_age", self.max_age);
        problems.within("hit", self.hit, 0.0, 1.0);
        problems
    }

    fn answer<R: Rng>(&self, now: SimTime, last_good: LastGood, draws: &mut R) -> Answer {
        let fresh = last_good.time().is_some_and(|time| now.since(time) <= self.max_age);
        Answer::there_if(fresh && happens(self.hit, draws))
    }
}
