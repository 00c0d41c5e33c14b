//! Requests are answered with a failure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Injected, SERVED, TargetKind, check_share};
use crate::catalogue::Described;
use crate::policy::Outcome;
use crate::policy::problem::Problems;

/// Requests are answered with a failure at once, without work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// The share of requests that fail, 0 to 1.
    pub share: f64,
    /// How they fail.
    #[serde(default = "server_error")]
    pub outcome: Outcome,
}

fn server_error() -> Outcome {
    Outcome::ServerError
}

impl Described for Errors {
    const SUMMARY: &'static str = "a share of the requests fails at once, without work";
    const SOURCE: &'static str = "Envoy's HTTP fault filter, `abort`";
}

impl Injected for Errors {
    const TARGETS: &'static [TargetKind] = SERVED;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        check_share(&mut problems, "share", self.share);
        problems.note_if(!self.outcome.is_failure(), "outcome", "must be a failure");
        problems
    }

    fn turns_away(&self, intensity: f64) -> Option<(f64, Outcome)> {
        Some((self.share * intensity, self.outcome))
    }
}
