//! Messages take longer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Direction, Fate, Message, OnWire};
use super::{Injected, NETWORK, TargetKind, check_factor, one};
use crate::catalogue::Described;
use crate::kernel::Distribution;
use crate::policy::problem::Problems;

/// Messages take longer, by a factor, by an added time, or by both; a ramp makes it a slow drift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Time added to each message, one way.
    #[serde(default)]
    pub add: Option<Distribution>,
    /// How many times as long each message takes; at least 1.
    #[serde(default = "one")]
    pub factor: f64,
    /// Which messages.
    #[serde(default)]
    pub direction: Direction,
}

impl Described for Latency {
    const SUMMARY: &'static str = "messages take longer, by a factor, by an added time, or by both";
    const SOURCE: &'static str = "Linux's netem, `delay`; toxiproxy's `latency` toxic";
}

impl Injected for Latency {
    const TARGETS: &'static [TargetKind] = NETWORK;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_factor(&mut problems, "factor", self.factor);
        let nothing = self.factor == 1.0 && self.add.is_none();
        problems.note_if(nothing, "factor", "must be above 1 where nothing is added");
        problems
    }
}

impl OnWire for Latency {
    fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        if !self.direction.holds(message.way) {
            return;
        }
        fate.factor *= 1.0 + (self.factor - 1.0) * message.intensity;
        if let Some(add) = &self.add {
            let added = add.sample(&mut message.draws.slot(message.latency_slot()));
            fate.add = fate.add.saturating_add(added.mul_f64(message.intensity));
        }
    }
}
