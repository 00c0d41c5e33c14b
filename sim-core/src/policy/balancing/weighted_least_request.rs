//! Weights that what is outstanding lowers, as Envoy's weighted least request does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::edf::Edf;
use super::{Chooser, Parameters};
use crate::catalogue::Described;
use crate::policy::Problems;

/// Each host as often as weight / (outstanding + 1)^bias says, earliest deadline first. Envoy does
/// so if the weights differ, or during a slow start; otherwise it is `n-choices`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WeightedLeastRequest {
    /// By how much what is outstanding lowers the weight; at 0 not at all; not below 0.
    pub active_request_bias: f64,
}

impl Default for WeightedLeastRequest {
    fn default() -> Self {
        Self { active_request_bias: 1.0 }
    }
}

impl Described for WeightedLeastRequest {
    const SUMMARY: &'static str =
        "each host as often as weight / (outstanding + 1)^bias says, earliest deadline first";
    const SOURCE: &'static str = "Envoy, least_request_lb.cc, edf_scheduler.h";
}

impl Parameters for WeightedLeastRequest {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let bias = self.active_request_bias;
        let wrong = !(bias.is_finite() && bias >= 0.0);
        problems.note_if(wrong, "active_request_bias", "must be a number from 0 on");
        problems
    }

    fn chooser(&self) -> Chooser {
        Chooser::Edf(Edf::new(self.active_request_bias))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{at, read};
    use crate::kernel::SimDuration;
    use crate::policy::backoff::scripted::LOWEST;

    /// The first choices if nothing ends but what host 0 is sent.
    fn choices(bias: f64) -> Vec<u32> {
        let algorithm = json!({ "weighted-least-request": { "active_request_bias": bias } });
        let mut balancer = read(algorithm).balancer(2);
        let mut chosen = Vec::new();
        for _ in 0..8 {
            let host = balancer.choose(at(0), None, &mut { LOWEST }).unwrap();
            if host == 0 {
                balancer.done(at(0), 0, SimDuration::ZERO);
            }
            chosen.push(host);
        }
        chosen
    }

    #[test]
    fn what_is_outstanding_lowers_the_weight_by_the_bias() {
        // Host 0 is due at 1, 2, 3, …; host 1, with one more outstanding each time it is looked at:
        assert_eq!(choices(0.0), [0, 1, 0, 1, 0, 1, 0, 1]);
        // 1, 2, 4, 7, …; of those due at 4 it was inserted first.
        assert_eq!(choices(1.0), [0, 1, 0, 1, 0, 1, 0, 0]);
        // 1, 2, 6, …; and so at 6.
        assert_eq!(choices(2.0), [0, 1, 0, 1, 0, 0, 0, 1]);
    }

    #[test]
    fn the_bias_is_not_below_zero() {
        let check = |bias: f64| {
            read(json!({ "weighted-least-request": { "active_request_bias": bias } })).check(2)
        };
        assert!(check(-0.1).is_err() && check(0.0).is_ok());
    }
}
