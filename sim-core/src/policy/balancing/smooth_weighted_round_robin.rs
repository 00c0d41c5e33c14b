//! Round robin with weights, as nginx does it.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Choose, Chooser, Hosts, Parameters};
use crate::catalogue::Described;
use crate::kernel::SimTime;

/// Each host as often as its weight says, and as evenly spread as can be: everybody gains its
/// weight, who has most is chosen and pays what all have gained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmoothWeightedRoundRobin {}

impl Described for SmoothWeightedRoundRobin {
    const SUMMARY: &'static str = "each host as often as its weight says, evenly spread";
    const SOURCE: &'static str = "nginx, ngx_http_upstream_round_robin.c";
}

impl Parameters for SmoothWeightedRoundRobin {
    fn chooser(&self) -> Chooser {
        Chooser::Smooth(Smooth::default())
    }
}

/// What each host has gained and not paid.
#[derive(Clone, Debug, Default)]
pub(super) struct Smooth(Vec<f64>);

impl Choose for Smooth {
    fn renew(&mut self, hosts: &Hosts, _now: SimTime) {
        self.0 = vec![0.0; hosts.views.len()];
    }

    fn choose<R: Rng>(&mut self, hosts: &Hosts, asked: Asked, _draws: &mut R) -> u32 {
        let mut best = hosts.candidates[0];
        let mut gained = 0.0;
        for host in &hosts.candidates {
            let weight = hosts.weight(*host, asked.now);
            gained += weight;
            self.0[*host as usize] += weight;
            if self.0[*host as usize] > self.0[best as usize] {
                best = *host;
            }
        }
        self.0[best as usize] -= gained;
        best
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{choices, read};
    use crate::policy::balancing::Balancing;

    #[test]
    fn nginx_s_example_comes_out() {
        let algorithm = read(json!({ "smooth-weighted-round-robin": {} }));
        let balancing = Balancing { weights: vec![5.0, 1.0, 1.0], ..algorithm };
        assert_eq!(choices(&balancing, 3, 9), [0, 0, 1, 0, 2, 0, 0, 0, 0]);
    }
}
