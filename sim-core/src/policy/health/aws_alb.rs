//! The health check of a target group of an AWS Application Load Balancer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Parameters, Rules};
use crate::catalogue::Described;
use crate::kernel::SimDuration;

/// The health check of a target group of an AWS Application Load Balancer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AwsAlb {
    /// From the start of one check to that of the next.
    pub interval: SimDuration,
    /// After which time a check without an answer has failed.
    pub timeout: SimDuration,
    /// How many failed checks in a row make an instance unhealthy; at least 1.
    pub unhealthy_threshold: u32,
    /// How many good answers in a row make it healthy again; at least 1.
    pub healthy_threshold: u32,
}

impl Default for AwsAlb {
    fn default() -> Self {
        Self {
            interval: SimDuration::from_secs(30),
            timeout: SimDuration::from_secs(5),
            unhealthy_threshold: 2,
            healthy_threshold: 5,
        }
    }
}

impl Described for AwsAlb {
    const SUMMARY: &'static str =
        "AWS Application Load Balancer: every 30 s, within 5 s; two failures, five successes";
    const SOURCE: &'static str =
        "Elastic Load Balancing, Application Load Balancers, Health checks for your target groups";
}

impl Parameters for AwsAlb {
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
