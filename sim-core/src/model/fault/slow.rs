//! Work takes longer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Injected, SERVED, TargetKind, check_factor, one};
use crate::catalogue::Described;
use crate::kernel::{Distribution, DrawBlock, SimDuration, Slot};
use crate::policy::problem::Problems;

/// Work takes longer, by a factor, by an added time, or by both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    /// How many times as long work takes that starts while the fault is active; at least 1.
    #[serde(default = "one")]
    pub factor: f64,
    /// Time added to each request at the service, before its first step, while it holds its
    /// worker.
    #[serde(default)]
    pub add: Option<Distribution>,
}

impl Described for Slow {
    const SUMMARY: &'static str = "work takes longer, by a factor, by an added time, or by both";
    const SOURCE: &'static str = "toxiproxy's `latency` toxic; Envoy's HTTP fault filter, `delay`";
}

impl Injected for Slow {
    const TARGETS: &'static [TargetKind] = SERVED;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_factor(&mut problems, "factor", self.factor);
        let nothing = self.factor == 1.0 && self.add.is_none();
        problems.note_if(nothing, "factor", "must be above 1 where nothing is added");
        problems
    }

    fn holds_up(
        &self,
        intensity: f64,
        _left: SimDuration,
        draws: impl FnOnce() -> DrawBlock,
    ) -> SimDuration {
        self.add.as_ref().map_or(SimDuration::ZERO, |add| {
            add.sample(&mut draws().slot(Slot::Demand)).mul_f64(intensity)
        })
    }

    fn slowness(&self, intensity: f64) -> f64 {
        1.0 + (self.factor - 1.0) * intensity
    }
}
