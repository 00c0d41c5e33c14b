//! Adaptive concurrency limits: how many calls may be under way at once is learnt from how long
//! they take.

use rand::Rng;

use super::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use super::problem::Problems;
use crate::catalogue::{Described, registry};
use crate::kernel::SimTime;

pub mod aimd;
mod circllhist;
pub mod envoy_gradient;
pub mod fixed;
pub mod gradient2;
mod limiter;
pub mod vegas;
pub mod window;

#[cfg(test)]
mod tests;

pub use envoy_gradient::Controller;
pub use limiter::{Estimate, Limiter, Sample};

registry! {
    ($)
    /// How many calls may be under way at once, learnt from how long they take.
    pub enum ConcurrencyLimit as "concurrency-limit", dispatch each_limit {
        "fixed" => Fixed(fixed::Fixed),
        "aimd" => Aimd(aimd::Aimd),
        "vegas" => Vegas(vegas::Vegas),
        "gradient2" => Gradient2(gradient2::Gradient2),
        "envoy-gradient" => EnvoyGradient(envoy_gradient::EnvoyGradient),
    }
}

/// The parameters of a concurrency limit.
trait Parameters: Described {
    /// What is wrong with them.
    fn check(&self) -> Problems;

    /// The limit itself, with no call under way.
    fn gate(&self) -> ConcurrencyGate;
}

impl ConcurrencyLimit {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `aimd.backoff_ratio`.
    pub fn check(&self) -> Result<(), Problems> {
        let problems = each_limit!(self, limit => limit.check());
        problems.inside(self.name()).or_none()
    }

    /// The lowest that the limit can be.
    pub fn least(&self) -> u32 {
        match self {
            Self::Fixed(fixed) => fixed.limit,
            Self::Aimd(aimd) => aimd.min_limit,
            Self::Vegas(_) => 1,
            Self::Gradient2(gradient) => gradient.min_limit,
            Self::EnvoyGradient(gradient) => gradient.min_concurrency,
        }
    }

    /// The limit itself, with no call under way, as of the start of the run.
    pub fn gate(&self) -> ConcurrencyGate {
        each_limit!(self, limit => limit.gate())
    }
}

/// A running concurrency limit. Those it turns away end as `rejected_limit`; nobody waits.
#[derive(Clone, Debug)]
pub enum ConcurrencyGate {
    /// Netflix's: the limit moves with the calls that end.
    Limiter(Box<Limiter>),
    /// Envoy's: the limit moves with time.
    Controller(Box<Controller>),
}

macro_rules! each_gate {
    ($value:expr, $gate:ident => $body:expr) => {
        match $value {
            ConcurrencyGate::Limiter($gate) => $body,
            ConcurrencyGate::Controller($gate) => $body,
        }
    };
}

impl ConcurrencyGate {
    /// How many calls may be under way at once, at this moment.
    pub fn limit(&self) -> u32 {
        each_gate!(self, gate => gate.limit())
    }

    /// How many calls are under way.
    pub fn running(&self) -> u32 {
        each_gate!(self, gate => gate.running())
    }
}

impl Gate for ConcurrencyGate {
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, draws: &mut R) -> Answer {
        each_gate!(self, gate => gate.ask(now, ticket, draws))
    }

    fn ended(&mut self, now: SimTime, pass: Pass, ending: Ending, released: &mut Released) {
        each_gate!(self, gate => gate.ended(now, pass, ending, released));
    }

    fn wakes_at(&self) -> Option<SimTime> {
        each_gate!(self, gate => gate.wakes_at())
    }

    fn wake(&mut self, now: SimTime, released: &mut Released) {
        each_gate!(self, gate => gate.wake(now, released));
    }
}

/// Notes limits that contradict each other.
fn check_limits(problems: &mut Problems, initial: u32, (min, max): (u32, u32)) {
    problems.note_if(min == 0, "min_limit", "must be at least 1");
    let below = format_args!("must not be below `min_limit`, {min}");
    problems.note_if(max < min, "max_limit", below);
    let within = (min..=max).contains(&initial) || max < min;
    problems.note_if(!within, "initial_limit", format_args!("must be from {min} to {max}"));
}
