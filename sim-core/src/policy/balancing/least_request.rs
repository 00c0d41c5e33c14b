//! The host with the fewest requests outstanding, of all.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::round_robin::Turn;
use super::{Asked, Choose, Chooser, Hosts, Parameters, below};
use crate::catalogue::Described;

/// The host with the fewest requests outstanding, of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeastRequest {
    /// Which one of several that have equally few.
    pub ties: Ties,
}

/// Which one of several equal hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// The next in turn.
    #[default]
    InTurn,
    /// Any of them with the same probability, as Envoy's full scan does.
    Random,
}

impl Described for LeastRequest {
    const SUMMARY: &'static str = "the host with the fewest requests outstanding, of all";
    const SOURCE: &'static str = "Envoy, least_request_lb.cc, FULL_SCAN (with random ties)";
}

impl Parameters for LeastRequest {
    fn chooser(&self) -> Chooser {
        Chooser::LeastRequest(FullScan { ties: self.ties, turn: Turn::default() })
    }
}

/// A scan of all hosts.
#[derive(Clone, Copy, Debug)]
pub(super) struct FullScan {
    ties: Ties,
    turn: Turn,
}

impl Choose for FullScan {
    fn choose<R: Rng>(&mut self, hosts: &Hosts, _asked: Asked, draws: &mut R) -> u32 {
        let all = &hosts.candidates;
        let first = match self.ties {
            Ties::InTurn => self.turn.take(all.len()),
            Ties::Random => 0,
        };
        let (mut least, mut tied) = (all[first], 1);
        for host in all[first + 1..].iter().chain(&all[..first]).copied() {
            let (ours, others) = (hosts.outstanding(least), hosts.outstanding(host));
            if others < ours {
                (least, tied) = (host, 1);
            } else if others == ours && self.ties == Ties::Random {
                // The n-th of the equals replaces those before with probability 1 / n.
                tied += 1;
                if below(draws, tied) == 0 {
                    least = host;
                }
            }
        }
        least
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{at, chi_square, counts, read, rng};
    use crate::kernel::SimDuration;
    use crate::policy::backoff::scripted::LOWEST;

    #[test]
    fn the_idle_is_preferred_and_equals_come_in_turn() {
        let mut balancer = read(json!({ "least-request": {} })).balancer(3);
        let mut choose = |now| balancer.choose(at(now), None, &mut { LOWEST }).unwrap();
        assert_eq!([choose(0), choose(0), choose(0)], [0, 1, 2]);
        balancer.done(at(1), 1, SimDuration::ZERO);
        assert_eq!(balancer.choose(at(1), None, &mut { LOWEST }), Some(1));
    }

    #[test]
    fn equals_are_equally_likely() {
        let balancing = read(json!({ "least-request": { "ties": "random" } }));
        let (mut balancer, mut rng) = (balancing.balancer(5), rng());
        let mut chosen = Vec::new();
        for _ in 0..20_000 {
            let host = balancer.choose(at(0), None, &mut rng).unwrap();
            balancer.done(at(0), host, SimDuration::ZERO);
            chosen.push(host);
        }
        let chi2 = chi_square(&counts(&chosen, 5), &[0.2; 5]);
        assert!(chi2 < 23.5, "chi-square {chi2} with 4 degrees of freedom, p = 1e-4");
    }
}
