//! Two sides do not hear each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Direction, Fate, Message, OnWire};
use super::{Injected, NETWORK, TargetKind, check_share, one};
use crate::catalogue::Described;
use crate::policy::problem::Problems;

/// What callers and callees send each other vanishes without a word: both ways or one, of all callers
/// or of some (a partial partition). On which callees is up to what it hits: a link, a service, some
/// of its instances, a zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Which messages vanish.
    #[serde(default)]
    pub direction: Direction,
    /// The share of callers that are cut off, rounded up to whole ones, 0 to 1: of the calling
    /// instances, or of the clients or users of a population. Along a ramp it grows.
    #[serde(default = "one")]
    pub callers: f64,
    /// Whether health checks are cut off, too; if not, they do not see it.
    #[serde(default)]
    pub health_checks: bool,
}

impl Described for Partition {
    const SUMMARY: &'static str = "callers and callees do not hear each other: all, some, one way";
    const SOURCE: &'static str = "Alfatafta, Alkhatib, Alquraan, Al-Kiswany, OSDI 2020 (partial \
                                  partitions); Chaos Mesh `NetworkChaos`, `partition`";
}

impl Injected for Partition {
    const TARGETS: &'static [TargetKind] = NETWORK;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "callers", self.callers);
        problems
    }

    fn cuts_health_checks(&self) -> bool {
        self.health_checks
    }
}

impl OnWire for Partition {
    fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        let (caller, callers) = message.caller;
        let cut_off = (self.callers * message.intensity * f64::from(callers)).ceil();
        fate.is_dropped |= self.direction.holds(message.way) && f64::from(caller) < cut_off;
    }
}
