//! More load.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Injected, TargetKind, check_factor};
use crate::catalogue::Described;
use crate::policy::problem::Problems;

/// More load: an open loop's rate, the size of its bursts, or a closed loop's number of users,
/// times a factor. The calls of the normal load stay as they are; those of the spike come on top.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spike {
    /// How many times the normal load; at least 1.
    pub factor: f64,
}

impl Described for Spike {
    const SUMMARY: &'static str = "the load of a population of clients grows by a factor";
    const SOURCE: &'static str = "a flash crowd (Jung, Krishnamurthy, Rabinovich, WWW 2002)";
}

impl Injected for Spike {
    const TARGETS: &'static [TargetKind] = &[TargetKind::Client];

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_factor(&mut problems, "factor", self.factor);
        problems
    }
}
