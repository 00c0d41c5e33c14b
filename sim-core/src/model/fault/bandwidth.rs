//! The link is narrow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Direction, Fate, Message, OnWire};
use super::{Injected, NETWORK, TargetKind};
use crate::catalogue::Described;
use crate::kernel::{ByteRate, Bytes};
use crate::model::network;
use crate::policy::problem::Problems;

/// The link carries no more than this each way: messages leave one after another. How large they are
/// is up to the link's `sizes`. Along a ramp it grows narrower.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bandwidth {
    /// How much is carried; above zero: where nothing is, that is a `stall`.
    pub rate: ByteRate,
    /// How much may wait in front of it; more is dropped. No limit, if not given.
    #[serde(default)]
    pub queue: Option<Bytes>,
    /// Which messages.
    #[serde(default)]
    pub direction: Direction,
}

impl Described for Bandwidth {
    const SUMMARY: &'static str = "the link carries less: messages queue in front of it";
    const SOURCE: &'static str = "toxiproxy's `bandwidth` toxic; Linux's netem, `rate` and `limit`";
}

impl Injected for Bandwidth {
    const TARGETS: &'static [TargetKind] = NETWORK;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let message = "must be above zero; a link that carries nothing is a `stall`";
        problems.note_if(self.rate.0 == 0, "rate", message);
        problems
    }
}

impl OnWire for Bandwidth {
    fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        if !self.direction.holds(message.way) || message.intensity <= 0.0 {
            return;
        }
        let rate = ByteRate((self.rate.0 as f64 / message.intensity) as u64);
        if fate.bandwidth.is_none_or(|other| rate < other.rate) {
            fate.bandwidth = Some(network::Bandwidth { rate, queue: self.queue });
        }
    }
}
