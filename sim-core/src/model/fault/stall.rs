//! The link stands still.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Direction, Fate, Message, OnWire};
use super::{Injected, NETWORK, TargetKind};
use crate::catalogue::Described;
use crate::policy::problem::Problems;

/// Messages are taken and go no further until the fault is withdrawn; then they go on, all at once.
/// Nothing is lost, so that nothing is sent again. Along a ramp a growing share is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// Which messages.
    #[serde(default)]
    pub direction: Direction,
}

impl Described for Stall {
    const SUMMARY: &'static str = "messages are held until the fault is withdrawn; none is lost";
    const SOURCE: &'static str = "toxiproxy's `bandwidth` toxic with rate 0";
}

impl Injected for Stall {
    const TARGETS: &'static [TargetKind] = NETWORK;

    fn check(&self) -> Problems {
        Problems::default()
    }
}

impl OnWire for Stall {
    fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        fate.is_held |= self.direction.holds(message.way) && message.is_in(message.intensity);
    }
}
