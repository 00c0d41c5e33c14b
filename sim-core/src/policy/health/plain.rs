//! A health check of no library.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Parameters, Rules};
use crate::catalogue::Described;
use crate::kernel::SimDuration;

/// Asks every `interval` and believes so many answers in a row. These four are what Envoy wants to
/// be told, too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// From the start of one check to that of the next.
    pub interval: SimDuration,
    /// After which time a check without an answer has failed.
    pub timeout: SimDuration,
    /// How many failed checks in a row make an instance unhealthy; at least 1.
    pub unhealthy_threshold: u32,
    /// How many good answers in a row make it healthy again; at least 1.
    pub healthy_threshold: u32,
}

impl Described for Plain {
    const SUMMARY: &'static str = "asks at an interval, believes so many answers in a row";
    const SOURCE: &'static str = "envoy, api/envoy/config/core/v3/health_check.proto";
}

impl Parameters for Plain {
    const NAMES: [&'static str; 4] =
        ["interval", "timeout", "unhealthy_threshold", "healthy_threshold"];

    fn rules(&self) -> Rules {
        Rules {
            interval: self.interval,
            timeout: self.timeout,
            falls_after: self.unhealthy_threshold,
            rises_after: self.healthy_threshold,
        }
    }
}
