//! Queue management: whom a server's queue keeps, whom it sheds, and from which end it is served.
//!
//! A shedder does not hold the queue. Whoever does asks it, with the time and the lengths of the
//! queue, when a request comes ([`Shedder::enters`]), whom to take next ([`Shedder::next`]), and,
//! when a request is taken, whether it is still worth serving ([`Shedder::leaves`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use crate::catalogue::{Described, registry};
use crate::kernel::{Distribution, SimDuration, SimTime};

pub mod adaptive_timeout;
pub mod codel;
pub mod patience;
pub mod priority;
pub mod queue_timeout;

#[cfg(test)]
mod tests;

pub use adaptive_timeout::AdaptiveTimeoutState;
pub use codel::CodelState;
pub use priority::PriorityState;

registry! {
    ($)
    /// Whom a server's queue keeps, whom it sheds, and from which end it is served.
    pub enum Shedding as "shedding", dispatch each_shedding {
        "codel" => Codel(codel::Codel),
        "adaptive-timeout" => AdaptiveTimeout(adaptive_timeout::AdaptiveTimeout),
        "queue-timeout" => QueueTimeout(queue_timeout::QueueTimeout),
        "patience" => Patience(patience::Patience),
        "priority" => Priority(priority::Priority),
    }
}

/// The parameters of a shedder.
trait Parameters: Described {
    /// What is wrong with them.
    fn check(&self) -> Problems;

    /// The shedder itself, as of the start of the run.
    fn shedder(&self) -> Shedder;
}

impl Shedding {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `codel.target`.
    pub fn check(&self) -> Result<(), Problems> {
        let problems = each_shedding!(self, shedding => shedding.check());
        problems.inside(self.name()).or_none()
    }

    /// The shedder itself, as of the start of the run.
    pub fn shedder(&self) -> Shedder {
        each_shedding!(self, shedding => shedding.shedder())
    }
}

impl Shedding {
    /// Whether it tells classes of requests from each other; otherwise all stand in one line.
    pub fn tells_classes(&self) -> bool {
        matches!(self, Self::Priority(_))
    }
}

impl Shedding {
    /// How long a request may wait and still be served; `None` if there is no such time.
    pub fn longest_wait(&self) -> Option<SimDuration> {
        match self {
            Self::AdaptiveTimeout(adaptive) => Some(adaptive.long),
            Self::QueueTimeout(timeout) => Some(timeout.timeout),
            Self::Codel(_) | Self::Patience(_) | Self::Priority(_) => None,
        }
    }

    /// How long each request waits at most, of its own accord.
    pub fn patience(&self) -> Option<&Distribution> {
        match self {
            Self::Patience(patience) => Some(&patience.patience),
            _ => None,
        }
    }

    /// How many may wait, if it says so.
    pub fn capacity(&self) -> Option<u32> {
        match self {
            Self::Priority(priority) => Some(priority.capacity),
            _ => None,
        }
    }
}

/// What becomes of a request that comes to the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It waits. If it still does when this much time has passed, it is shed; at that very instant,
    /// whichever of the two was known first happens.
    Keep(Option<SimDuration>),
    /// It waits, and the newest request of this less important class is shed in its place.
    Displace(usize),
    /// It is shed.
    Shed,
}

/// Which end of a queue is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Who has waited longest: first in, first out.
    #[default]
    Oldest,
    /// Who came last: last in, first out.
    Newest,
}

/// Whom a free worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// The class of which a request is taken.
    pub class: usize,
    /// From which end of the class's queue.
    pub end: End,
}

/// Whether a request that was taken from the queue is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is served.
    Serve,
    /// It is shed; its outcome is `rejected_shed`, and the worker takes the next.
    Shed,
}

/// A policy for a queue.
pub trait Manage {
    /// A request of this class comes to a queue in which so many of each class wait.
    fn enters(&mut self, _now: SimTime, _class: usize, _waiting: &[u32]) -> Entry {
        Entry::Keep(None)
    }

    /// A worker is free and so many of each class wait: whom it takes. `None` if nobody waits.
    fn next(&mut self, _now: SimTime, waiting: &[u32]) -> Option<Next> {
        let class = waiting.iter().position(|waiting| *waiting > 0)?;
        Some(Next { class, end: End::Oldest })
    }

    /// A request was taken that has waited so long; so many of each class are left.
    fn leaves(&mut self, _now: SimTime, _waited: SimDuration, _left: &[u32]) -> Verdict {
        Verdict::Serve
    }
}

/// A running shedder.
#[derive(Clone, Debug)]
pub enum Shedder {
    /// Folly's CoDel.
    Codel(CodelState),
    /// Facebook's adaptive timeout and adaptive LIFO.
    AdaptiveTimeout(AdaptiveTimeoutState),
    /// A timeout.
    QueueTimeout(queue_timeout::QueueTimeout),
    /// A patience of each request's own.
    Patience(patience::Waits),
    /// Classes.
    Priority(PriorityState),
}

macro_rules! each_shedder {
    ($value:expr, $shedder:ident => $body:expr) => {
        match $value {
            Shedder::Codel($shedder) => $body,
            Shedder::AdaptiveTimeout($shedder) => $body,
            Shedder::QueueTimeout($shedder) => $body,
            Shedder::Patience($shedder) => $body,
            Shedder::Priority($shedder) => $body,
        }
    };
}

impl Manage for Shedder {
    fn enters(&mut self, now: SimTime, class: usize, waiting: &[u32]) -> Entry {
        each_shedder!(self, shedder => shedder.enters(now, class, waiting))
    }

    fn next(&mut self, now: SimTime, waiting: &[u32]) -> Option<Next> {
        each_shedder!(self, shedder => shedder.next(now, waiting))
    }

    fn leaves(&mut self, now: SimTime, waited: SimDuration, left: &[u32]) -> Verdict {
        each_shedder!(self, shedder => shedder.leaves(now, waited, left))
    }
}

/// How long a queue may be next to the number of threads that serve it, after Google: at most half.
/// ("Site Reliability Engineering", chapter 22, Queue Management.)
pub const GOOGLE_QUEUE_TO_THREADS: f64 = 0.5;
