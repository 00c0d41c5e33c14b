//! Connections are reset.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Fate, Message, OnWire, Way};
use super::{Injected, NETWORK, TargetKind, check_share, one};
use crate::catalogue::Described;
use crate::policy::Outcome;
use crate::policy::problem::Problems;

/// Connections are reset: those in use when the fault starts, at once, whatever becomes of the work;
/// and those of each attempt that is sent while it lasts, after a round trip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The share of attempts whose connection is reset, 0 to 1.
    #[serde(default = "one")]
    pub share: f64,
}

impl Described for Reset {
    const SUMMARY: &'static str = "connections are reset, those in use at its start among them";
    const SOURCE: &'static str = "toxiproxy's `reset_peer` toxic; RST (RFC 9293, 3.5.2)";
}

impl Injected for Reset {
    const TARGETS: &'static [TargetKind] = NETWORK;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "share", self.share);
        problems
    }
}

impl OnWire for Reset {
    fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        if message.way != Way::Answer && message.is_in(self.share * message.intensity) {
            fate.ends = Some((Outcome::Reset, None));
        }
    }
}
