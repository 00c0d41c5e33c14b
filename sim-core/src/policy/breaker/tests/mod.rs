//! What holds for breakers: each rule of the libraries that no vector shows, the bounds of each
//! parameter, and properties over random calls.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::kernel::SimTime;
use crate::policy::backoff::scripted::{Always, MIDDLE};
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use crate::policy::problem::Problems;

mod file;
mod late;
mod libraries;
mod properties;
mod shared;
mod time;

pub(super) fn resolve(breaker: Value) -> Result<BreakerPolicy, Problems> {
    serde_json::from_value::<Breaker>(breaker).unwrap().resolve()
}

pub(super) fn ms(n: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_millis(n)
}

/// A breaker on the bench; times are in milliseconds.
pub(super) struct Bench {
    pub(super) machine: BreakerMachine,
    pub(super) released: Released,
    tickets: u64,
}

pub(super) const ADMITTED: Option<bool> = Some(true);
pub(super) const REJECTED: Option<bool> = Some(false);
pub(super) const WAITS: Option<bool> = None;

impl Bench {
    pub(super) fn of(breaker: Value) -> Self {
        let machine = Arc::new(resolve(breaker).unwrap()).start();
        Self { machine, released: Vec::new(), tickets: 0 }
    }

    pub(super) fn ask(&mut self, at: u64) -> Answer {
        self.tickets += 1;
        self.machine.ask(ms(at), Ticket(self.tickets), &mut { MIDDLE })
    }

    /// Whether a call is admitted, rejected, or waits.
    pub(super) fn asks(&mut self, at: u64) -> Option<bool> {
        match self.ask(at) {
            Answer::Admit(_) => ADMITTED,
            Answer::Reject(outcome) => {
                assert_eq!(outcome, Outcome::RejectedBreaker);
                REJECTED
            }
            Answer::Wait => WAITS,
        }
    }

    pub(super) fn begin(&mut self, at: u64) -> Pass {
        let Answer::Admit(pass) = self.ask(at) else { panic!("not admitted at {at}") };
        pass
    }

    pub(super) fn ends_so(&mut self, at: u64, pass: Pass, outcome: Outcome) {
        let ending = Ending { outcome, took: SimDuration::ZERO };
        self.machine.ended(ms(at), pass, ending, &mut self.released);
    }

    pub(super) fn ends(&mut self, at: u64, pass: Pass, good: bool) {
        self.ends_so(at, pass, if good { Outcome::Ok } else { Outcome::ServerError });
    }

    /// A call that ends at once.
    pub(super) fn call(&mut self, at: u64, good: bool) -> BreakerState {
        let pass = self.begin(at);
        self.ends(at, pass, good);
        self.machine.state()
    }

    /// Calls at one time, `s` a success and `f` a failure.
    pub(super) fn calls(&mut self, at: u64, results: &str) -> BreakerState {
        for result in results.chars() {
            self.call(at, result == 's');
        }
        self.machine.state()
    }

    pub(super) fn wake(&mut self, at: u64) -> BreakerState {
        self.machine.wake(ms(at), &mut self.released);
        self.machine.state()
    }

    pub(super) fn state(&self) -> BreakerState {
        self.machine.state()
    }

    /// Those released since the last look: which tickets, and whether they were admitted.
    pub(super) fn released(&mut self) -> Vec<(u64, bool)> {
        let admitted = |answer| matches!(answer, Answer::Admit(_));
        self.released.drain(..).map(|(ticket, answer)| (ticket.0, admitted(answer))).collect()
    }
}

pub(super) use BreakerState::{Closed, HalfOpen, Open};
