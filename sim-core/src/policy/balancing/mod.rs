//! Load balancing: which of several hosts a request goes to.
//!
//! An [`Algorithm`] chooses among the hosts that may be chosen by what is known of them
//! ([`Hosts`]). What is known, how fresh it is, and who may be chosen at all, is the
//! [`HostBalancer`]'s affair: it stands in front of a service, counts what is outstanding, and wraps
//! the algorithm into stale information, a panic threshold and a slow start.

use rand::Rng;

use super::problem::Problems;
use crate::catalogue::{Described, registry};
use crate::kernel::{SimDuration, SimTime};

mod balancer;
mod edf;
mod hosts;
pub mod least_request;
pub mod maglev;
pub mod n_choices;
pub mod p2c;
pub mod peak_ewma;
pub mod random;
pub mod ring_hash;
pub mod round_robin;
pub mod slow_start;
pub mod smooth_weighted_round_robin;
pub mod subset;
pub mod weighted_least_request;
pub mod weighted_round_robin;
mod xxhash;
mod zones;

#[cfg(test)]
mod tests;

pub use balancer::{Balancing, HostBalancer};
pub use hosts::{Asked, HostView, Hosts};
pub use slow_start::SlowStart;
pub use zones::{CallerZones, WHOLE, ZoneAware};

registry! {
    ($)
    /// Which of several hosts a request goes to.
    pub enum Algorithm as "balancer", dispatch each_algorithm {
        "round-robin" => RoundRobin(round_robin::RoundRobin),
        "random" => Random(random::Random),
        "least-request" => LeastRequest(least_request::LeastRequest),
        "p2c" => P2c(p2c::P2c),
        "n-choices" => NChoices(n_choices::NChoices),
        "weighted-round-robin" => WeightedRoundRobin(weighted_round_robin::WeightedRoundRobin),
        "smooth-weighted-round-robin" =>
            SmoothWeightedRoundRobin(smooth_weighted_round_robin::SmoothWeightedRoundRobin),
        "weighted-least-request" =>
            WeightedLeastRequest(weighted_least_request::WeightedLeastRequest),
        "peak-ewma" => PeakEwma(peak_ewma::PeakEwma),
        "ring-hash" => RingHash(ring_hash::RingHash),
        "maglev" => Maglev(maglev::Maglev),
    }
}

/// The parameters of an algorithm.
trait Parameters: Described {
    /// What is wrong with them.
    fn check(&self) -> Problems {
        Problems::default()
    }

    /// The algorithm itself, which has not chosen yet.
    fn chooser(&self) -> Chooser;
}

impl Default for Algorithm {
    fn default() -> Self {
        Self::RoundRobin(round_robin::RoundRobin {})
    }
}

impl Algorithm {
    fn check(&self) -> Problems {
        each_algorithm!(self, algorithm => algorithm.check()).inside(self.name())
    }

    fn chooser(&self) -> Chooser {
        each_algorithm!(self, algorithm => algorithm.chooser())
    }
}

/// What an algorithm does. The candidates are never empty.
trait Choose {
    /// The hosts that may be chosen, or their weights, have changed.
    fn renew(&mut self, _hosts: &Hosts, _now: SimTime) {}

    /// Chooses one of the candidates.
    fn choose<R: Rng>(&mut self, hosts: &Hosts, asked: Asked, draws: &mut R) -> u32;

    /// A request to this host has ended.
    fn ended(&mut self, _host: u32, _now: SimTime, _took: SimDuration) {}
}

/// A running algorithm.
#[derive(Clone, Debug)]
enum Chooser {
    RoundRobin(round_robin::Turn),
    Random(random::Random),
    LeastRequest(least_request::FullScan),
    P2c(p2c::P2c),
    NChoices(n_choices::NChoices),
    Edf(edf::Edf),
    Smooth(smooth_weighted_round_robin::Smooth),
    PeakEwma(peak_ewma::Meters),
    RingHash(ring_hash::Ring),
    Maglev(maglev::Table),
}

macro_rules! each_chooser {
    ($value:expr, $chooser:ident => $body:expr) => {
        match $value {
            Chooser::RoundRobin($chooser) => $body,
            Chooser::Random($chooser) => $body,
            Chooser::LeastRequest($chooser) => $body,
            Chooser::P2c($chooser) => $body,
            Chooser::NChoices($chooser) => $body,
            Chooser::Edf($chooser) => $body,
            Chooser::Smooth($chooser) => $body,
            Chooser::PeakEwma($chooser) => $body,
            Chooser::RingHash($chooser) => $body,
            Chooser::Maglev($chooser) => $body,
        }
    };
}

impl Choose for Chooser {
    fn renew(&mut self, hosts: &Hosts, now: SimTime) {
        each_chooser!(self, chooser => chooser.renew(hosts, now));
    }

    fn choose<R: Rng>(&mut self, hosts: &Hosts, asked: Asked, draws: &mut R) -> u32 {
        each_chooser!(self, chooser => chooser.choose(hosts, asked, draws))
    }

    fn ended(&mut self, host: u32, now: SimTime, took: SimDuration) {
        each_chooser!(self, chooser => chooser.ended(host, now, took));
    }
}

/// A number below `n` from one draw, by multiplication; the bias is below n / 2⁶⁴.
#[inline]
fn below<R: Rng>(draws: &mut R, n: usize) -> usize {
    ((u128::from(draws.next_u64()) * n as u128) >> 64) as usize
}
