//! So many choices, as Envoy and gRPC make them.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Choose, Chooser, Hosts, Parameters, below};
use crate::catalogue::Described;
use crate::policy::Problems;

/// Draws `choice_count` hosts, the same one perhaps more than once, and takes the one with the
/// fewest requests outstanding; of equals, the one that was drawn first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NChoices {
    /// How many hosts are drawn; at least 2.
    pub choice_count: u32,
}

impl Default for NChoices {
    fn default() -> Self {
        Self { choice_count: 2 }
    }
}

impl Described for NChoices {
    const SUMMARY: &'static str =
        "the least loaded of some hosts, drawn with replacement; of equals, the first";
    const SOURCE: &'static str =
        "Envoy, least_request_lb.cc, N_CHOICES; grpc/proposal A48-xds-least-request-lb-policy.md";
}

impl Parameters for NChoices {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.note_if(self.choice_count < 2, "choice_count", "must be at least 2");
        problems
    }

    fn chooser(&self) -> Chooser {
        Chooser::NChoices(*self)
    }
}

impl Choose for NChoices {
    fn choose<R: Rng>(&mut self, hosts: &Hosts, _asked: Asked, draws: &mut R) -> u32 {
        let mut draw = || hosts.candidates[below(draws, hosts.candidates.len())];
        let mut least = draw();
        for _ in 1..self.choice_count {
            let other = draw();
            if hosts.outstanding(other) < hosts.outstanding(least) {
                least = other;
            }
        }
        least
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{Scripted, at, read};

    #[test]
    fn only_a_smaller_count_replaces_the_first_drawn() {
        let mut balancer = read(json!({ "n-choices": { "choice_count": 3 } })).balancer(4);
        let mut choose = |draws: [f64; 3]| balancer.choose(at(0), None, &mut Scripted::of(&draws));
        // All are idle.
        assert_eq!(choose([0.3, 0.6, 0.9]), Some(1));
        assert_eq!(choose([0.3, 0.6, 0.9]), Some(2));
        assert_eq!(choose([0.3, 0.6, 0.9]), Some(3));
        assert_eq!(choose([0.3, 0.6, 0.9]), Some(1));
        // The same one may be drawn again and again.
        assert_eq!(choose([0.3, 0.3, 0.3]), Some(1));
    }

    #[test]
    fn there_are_two_choices_at_least() {
        let check = |count| read(json!({ "n-choices": { "choice_count": count } })).check(3);
        assert_eq!(check(2), Ok(()));
        assert!(check(1).unwrap_err().to_string().contains("n-choices.choice_count"));
    }
}
