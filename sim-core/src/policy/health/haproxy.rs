//! The health check of HAProxy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Parameters, Rules};
use crate::catalogue::Described;
use crate::kernel::SimDuration;

/// The health check of HAProxy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Haproxy {
    /// From the start of one check to that of the next; a check without an answer has failed after as long.
    pub inter: SimDuration,
    /// How many failed checks in a row make an instance unhealthy; at least 1.
    pub fall: u32,
    /// How many good answers in a row make it healthy again; at least 1.
    pub rise: u32,
}

impl Default for Haproxy {
    fn default() -> Self {
        Self { inter: SimDuration::from_secs(2), fall: 3, rise: 2 }
    }
}

impl Described for Haproxy {
    const SUMMARY: &'static str =
        "HAProxy: every 2 s, within as long; three failures, two successes";
    const SOURCE: &'static str = "haproxy, doc/configuration.txt, inter, fall, rise";
}

impl Parameters for Haproxy {
    const NAMES: [&'static str; 4] = ["inter", "inter", "fall", "rise"];

    fn rules(&self) -> Rules {
        Rules {
            interval: self.inter,
            timeout: self.inter,
            falls_after: self.fall,
            rises_after: self.rise,
        }
    }
}
