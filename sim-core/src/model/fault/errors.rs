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
        // That an answer is late is up to its caller, not to who gives it.
        let fails = self.outcome.is_failure() && self.outcome != Outcome::OkLate;
        problems.note_if(!fails, "outcome", "must be a failure");
        problems
    }

    fn turns_away(&self, intensity: f64) -> Option<(f64, Outcome)> {
        Some((self.share * intensity, self.outcome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_fail_with_what_a_service_can_answer() {
        let fits = |outcome| Errors { share: 0.5, outcome }.check().or_none().is_ok();
        assert!(fits(Outcome::ServerError) && fits(Outcome::Malformed));
        for outcome in [Outcome::Ok, Outcome::Degraded, Outcome::OkLate] {
            assert!(!fits(outcome), "{outcome:?}");
        }
    }
}
