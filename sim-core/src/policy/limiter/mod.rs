//! Rate limiters: how many calls may pass in a time.
//!
//! A [`RateLimit`] is a limiter and, if wanted, its tiers: what calls of each class cost, how much
//! they must leave to others, or a limiter of their own. [`RateLimit::start`] makes the gate. At
//! the caller it turns away with `rejected_limit`; at the callee it answers 429, `throttled`, and
//! [`RateLimiter::retry_after`] is what the header of that name would say. What the caller makes of
//! that header is [`RetryAfter`].

use super::budget::started::started;
use super::gate::Ticket;
use super::problem::Problems;
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};

pub mod fixed_window;
pub mod leaky_bucket_meter;
pub mod leaky_bucket_queue;
mod reservations;
pub mod resilience4j;
mod retry_after;
pub mod sliding_counter;
pub mod sliding_log;
#[cfg(test)]
mod tests;
mod tiers;
pub mod token_bucket;

use reservations::Reservations;
pub use retry_after::{RetryAfter, RetryAfterHeader};
pub use tiers::{RateLimit, RateLimiter, Tier};

started! {
    ($)
    /// How many calls may pass in a time.
    pub enum Limiter as "rate-limiter", dispatch each_limiter;
    /// A limiter that runs.
    pub enum Limiting, dispatch each_machine;
    "token-bucket" => TokenBucket(token_bucket::TokenBucket) runs token_bucket::Tokens,
    "leaky-bucket-meter" =>
        LeakyBucketMeter(leaky_bucket_meter::LeakyBucketMeter) runs leaky_bucket_meter::Arrival,
    "leaky-bucket-queue" =>
        LeakyBucketQueue(leaky_bucket_queue::LeakyBucketQueue) runs leaky_bucket_queue::Queue,
    "fixed-window" => FixedWindow(fixed_window::FixedWindow) runs fixed_window::Window,
    "sliding-log" => SlidingLog(sliding_log::SlidingLog) runs sliding_log::Log,
    "sliding-counter" =>
        SlidingCounter(sliding_counter::SlidingCounter) runs sliding_counter::Windows,
    "resilience4j" => Resilience4j(resilience4j::Resilience4j) runs resilience4j::Cycles,
}

/// What a call wants of a limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// How many permits it takes.
    pub cost: u32,
    /// How many permits it must leave to others.
    pub leaves: u32,
}

impl Demand {
    /// One permit, and nothing for others.
    pub const ONE: Self = Self { cost: 1, leaves: 0 };

    /// How many permits there must be.
    fn permits(self) -> u64 {
        u64::from(self.cost) + u64::from(self.leaves)
    }
}

/// What a limiter says to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Asked {
    Admitted,
    TurnedAway,
    Waits,
}

/// The parameters of a limiter.
trait Limits: Described {
    /// What counts.
    type Machine: Counting;

    /// What is wrong with the parameters.
    fn check(&self) -> Problems;

    /// The most permits that a call can ever find; `None` if it finds as many as it wants, in time.
    fn most(&self) -> Option<u32>;

    /// The machine that follows them, from `now` on.
    fn start(&self, now: SimTime) -> Self::Machine;
}

/// What counts.
trait Counting {
    /// A call asks.
    fn ask(&mut self, now: SimTime, ticket: Ticket, demand: Demand) -> Asked;

    /// How long until a call that asks would pass, if no other asked before: zero if it would now,
    /// [`SimDuration::MAX`] if it never would.
    fn retry_after(&mut self, now: SimTime, demand: Demand) -> SimDuration;

    /// A call that waits goes away.
    fn withdrawn(&mut self, _now: SimTime, _ticket: Ticket) {}

    /// When to wake it.
    fn wakes_at(&self) -> Option<SimTime> {
        None
    }

    /// The time to wake it has come: those who pass now, and those who waited in vain.
    fn wake(&mut self, _now: SimTime, _woken: &mut Vec<(Ticket, bool)>) {}
}

impl Limiter {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `token-bucket.capacity`.
    pub fn check(&self) -> Result<(), Problems> {
        let problems = each_limiter!(self, limiter => limiter.check());
        problems.inside(self.name()).or_none()
    }

    fn most(&self) -> Option<u32> {
        each_limiter!(self, limiter => limiter.most())
    }
}

impl Limiting {
    pub(in crate::policy) fn ask(&mut self, now: SimTime, ticket: Ticket, demand: Demand) -> Asked {
        each_machine!(self, machine => machine.ask(now, ticket, demand))
    }

    /// How long until such a call would pass: zero if it would now, [`SimDuration::MAX`] if it
    /// never would.
    pub fn retry_after(&mut self, now: SimTime, demand: Demand) -> SimDuration {
        each_machine!(self, machine => machine.retry_after(now, demand))
    }

    fn withdrawn(&mut self, now: SimTime, ticket: Ticket) {
        each_machine!(self, machine => machine.withdrawn(now, ticket));
    }

    fn wakes_at(&self) -> Option<SimTime> {
        each_machine!(self, machine => machine.wakes_at())
    }

    fn wake(&mut self, now: SimTime, woken: &mut Vec<(Ticket, bool)>) {
        each_machine!(self, machine => machine.wake(now, woken));
    }
}

/// Notes a number of permits that is none.
fn note_if_none(problems: &mut Problems, field: &str, permits: u32) {
    problems.note_if(permits == 0, field, "must be above zero");
}

/// A number of nanoseconds that may be more than there are.
fn duration(nanos: u128) -> SimDuration {
    SimDuration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
