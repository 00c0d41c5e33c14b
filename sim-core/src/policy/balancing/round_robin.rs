//! Each host in turn.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Choose, Chooser, Hosts, Parameters};
use crate::catalogue::Described;

/// Each host in turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundRobin {}

impl Described for RoundRobin {
    const SUMMARY: &'static str = "each host in turn";
    const SOURCE: &'static str = "common; Envoy, round_robin_lb.cc (from the first host on)";
}

impl Parameters for RoundRobin {
    fn chooser(&self) -> Chooser {
        Chooser::RoundRobin(Turn::default())
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn(usize);

impl Turn {
    /// A place below `n`, each in turn.
    pub(super) fn take(&mut self, n: usize) -> usize {
        // Fewer may be left than there were.
        let turn = if self.0 < n { self.0 } else { 0 };
        self.0 = turn + 1;
        turn
    }
}

impl Choose for Turn {
    fn choose<R: Rng>(&mut self, hosts: &Hosts, _asked: Asked, _draws: &mut R) -> u32 {
        let turn = self.take(hosts.candidates.len());
        hosts.candidates[turn]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_go_round_and_fit_what_is_left() {
        let mut turn = Turn::default();
        let turns: Vec<_> = (0..5).map(|_| turn.take(3)).collect();
        assert_eq!(turns, [0, 1, 2, 0, 1]);
        assert_eq!((turn.take(2), turn.take(2), turn.take(1)), (0, 1, 0));
    }
}
