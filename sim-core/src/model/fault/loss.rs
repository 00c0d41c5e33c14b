//! Messages are lost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Direction, OnWire};
use super::{Injected, NETWORK, TargetKind};
use crate::catalogue::Described;
use crate::model::network;
use crate::policy::problem::Problems;

/// Messages are lost, beside those that the link loses anyway: each on its own, in netem's
/// correlated way, or in bursts. What a loss comes to is up to the link's transport.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// The share of messages that are lost, 0 to 1.
    #[serde(default)]
    pub share: Option<f64>,
    /// How much a message's luck is that of the one before it on the link, 0 to 1, as netem has it:
    /// then far less than the share is lost.
    #[serde(default)]
    pub correlation: Option<f64>,
    /// Loss in bursts, instead.
    #[serde(default)]
    pub gilbert_elliott: Option<network::GilbertElliott>,
    /// Which messages.
    #[serde(default)]
    pub direction: Direction,
}

impl Loss {
    fn loss(&self) -> Result<network::Loss, Problems> {
        let keys = ["share", "correlation", "gilbert_elliott"];
        network::Loss::of(self.share, self.correlation, self.gilbert_elliott, keys)
    }
}

impl Described for Loss {
    const SUMMARY: &'static str = "messages are lost: each on its own, correlated, or in bursts";
    const SOURCE: &'static str = "Linux's netem, `loss random` and `loss gemodel` (sch_netem.c)";
}

impl Injected for Loss {
    const TARGETS: &'static [TargetKind] = NETWORK;

    fn check(&self) -> Problems {
        let mut problems = self.loss().err().unwrap_or_default();
        let nothing = self.share.is_none() && self.gilbert_elliott.is_none();
        problems.note_if(nothing, "share", "or `gilbert_elliott` must be given");
        problems
    }
}

impl OnWire for Loss {
    fn loses(&self, intensity: f64) -> Option<(network::Loss, Direction)> {
        let loss = self.loss().ok()?.scaled(intensity);
        Some((loss, self.direction))
    }
}
