//! A new version is rolled out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Injected, OnWire, TargetKind};
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::problem::Problems;

/// All instances restart, batch after batch, evenly over the time of the fault: each is down for a while,
/// what it holds is reset, and it comes back as cold as the service's `cold_start` says. A condition that
/// stops the fault stops the rollout where it is. Where the service has a `min_available`, an instance whose
/// turn has come waits until so many others are up. On a machine or a zone it is a drain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// How many instances restart at a time; at least 1.
    #[serde(default = "one_by_one")]
    pub batch: u32,
    /// How long each is down.
    #[serde(default = "ten_seconds")]
    pub down: SimDuration,
}

fn one_by_one() -> u32 {
    1
}

fn ten_seconds() -> SimDuration {
    SimDuration::from_secs(10)
}

impl Described for Deploy {
    const SUMMARY: &'static str = "all instances restart, batch after batch: a rolling deploy";
    const SOURCE: &'static str = "Kubernetes, Deployments, Rolling Update";
}

impl Deploy {
    /// When the batch of an instance restarts, of so many instances and a rollout of so long.
    pub fn begins(&self, instance: u32, instances: u32, lasts: SimDuration) -> SimDuration {
        let batch = self.batch.max(1);
        let batches = instances.div_ceil(batch).max(1);
        lasts.mul_f64(f64::from(instance / batch) / f64::from(batches))
    }
}

impl Injected for Deploy {
    const TARGETS: &'static [TargetKind] = &[TargetKind::Service, TargetKind::Instances];

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.batch == 0, "batch", "must be at least 1");
        problems.above_zero("down", self.down);
        problems
    }
}

impl OnWire for Deploy {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_follow_each_other_evenly() {
        let minute = SimDuration::from_secs(60);
        let begins = |batch, instance| {
            let deploy = Deploy { batch, down: ten_seconds() };
            deploy.begins(instance, 5, minute).as_secs_f64()
        };
        assert_eq!([0, 1, 4].map(|instance| begins(1, instance)), [0.0, 12.0, 48.0]);
        assert_eq!([0, 1, 2, 4].map(|instance| begins(2, instance)), [0.0, 0.0, 20.0, 40.0]);
    }
}
