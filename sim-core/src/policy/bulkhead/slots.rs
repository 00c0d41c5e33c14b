//! So many slots and a fair queue before them: a semaphore, as most bulkheads are.

use std::collections::VecDeque;

use rand::Rng;

use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};

/// A bulkhead of slots with a first-in-first-out queue before them.
#[derive(Clone, Debug)]
pub struct Slots {
    slots: u32,
    running: u32,
    room: Room,
    queue: VecDeque<Waiting>,
}

/// Who may wait, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) enum Room {
    /// Anybody, for this long.
    ForAtMost(SimDuration),
    /// So many, for as long as it takes.
    ForSoMany(u32),
}

/// A call in the queue, and until when it stays there.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    until: SimTime,
}

impl Slots {
    pub(super) fn new(slots: u32, room: Room) -> Self {
        Self { slots, running: 0, room, queue: VecDeque::new() }
    }

    /// How many calls are under way.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// How many calls wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Until when a call that asks now may wait; `None` if it may not.
    fn waits_until(&self, now: SimTime) -> Option<SimTime> {
        match self.room {
            Room::ForAtMost(wait) => (!wait.is_zero()).then(|| now + wait),
            Room::ForSoMany(places) => (self.queue.len() < places as usize).then_some(SimTime::MAX),
        }
    }

    #[inline]
    fn admit_those_who_wait(&mut self, released: &mut Released) {
        while self.running < self.slots && !self.queue.is_empty() {
            self.admit_first(released);
        }
    }

    #[inline(never)]
    fn admit_first(&mut self, released: &mut Released) {
        if let Some(first) = self.queue.pop_front() {
            self.running += 1;
            released.push((first.ticket, Answer::Admit(Pass::default())));
        }
    }
}

impl Gate for Slots {
    #[inline]
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, _draws: &mut R) -> Answer {
        if let Some(pass) = self.admits_at_once(now) {
            return Answer::Admit(pass);
        }
        match self.waits_until(now) {
            Some(until) => {
                self.queue.push_back(Waiting { ticket, until });
                Answer::Wait
            }
            None => Answer::Reject(Outcome::RejectedBulkhead),
        }
    }

    #[inline]
    fn admits_at_once(&mut self, _now: SimTime) -> Option<Pass> {
        // A free slot means that nobody waits: whoever frees one hands it on.
        let is_free = self.running < self.slots;
        self.running += u32::from(is_free);
        is_free.then(Pass::default)
    }

    #[inline]
    fn ended(&mut self, _now: SimTime, _pass: Pass, _ending: Ending, released: &mut Released) {
        debug_assert!(self.running > 0, "an end without a start");
        self.running -= 1;
        self.admit_those_who_wait(released);
    }

    fn withdrawn(&mut self, _now: SimTime, ticket: Ticket, _released: &mut Released) {
        // From the front: who has waited longest is the likeliest to give up.
        if let Some(place) = self.queue.iter().position(|waiting| waiting.ticket == ticket) {
            self.queue.remove(place);
        }
    }

    #[inline]
    fn wakes_at(&self) -> Option<SimTime> {
        // All wait equally long, so the first in the queue is the first to have waited too long.
        self.queue.front().map(|first| first.until).filter(|until| *until < SimTime::MAX)
    }

    fn may_wake(&self) -> bool {
        matches!(self.room, Room::ForAtMost(wait) if !wait.is_zero())
    }

    fn wake(&mut self, now: SimTime, released: &mut Released) {
        while self.queue.front().is_some_and(|first| first.until <= now)
            && let Some(first) = self.queue.pop_front()
        {
            released.push((first.ticket, Answer::Reject(Outcome::RejectedBulkhead)));
        }
    }
}
