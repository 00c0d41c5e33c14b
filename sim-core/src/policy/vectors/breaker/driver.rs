//! Drives a breaker as a vector says.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;
use crate::policy::backoff::scripted::MIDDLE;
use crate::policy::breaker::{Breaker, BreakerMachine, BreakerState};
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};

/// A breaker, and the calls that are under way.
pub(super) struct Driver {
    pub(super) machine: BreakerMachine,
    in_flight: VecDeque<InFlight>,
    released: Released,
    tickets: u64,
}

struct InFlight {
    id: String,
    pass: Pass,
    admitted: SimTime,
}

/// The outcomes that vectors know.
pub(super) fn outcome(op: &str) -> Outcome {
    if op.ends_with("err") { Outcome::ServerError } else { Outcome::Ok }
}

/// A time that a vector gives in seconds.
pub(super) fn at(seconds: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(seconds)
}

impl Driver {
    pub(super) fn of(breaker: &Breaker) -> Result<Self, String> {
        let policy = breaker.resolve().map_err(|problems| problems.to_string())?;
        let machine = Arc::new(policy).start();
        Ok(Self { machine, in_flight: VecDeque::new(), released: Vec::new(), tickets: 0 })
    }

    /// Everything that is due until then happens.
    pub(super) fn until(&mut self, now: SimTime) {
        while let Some(due) = self.machine.wakes_at().filter(|due| *due <= now) {
            self.machine.wake(due, &mut self.released);
        }
    }

    /// A call asks; whether it may pass.
    pub(super) fn begin(&mut self, now: SimTime, id: &str) -> bool {
        self.until(now);
        self.tickets += 1;
        let answer = self.machine.ask(now, Ticket(self.tickets), &mut { MIDDLE });
        let Answer::Admit(pass) = answer else { return false };
        self.in_flight.push_back(InFlight { id: id.into(), pass, admitted: now });
        true
    }

    /// The call of this name ends.
    pub(super) fn end(&mut self, now: SimTime, id: &str, outcome: Outcome) -> Result<(), String> {
        self.until(now);
        let place = self.in_flight.iter().position(|call| call.id == id);
        let call = place.and_then(|place| self.in_flight.remove(place));
        let call = call.ok_or_else(|| format!("no call `{id}` is under way"))?;
        self.tell(now, call.pass, outcome, now.since(call.admitted));
        Ok(())
    }

    /// The oldest call under way, if there is one, and when it was admitted.
    pub(super) fn oldest(&self) -> Option<(String, SimTime)> {
        self.in_flight.front().map(|call| (call.id.clone(), call.admitted))
    }

    /// A call that ends at once, if it may pass; whether it did.
    pub(super) fn call(&mut self, now: SimTime, outcome: Outcome) -> bool {
        let called = self.begin(now, "");
        if called && let Some(call) = self.in_flight.pop_back() {
            self.tell(now, call.pass, outcome, SimDuration::ZERO);
        }
        called
    }

    /// The result of a call, however it was admitted.
    pub(super) fn tell(&mut self, now: SimTime, pass: Pass, outcome: Outcome, took: SimDuration) {
        self.until(now);
        self.machine.ended(now, pass, Ending { outcome, took }, &mut self.released);
    }

    /// The result of the oldest call under way, if there is one: the library is told results
    /// without being told whose.
    pub(super) fn tell_oldest(&mut self, now: SimTime, outcome: Outcome, took: SimDuration) {
        if self.in_flight.is_empty() {
            self.begin(now, "");
        }
        if let Some(call) = self.in_flight.pop_front() {
            self.tell(now, call.pass, outcome, took);
        }
    }

    /// Whether it is in the state of this name, however the library writes it.
    pub(super) fn state_is(&self, theirs: &str) -> Result<(), String> {
        let letters = |name: &str| name.replace(['-', '_'], "").to_lowercase();
        let ours = self.machine.state();
        match letters(ours.name()) == letters(theirs) {
            true => Ok(()),
            false => Err(format!("state is {ours:?}, not {theirs}")),
        }
    }

    pub(super) fn is_half_open(&self) -> bool {
        self.machine.state() == BreakerState::HalfOpen
    }
}
