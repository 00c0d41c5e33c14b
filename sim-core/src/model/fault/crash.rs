//! Instances die.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Injected, TargetKind, check_share, one};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::problem::Problems;

/// Instances die, one after another along the ramp: what they hold is reset, connections are
/// refused; they restart when the fault has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// The share of instances that die, rounded up to whole ones, 0 to 1.
    #[serde(default = "one")]
    pub share: f64,
    /// How long the restart takes after the fault has ended.
    #[serde(default)]
    pub restart: SimDuration,
    /// Whether nobody answers for those that are dead, as when a whole machine or a zone is gone: what is
    /// sent to them and what they held is silence, until the caller's patience or that of its operating
    /// system ends. If not, their machine is there, and resets and refuses.
    #[serde(default)]
    pub silent: bool,
}

impl Described for Crash {
    const SUMMARY: &'static str = "a share of the instances dies and restarts";
    const SOURCE: &'static str = "Netflix Chaos Monkey; Chaos Mesh `PodChaos`";
}

impl Crash {
    /// How many of so many instances die.
    pub fn dying(&self, instances: u32) -> u32 {
        ((self.share * f64::from(instances)).ceil() as u32).min(instances)
    }
}

impl Injected for Crash {
    const TARGETS: &'static [TargetKind] =
        &[TargetKind::Service, TargetKind::Instances, TargetKind::Primary];

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "share", self.share);
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_instances_is_rounded_up() {
        let crash = |share| Crash { share, restart: SimDuration::ZERO, silent: false };
        assert_eq!(crash(0.5).dying(3), 2);
        assert_eq!(crash(1.0).dying(3), 3);
        assert_eq!(crash(0.0).dying(3), 0);
        assert_eq!(crash(0.1).dying(3), 1);
    }
}
