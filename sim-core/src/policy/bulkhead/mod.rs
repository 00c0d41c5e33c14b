//! Bulkheads: how many calls may be under way at once, and what becomes of the others.

use rand::Rng;

use super::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use super::problem::Problems;
use crate::catalogue::{Described, registry};
use crate::kernel::SimTime;

pub mod cockatiel;
pub mod semaphore;
mod slots;
pub mod thread_pool;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

pub use slots::Slots;
pub use thread_pool::Threads;

registry! {
    ($)
    /// How many calls may be under way at once, and what becomes of the others.
    pub enum Bulkhead as "bulkhead", dispatch each_bulkhead {
        "semaphore" => Semaphore(semaphore::Semaphore),
        "thread-pool" => ThreadPool(thread_pool::ThreadPool),
        "cockatiel" => Cockatiel(cockatiel::Cockatiel),
    }
}

/// The parameters of a bulkhead.
trait Parameters: Described {
    /// What is wrong with them.
    fn check(&self) -> Problems {
        Problems::default()
    }

    /// How many calls may be under way at once.
    fn most_at_once(&self) -> u32;

    /// The bulkhead itself, empty.
    fn gate(&self) -> BulkheadGate;
}

impl Bulkhead {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `thread-pool.max_threads`.
    pub fn check(&self) -> Result<(), Problems> {
        let problems = each_bulkhead!(self, bulkhead => bulkhead.check());
        problems.inside(self.name()).or_none()
    }

    /// How many calls may be under way at once.
    pub fn most_at_once(&self) -> u32 {
        each_bulkhead!(self, bulkhead => bulkhead.most_at_once())
    }

    /// The bulkhead itself, empty, as of the start of the run.
    pub fn gate(&self) -> BulkheadGate {
        each_bulkhead!(self, bulkhead => bulkhead.gate())
    }
}

/// A running bulkhead. Those it turns away end as `rejected_bulkhead`.
#[derive(Clone, Debug)]
pub enum BulkheadGate {
    /// So many slots, and a queue before them.
    Slots(Slots),
    /// Threads that are started as they are needed.
    Threads(Threads),
}

macro_rules! each_gate {
    ($value:expr, $gate:ident => $body:expr) => {
        match $value {
            BulkheadGate::Slots($gate) => $body,
            BulkheadGate::Threads($gate) => $body,
        }
    };
}

impl BulkheadGate {
    /// How many calls are under way.
    pub fn running(&self) -> u32 {
        each_gate!(self, gate => gate.running())
    }

    /// How many calls wait.
    pub fn waiting(&self) -> usize {
        each_gate!(self, gate => gate.waiting())
    }
}

impl Gate for BulkheadGate {
    #[inline]
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, draws: &mut R) -> Answer {
        each_gate!(self, gate => gate.ask(now, ticket, draws))
    }

    #[inline]
    fn admits_at_once(&mut self, now: SimTime) -> Option<Pass> {
        each_gate!(self, gate => gate.admits_at_once(now))
    }

    #[inline]
    fn ended(&mut self, now: SimTime, pass: Pass, ending: Ending, released: &mut Released) {
        each_gate!(self, gate => gate.ended(now, pass, ending, released));
    }

    fn withdrawn(&mut self, now: SimTime, ticket: Ticket, released: &mut Released) {
        each_gate!(self, gate => gate.withdrawn(now, ticket, released));
    }

    #[inline]
    fn wakes_at(&self) -> Option<SimTime> {
        each_gate!(self, gate => gate.wakes_at())
    }

    fn may_wake(&self) -> bool {
        each_gate!(self, gate => gate.may_wake())
    }

    fn wake(&mut self, now: SimTime, released: &mut Released) {
        each_gate!(self, gate => gate.wake(now, released));
    }
}
