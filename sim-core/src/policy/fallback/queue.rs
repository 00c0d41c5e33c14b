//! What cannot be done now is done later.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answer, LastGood, Substitutes};
use crate::catalogue::Described;
use crate::kernel::SimTime;

/// Publishes a message at a broker, which will see to it that the work is done once it can be: the caller is
/// told that it is accepted. Where the broker has no room for it, the next of the chain is made do with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// The broker, one of `brokers`.
    #[schemars(extend("format" = "broker"))]
    pub at: String,
    /// Its place in the model.
    #[serde(skip)]
    pub broker: u16,
}

impl Described for Queue {
    const SUMMARY: &'static str = "accepts the work, and a broker has it done later";
    const SOURCE: &'static str = "Queue-Based Load Leveling pattern, Azure Architecture Center; 202 Accepted, \
        RFC 9110, 15.3.3";
}

impl Substitutes for Queue {
    fn answer<R: Rng>(&self, _now: SimTime, _last_good: LastGood, _draws: &mut R) -> Answer {
        Answer::Queued
    }
}
