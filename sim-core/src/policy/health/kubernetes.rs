//! A readiness probe of Kubernetes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Parameters, Rules};
use crate::catalogue::Described;
use crate::kernel::SimDuration;

/// A readiness probe of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kubernetes {
    /// From the start of one check to that of the next.
    pub period: SimDuration,
    /// After which time a check without an answer has failed.
    pub timeout: SimDuration,
    /// How many failed checks in a row make an instance unhealthy; at least 1.
    pub failure_threshold: u32,
    /// How many good answers in a row make it healthy again; at least 1.
    pub success_threshold: u32,
}

impl Default for Kubernetes {
    fn default() -> Self {
        Self {
            period: SimDuration::from_secs(10),
            timeout: SimDuration::from_secs(1),
            failure_threshold: 3,
            success_threshold: 1,
        }
    }
}

impl Described for Kubernetes {
    const SUMMARY: &'static str = "Kubernetes: every 10 s, within 1 s; three failures, one success";
    const SOURCE: &'static str = "kubernetes, pkg/apis/core/v1/defaults.go, SetDefaults_Probe";
}

impl Parameters for Kubernetes {
    const NAMES: [&'static str; 4] =
        ["period", "timeout", "failure_threshold", "success_threshold"];

    fn rules(&self) -> Rules {
        Rules {
            interval: self.period,
            timeout: self.timeout,
            falls_after: self.failure_threshold,
            rises_after: self.success_threshold,
        }
    }
}
