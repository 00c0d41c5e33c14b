//! The answer of somebody else.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answer, LastGood, Substitutes};
use crate::catalogue::Described;
use crate::kernel::SimTime;

/// Calls somebody else: a replica, another provider, a cheaper endpoint. A good answer of theirs is
/// made do with; while it is waited for, the layers outside go on counting the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// What is called: a service, or one of its endpoints as `service.endpoint`.
    #[schemars(extend("format" = "callee"))]
    pub to: String,
    /// The policy of that call; without one, it is tried once, for as long as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "policy"))]
    pub policy: Option<String>,
}

impl Described for Call {
    const SUMMARY: &'static str = "the answer of somebody else: a replica, another provider";
    const SOURCE: &'static str = "Netflix Hystrix wiki, How To Use, Fallback: Cache via Network";
}

impl Substitutes for Call {
    fn answer<R: Rng>(&self, _now: SimTime, _last_good: LastGood, _draws: &mut R) -> Answer {
        Answer::Asked
    }
}
