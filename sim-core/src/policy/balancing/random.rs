//! Any host.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Choose, Chooser, Hosts, Parameters, below};
use crate::catalogue::Described;

/// Any host with the same probability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Random {}

impl Described for Random {
    const SUMMARY: &'static str = "any host with the same probability";
    const SOURCE: &'static str = "common; Envoy, random_lb.cc";
}

impl Parameters for Random {
    fn chooser(&self) -> Chooser {
        Chooser::Random(*self)
    }
}

impl Choose for Random {
    fn choose<R: Rng>(&mut self, hosts: &Hosts, _asked: Asked, draws: &mut R) -> u32 {
        hosts.candidates[below(draws, hosts.candidates.len())]
    }
}
