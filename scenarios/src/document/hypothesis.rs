//! `[hypothesis]`: what is steady, and is meant to stay so whatever is injected.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::SimDuration;

use super::ProbeText;
use crate::study::ProbePhase;

/// What is steady before the faults, and is meant to stay so during and after them: a hypothesis that the
/// runs confirm or refute. If it does not hold before the first fault, the experiment is void.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hypothesis {
    /// What is claimed, in one line.
    pub(crate) title: String,
    /// When the probes are checked.
    #[serde(default = "all_phases")]
    #[schemars(length(min = 1, max = 3))]
    pub(crate) phases: Vec<ProbePhase>,
    /// How long `after` the end of the last fault is.
    #[serde(default = "half_a_minute")]
    pub(crate) after: SimDuration,
    /// How it is seen.
    #[schemars(length(min = 1, max = 100))]
    pub(crate) probes: Vec<Probe>,
}

/// One thing that is looked at.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Probe {
    /// Its name.
    pub(crate) name: String,
    /// What has to hold: an expectation without phase, such as "share(shop:failed) <= 1%".
    pub(crate) that: ProbeText,
}

fn all_phases() -> Vec<ProbePhase> {
    vec![ProbePhase::Before, ProbePhase::During, ProbePhase::After]
}

fn half_a_minute() -> SimDuration {
    SimDuration::from_secs(30)
}
