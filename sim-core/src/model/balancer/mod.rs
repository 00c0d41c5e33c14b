//! How callers choose an instance. One balancer stands in front of a service and is seen by all
//! of its callers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How callers choose an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Balancer {
    /// Each instance in turn.
    #[default]
    RoundRobin,
    /// Any instance with the same probability.
    Random,
    /// The instance with the fewest requests outstanding; among equals, the next in turn.
    LeastRequest,
}

/// What a balancer knows of the instances behind it.
#[derive(Clone, Debug)]
pub struct BalancerState {
    balancer: Balancer,
    next: u32,
    outstanding: Vec<u32>,
}

impl BalancerState {
    /// A balancer in front of so many instances.
    pub fn new(balancer: Balancer, instances: u32) -> Self {
        Self { balancer, next: 0, outstanding: vec![0; instances as usize] }
    }

    /// Chooses an instance for a request and counts the request as outstanding there. A draw
    /// is asked for only if the choice is random.
    #[inline]
    pub fn choose(&mut self, draw: impl FnOnce() -> u64) -> u32 {
        let instances = self.outstanding.len() as u32;
        let instance = match self.balancer {
            _ if instances == 1 => 0,
            Balancer::RoundRobin => self.take_turn(instances),
            Balancer::Random => below(draw(), instances),
            Balancer::LeastRequest => self.least_outstanding(instances),
        };
        if self.counts() {
            self.outstanding[instance as usize] += 1;
        }
        instance
    }

    /// A request to this instance is no longer outstanding.
    #[inline]
    pub fn done(&mut self, instance: u32) {
        if !self.counts() {
            return;
        }
        let outstanding = &mut self.outstanding[instance as usize];
        debug_assert!(*outstanding > 0, "an answer to a request that was never sent");
        *outstanding -= 1;
    }

    /// Whether anybody asks how many requests are outstanding.
    #[inline]
    fn counts(&self) -> bool {
        self.balancer == Balancer::LeastRequest && self.outstanding.len() > 1
    }

    fn take_turn(&mut self, instances: u32) -> u32 {
        let turn = self.next;
        self.next = if turn + 1 == instances { 0 } else { turn + 1 };
        turn
    }

    fn least_outstanding(&mut self, instances: u32) -> u32 {
        let first = self.take_turn(instances);
        let in_turn = (first..instances).chain(0..first);
        in_turn.min_by_key(|i| self.outstanding[*i as usize]).unwrap_or(first)
    }
}

/// A number below `n` from one draw, by multiplication; the bias is below n / 2^64.
#[inline]
fn below(draw: u64, n: u32) -> u32 {
    ((u128::from(draw) * u128::from(n)) >> 64) as u32
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    fn choices(balancer: Balancer, instances: u32, n: usize) -> Vec<u32> {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut state = BalancerState::new(balancer, instances);
        (0..n).map(|_| state.choose(|| rng.next_u64())).collect()
    }

    #[test]
    fn round_robin_takes_each_in_turn() {
        assert_eq!(choices(Balancer::RoundRobin, 3, 7), [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn random_is_uniform() {
        let mut counts = [0_f64; 4];
        for i in choices(Balancer::Random, 4, 40_000) {
            counts[i as usize] += 1.0;
        }
        let chi2: f64 = counts.iter().map(|c| (c - 1e4) * (c - 1e4) / 1e4).sum();
        assert!(chi2 < 21.1, "chi-square {chi2} with 3 degrees of freedom, p = 1e-4");
    }

    #[test]
    fn least_request_prefers_the_idle_and_breaks_ties_in_turn() {
        let mut state = BalancerState::new(Balancer::LeastRequest, 3);
        let choose = |state: &mut BalancerState| state.choose(|| unreachable!("no draw is needed"));
        let first: Vec<u32> = (0..3).map(|_| choose(&mut state)).collect();
        assert_eq!(first, [0, 1, 2]);
        state.done(1);
        assert_eq!(choose(&mut state), 1);
    }
}
