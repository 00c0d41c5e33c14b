//! Connections are refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Fate, Message, OnWire, Way};
use super::{Injected, TargetKind, check_share, one};
use crate::catalogue::Described;
use crate::policy::Outcome;
use crate::policy::problem::Problems;

/// Connections are refused at once: at the service or, on a link, on the way to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// The share of requests that are refused, 0 to 1.
    #[serde(default = "one")]
    pub share: f64,
}

impl Described for Refuse {
    const SUMMARY: &'static str =
        "connections are refused at once, at a service or on the way to it";
    const SOURCE: &'static str =
        "a closed port: RST in answer to SYN (RFC 9293, 3.5.2), ECONNREFUSED";
}

impl Injected for Refuse {
    const TARGETS: &'static [TargetKind] =
        &[TargetKind::Service, TargetKind::Instances, TargetKind::Traffic, TargetKind::Link];

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "share", self.share);
        problems
    }

    fn turns_away(&self, intensity: f64) -> Option<(f64, Outcome)> {
        Some((self.share * intensity, Outcome::Refused))
    }
}

impl OnWire for Refuse {
    fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        if message.way != Way::Answer && message.is_in(self.share * message.intensity) {
            fate.ends = Some((Outcome::Refused, None));
        }
    }
}
