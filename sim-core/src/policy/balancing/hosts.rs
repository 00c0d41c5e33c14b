//! What is known of the hosts behind a balancer.

use super::slow_start::SlowStart;
use crate::kernel::SimTime;

/// What is known of one host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostView {
    /// How many requests to it are outstanding.
    pub outstanding: u32,
    /// How many were, when that was last looked at: what algorithms see.
    pub seen_outstanding: u32,
    /// Its weight, without a slow start.
    pub weight: f64,
    /// Whether it is healthy.
    pub healthy: bool,
    /// Whether it is there: one that is not is never chosen, and counts for nothing.
    pub present: bool,
    /// Since when it is, if it was not from the start.
    pub since: Option<SimTime>,
}

/// The hosts, and which of them may be chosen.
#[derive(Clone, Debug)]
pub struct Hosts {
    pub(super) views: Vec<HostView>,
    pub(super) candidates: Vec<u32>,
    pub(super) slow_start: Option<SlowStart>,
}

/// For whom a host is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// When.
    pub now: SimTime,
    /// The request's key, for algorithms that hash it; a random one if it has none.
    pub key: Option<u64>,
}

impl HostView {
    /// Whether it is there, and healthy.
    pub fn may_serve(&self) -> bool {
        self.present && self.healthy
    }
}

impl Hosts {
    /// The hosts that may be chosen, in order.
    pub fn candidates(&self) -> &[u32] {
        &self.candidates
    }

    /// How many requests are outstanding at a host, as far as is known.
    #[inline]
    pub fn outstanding(&self, host: u32) -> u32 {
        self.views[host as usize].seen_outstanding
    }

    /// A host's weight at this time, lower during its slow start.
    pub fn weight(&self, host: u32, now: SimTime) -> f64 {
        let view = &self.views[host as usize];
        let factor = match (&self.slow_start, view.since) {
            (Some(slow_start), Some(since)) => slow_start.factor(now.since(since)),
            _ => 1.0,
        };
        view.weight * factor
    }

    /// What is known of each host.
    pub fn views(&self) -> &[HostView] {
        &self.views
    }
}
