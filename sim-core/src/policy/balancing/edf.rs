//! Earliest deadline first: weights as Envoy honours them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use rand::Rng;

use super::{Asked, Choose, Hosts};
use crate::kernel::SimTime;

/// Hosts by deadline: whoever is chosen is due again after 1 / weight.
#[derive(Clone, Debug, Default)]
pub(super) struct Edf {
    /// By how much what is outstanding lowers the weight: weight / (outstanding + 1)^bias.
    bias: f64,
    due: BinaryHeap<Reverse<Due>>,
    now: f64,
    inserted: u64,
}

/// When a host is due; among equals, who was inserted first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Due {
    deadline: f64,
    inserted: u64,
    host: u32,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_deadline = self.deadline.total_cmp(&other.deadline);
        by_deadline.then(self.inserted.cmp(&other.inserted))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Due {}

impl Edf {
    pub(super) fn new(bias: f64) -> Self {
        Self { bias, ..Self::default() }
    }

    fn weight(&self, hosts: &Hosts, host: u32, now: SimTime) -> f64 {
        let weight = hosts.weight(host, now);
        let crowd = f64::from(hosts.outstanding(host)) + 1.0;
        if self.bias == 0.0 {
            weight
        } else if self.bias == 1.0 {
            weight / crowd
        } else {
            weight / libm::pow(crowd, self.bias)
        }
    }

    fn insert(&mut self, hosts: &Hosts, host: u32, now: SimTime) {
        let deadline = self.now + 1.0 / self.weight(hosts, host, now);
        self.due.push(Reverse(Due { deadline, inserted: self.inserted, host }));
        self.inserted += 1;
    }
}

impl Choose for Edf {
    fn renew(&mut self, hosts: &Hosts, now: SimTime) {
        *self = Self::new(self.bias);
        for host in &hosts.candidates {
            self.insert(hosts, *host, now);
        }
    }

    fn choose<R: Rng>(&mut self, hosts: &Hosts, asked: Asked, _draws: &mut R) -> u32 {
        let Some(Reverse(due)) = self.due.pop() else { return hosts.candidates[0] };
        self.now = due.deadline;
        // The weight at this moment, before the request that is about to be sent is outstanding.
        self.insert(hosts, due.host, asked.now);
        due.host
    }
}
