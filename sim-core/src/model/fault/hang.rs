//! Requests are accepted and not answered.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Injected, SERVED, TargetKind, check_share, one};
use crate::catalogue::Described;
use crate::kernel::draw::unit_f64;
use crate::kernel::{DrawBlock, SimDuration, Slot};
use crate::policy::problem::Problems;

/// The service accepts requests and works on none of them before the fault ends; each that has a
/// worker keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hang {
    /// The share of requests that hang, 0 to 1.
    #[serde(default = "one")]
    pub share: f64,
    /// How long a request hangs; without it, until the fault ends.
    #[serde(default)]
    pub hold: Option<SimDuration>,
}

impl Described for Hang {
    const SUMMARY: &'static str = "requests are accepted and hang, with the workers they hold";
    const SOURCE: &'static str = "toxiproxy's `timeout` toxic";
}

impl Injected for Hang {
    const TARGETS: &'static [TargetKind] = SERVED;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "share", self.share);
        problems
    }

    fn holds_up(
        &self,
        intensity: f64,
        left: SimDuration,
        draws: impl FnOnce() -> DrawBlock,
    ) -> SimDuration {
        let share = self.share * intensity;
        let hit = share >= 1.0 || unit_f64(draws().slot(Slot::Branch).next_u64()) < share;
        if hit { self.hold.unwrap_or(left) } else { SimDuration::ZERO }
    }
}
