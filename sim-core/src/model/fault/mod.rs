//! What can be injected: one file a fault, with its parameters, its checks, its behaviour and the
//! rule that it follows.

mod crash;
mod errors;
mod hang;
mod refuse;
mod slow;
mod spike;

pub use crash::Crash;
pub use errors::Errors;
pub use hang::Hang;
pub use refuse::Refuse;
pub use slow::Slow;
pub use spike::Spike;

use super::spec::Target;
use crate::catalogue::registry;
use crate::kernel::{DrawBlock, SimDuration};
use crate::policy::Outcome;
use crate::policy::problem::Problems;

registry! {
    ($)
    /// What is injected.
    pub enum Fault as "fault", dispatch each_fault {
        "refuse" => Refuse(Refuse),
        "hang" => Hang(Hang),
        "slow" => Slow(Slow),
        "errors" => Errors(Errors),
        "crash" => Crash(Crash),
        "spike" => Spike(Spike),
    }
}

/// What kind of thing a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A service: `on = { service = "…" }`.
    Service,
    /// A population of clients: `on = { client = "…" }`.
    Client,
    /// A link: `on = { link = "…" }`.
    Link,
}

impl Target {
    /// What kind of thing this is.
    pub fn kind(self) -> TargetKind {
        match self {
            Self::Service(_) => TargetKind::Service,
            Self::Client(_) => TargetKind::Client,
            Self::Link(_) => TargetKind::Link,
        }
    }
}

/// What a fault does to the requests of the service that it hits. The intensity goes from 0 to 1
/// along the ramp of the fault.
pub(crate) trait Injected {
    /// What it can hit.
    const TARGET: TargetKind;

    /// The mistakes in its parameters.
    fn check(&self) -> Problems;

    /// The share of the requests that it turns away as they reach the service, and how.
    fn turns_away(&self, _intensity: f64) -> Option<(f64, Outcome)> {
        None
    }

    /// How long it holds a request up before its first step, while the request holds its worker;
    /// `left` is the time until the fault is withdrawn.
    fn holds_up(
        &self,
        _intensity: f64,
        _left: SimDuration,
        _draws: impl FnOnce() -> DrawBlock,
    ) -> SimDuration {
        SimDuration::ZERO
    }

    /// How many times as long work takes.
    fn slowness(&self, _intensity: f64) -> f64 {
        1.0
    }
}

impl Fault {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `slow.factor`.
    pub fn check(&self) -> Result<(), Problems> {
        each_fault!(self, fault => fault.check()).inside(self.name()).or_none()
    }

    /// What kind of thing it hits.
    pub fn target(&self) -> TargetKind {
        fn of<F: Injected>(_: &F) -> TargetKind {
            F::TARGET
        }
        each_fault!(self, fault => of(fault))
    }

    #[inline]
    pub(super) fn turns_away(&self, intensity: f64) -> Option<(f64, Outcome)> {
        each_fault!(self, fault => fault.turns_away(intensity))
    }

    #[inline]
    pub(super) fn holds_up(
        &self,
        intensity: f64,
        left: SimDuration,
        draws: impl FnOnce() -> DrawBlock,
    ) -> SimDuration {
        each_fault!(self, fault => fault.holds_up(intensity, left, draws))
    }

    #[inline]
    pub(super) fn slowness(&self, intensity: f64) -> f64 {
        each_fault!(self, fault => fault.slowness(intensity))
    }
}

/// Notes a share that is none.
fn check_share(problems: &mut Problems, field: &str, share: f64) {
    problems.note_if(!(0.0..=1.0).contains(&share), field, "must be a share from 0 to 1");
}

/// Notes a factor below 1.
fn check_factor(problems: &mut Problems, field: &str, factor: f64) {
    let wrong = !(factor >= 1.0 && factor.is_finite());
    problems.note_if(wrong, field, "must be a finite factor of at least 1");
}

/// The default of a share: all, and of a factor: no change.
fn one() -> f64 {
    1.0
}
