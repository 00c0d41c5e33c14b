//! Throttles: gates that learn from how calls end how many of them to let through.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::budget::started::started;
use super::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use super::outcome::Outcome;
use super::problem::Problems;
use crate::catalogue::Described;
use crate::kernel::SimTime;

pub mod aws_adaptive;
mod cubic;
pub mod envoy_admission_control;
mod filling;
pub mod google;
mod rate_clocker;
mod recent;
#[cfg(test)]
mod tests;

pub(in crate::policy) use cubic::Cubic;
pub(in crate::policy) use filling::Filling;
pub(in crate::policy) use rate_clocker::RateClocker;
pub(in crate::policy) use recent::{Recent, note_if_too_short};

started! {
    ($)
    /// How a client lets fewer calls through when they fail.
    pub enum Throttle as "throttle", dispatch each_throttle;
    /// A throttle that runs.
    pub enum Throttling, dispatch each_machine;
    "aws-adaptive" => AwsAdaptive(aws_adaptive::AwsAdaptive) runs aws_adaptive::ClientRateLimiter,
    "envoy-admission-control" =>
        EnvoyAdmissionControl(envoy_admission_control::EnvoyAdmissionControl)
        runs envoy_admission_control::Controller,
    "google" => Google(google::Google) runs google::Adaptive,
}

/// Where a gate stands, and so what becomes of those it turns away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// At the caller: nothing goes out.
    #[default]
    Caller,
    /// At the callee: a request has come, and is answered at once.
    Callee,
}

/// The parameters of a throttle.
trait Throttles: Described {
    /// What learns.
    type Machine: Learning;

    /// What is wrong with the parameters.
    fn check(&self) -> Problems;

    /// The machine that follows them, from `now` on.
    fn start(&self, now: SimTime) -> Self::Machine;
}

/// What learns from how calls end.
trait Learning {
    /// A call asks; a throttle that turns calls away takes one draw.
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, draws: &mut R) -> Asked;

    /// The probability that the next call is turned away.
    fn probability(&mut self, _now: SimTime) -> f64 {
        0.0
    }

    /// A call that was admitted has ended so.
    fn ended(&mut self, now: SimTime, outcome: Outcome, released: &mut Released);

    /// A call that waits goes away.
    fn withdrawn(&mut self, _now: SimTime, _ticket: Ticket) {}

    /// When to wake it.
    fn wakes_at(&self) -> Option<SimTime> {
        None
    }

    /// The time to wake it has come.
    fn wake(&mut self, _now: SimTime, _released: &mut Released) {}
}

/// What a throttle says to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Admitted,
    TurnedAway,
    Waits,
}

impl Throttle {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `google.k`.
    pub fn check(&self) -> Result<(), Problems> {
        let problems = each_throttle!(self, throttle => throttle.check());
        problems.inside(self.name()).or_none()
    }
}

impl Throttling {
    /// The throttle as a gate that stands on this side: it turns away with `rejected_limit` at the
    /// caller, and with `rejected_shed` at the callee.
    pub fn on(self, side: Side) -> ThrottleGate {
        let rejection = match side {
            Side::Caller => Outcome::RejectedLimit,
            Side::Callee => Outcome::RejectedShed,
        };
        ThrottleGate { throttling: self, rejection }
    }
}

/// A throttle that stands somewhere.
#[derive(Clone, Debug)]
pub struct ThrottleGate {
    throttling: Throttling,
    rejection: Outcome,
}

impl ThrottleGate {
    /// The probability that the next call is turned away; 0 for one that only lets calls wait.
    pub fn probability(&mut self, now: SimTime) -> f64 {
        each_machine!(&mut self.throttling, machine => machine.probability(now))
    }
}

impl Gate for ThrottleGate {
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, draws: &mut R) -> Answer {
        match each_machine!(&mut self.throttling, machine => machine.ask(now, ticket, draws)) {
            Asked::Admitted => Answer::Admit(Pass::default()),
            Asked::TurnedAway => Answer::Reject(self.rejection),
            Asked::Waits => Answer::Wait,
        }
    }

    fn ended(&mut self, now: SimTime, _pass: Pass, ending: Ending, released: &mut Released) {
        let outcome = ending.outcome;
        each_machine!(&mut self.throttling, machine => machine.ended(now, outcome, released));
    }

    fn withdrawn(&mut self, now: SimTime, ticket: Ticket, _released: &mut Released) {
        each_machine!(&mut self.throttling, machine => machine.withdrawn(now, ticket));
    }

    fn wakes_at(&self) -> Option<SimTime> {
        each_machine!(&self.throttling, machine => machine.wakes_at())
    }

    fn wake(&mut self, now: SimTime, released: &mut Released) {
        each_machine!(&mut self.throttling, machine => machine.wake(now, released));
    }
}

/// Notes outcomes that are listed, but by mistake: none at all.
fn note_if_empty(problems: &mut Problems, field: &str, outcomes: &[Outcome]) {
    problems.note_if(outcomes.is_empty(), field, "names no outcome: every call would count as bad");
}
