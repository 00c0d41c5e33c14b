//! Messages vanish.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Direction, Fate, Message, OnWire};
use super::{Injected, NETWORK, TargetKind, check_share, one};
use crate::catalogue::Described;
use crate::policy::problem::Problems;

/// A share of the attempts loses its messages without a word. Unlike `loss`, which hits messages, it
/// hits an attempt with all that is sent again for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drop {
    /// The share of attempts, 0 to 1.
    #[serde(default = "one")]
    pub share: f64,
    /// Which messages.
    #[serde(default)]
    pub direction: Direction,
}

impl Described for Drop {
    const SUMMARY: &'static str = "messages of a share of the attempts vanish without a word";
    const SOURCE: &'static str = "a firewall's DROP (iptables)";
}

impl Injected for Drop {
    const TARGETS: &'static [TargetKind] = NETWORK;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "share", self.share);
        problems
    }
}

impl OnWire for Drop {
    fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        fate.is_dropped |=
            self.direction.holds(message.way) && message.is_in(self.share * message.intensity);
    }
}
