//! A value that stands ready.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answer, LastGood, Substitutes, happens};
use crate::catalogue::Described;
use crate::kernel::SimTime;
use crate::policy::Problems;

/// A value that stands ready: a default, an empty list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Value {
    /// The share of times that producing it fails too, 0 to 1.
    pub fails: f64,
}

impl Described for Value {
    const SUMMARY: &'static str = "a value that stands ready: a default, an empty list";
    const SOURCE: &'static str = "Polly v8, fallback; Resilience4j, recover";
}

impl Substitutes for Value {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("fails", self.fails, 0.0, 1.0);
        problems
    }

    fn answer<R: Rng>(&self, _now: SimTime, _last_good: LastGood, draws: &mut R) -> Answer {
        Answer::there_if(!happens(self.fails, draws))
    }
}
