//! Round robin with weights, as Envoy does it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::edf::Edf;
use super::{Chooser, Parameters};
use crate::catalogue::Described;

/// Each host as often as its weight says, earliest deadline first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightedRoundRobin {}

impl Described for WeightedRoundRobin {
    const SUMMARY: &'static str = "each host as often as its weight says, earliest deadline first";
    const SOURCE: &'static str =
        "Envoy, edf_scheduler.h, round_robin_lb.cc (without its random start)";
}

impl Parameters for WeightedRoundRobin {
    fn chooser(&self) -> Chooser {
        Chooser::Edf(Edf::new(0.0))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{choices, read};
    use crate::policy::balancing::Balancing;

    fn weighted(weights: &[f64]) -> Balancing {
        Balancing { weights: weights.to_vec(), ..read(json!({ "weighted-round-robin": {} })) }
    }

    #[test]
    fn the_earliest_deadline_is_first_and_of_equals_who_was_inserted_first() {
        // Deadlines: host 0 at 1/2, 1, 3/2, …; host 1 at 1, 2, …; at 1 the latter is older.
        assert_eq!(choices(&weighted(&[2.0, 1.0]), 2, 6), [0, 1, 0, 0, 1, 0]);
        assert_eq!(choices(&weighted(&[1.0; 3]), 3, 7), [0, 1, 2, 0, 1, 2, 0]);
        let turns = choices(&weighted(&[1.0; 10]), 10, 30);
        assert!(turns.iter().enumerate().all(|(n, host)| n % 10 == *host as usize), "{turns:?}");
    }

    #[test]
    fn every_host_gets_its_share_exactly() {
        let chosen = choices(&weighted(&[5.0, 3.0, 0.5, 1.5]), 4, 2_000);
        let count = |host| chosen.iter().filter(|chosen| **chosen == host).count();
        assert_eq!([count(0), count(1), count(2), count(3)], [1_000, 600, 100, 300]);
    }
}
