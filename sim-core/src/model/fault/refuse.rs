//! Connections are refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Injected, TargetKind, check_share, one};
use crate::catalogue::Described;
use crate::policy::Outcome;
use crate::policy::problem::Problems;

/// Connections to the service are refused at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// The share of requests that are refused, 0 to 1.
    #[serde(default = "one")]
    pub share: f64,
}

impl Described for Refuse {
    const SUMMARY: &'static str = "connections to the service are refused at once";
    const SOURCE: &'static str =
        "a closed port: RST in answer to SYN (RFC 9293, 3.5.2), ECONNREFUSED";
}

impl Injected for Refuse {
    const TARGET: TargetKind = TargetKind::Service;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "share", self.share);
        problems
    }

    fn turns_away(&self, intensity: f64) -> Option<(f64, Outcome)> {
        Some((self.share * intensity, Outcome::Refused))
    }
}
