//! What every policy that can hold a call back has in common: breakers, bulkheads, limiters,
//! shedders.
//!
//! A gate is a state machine that knows no events. It is asked whether a call may pass and answers
//! *admit*, *reject* or *wait*; it hears how what it admitted ended; it says when it next wants to
//! be woken, and releases those who wait. Whoever drives it owns time: `now` never goes back.

use rand::Rng;

use super::outcome::Outcome;
use crate::kernel::{SimDuration, SimTime};

/// Names a call that asks: whoever drives the gate chooses it, and gives it to one call at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What an admitted call carries, so that the gate knows it again when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Which generation of the gate's state admitted it: a result of an older one is late.
    pub generation: u32,
    /// What else the gate wants to know again.
    pub mark: u32,
}

/// What a gate says to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Admit(Pass),
    /// Turned away; the call's outcome.
    Reject(Outcome),
    /// Wait until the gate releases the ticket.
    Wait,
}

/// How an admitted call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its outcome, as seen from the gate.
    pub outcome: Outcome,
    /// The time since it was admitted.
    pub took: SimDuration,
}

/// Those who waited and now have their answer, in the order in which they have it; never `Wait`.
pub type Released = Vec<(Ticket, Answer)>;

/// A policy that can hold a call back.
pub trait Gate {
    /// A call asks whether it may pass.
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, draws: &mut R) -> Answer;

    /// Lets a call pass as [`Self::ask`] would, if it can be told without a ticket, a class or a draw.
    /// `None` says nothing, and nothing is changed: the call has to ask.
    fn admits_at_once(&mut self, _now: SimTime) -> Option<Pass> {
        None
    }

    /// A call that was admitted has ended; whoever passes now is released.
    fn ended(&mut self, now: SimTime, pass: Pass, ending: Ending, released: &mut Released);

    /// A call that waits goes away: its caller gave up. It does nothing if it was released already.
    fn withdrawn(&mut self, _now: SimTime, _ticket: Ticket, _released: &mut Released) {}

    /// When the gate next wants to be woken, if at all. Asked after everything that is done to it.
    fn wakes_at(&self) -> Option<SimTime> {
        None
    }

    /// Whether it may ever want to be woken, whatever is done to it.
    fn may_wake(&self) -> bool {
        true
    }

    /// The time that [`Self::wakes_at`] named has come.
    fn wake(&mut self, _now: SimTime, _released: &mut Released) {}
}
