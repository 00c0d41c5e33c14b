//! What can be injected: one file a fault, with its parameters, its checks, its behaviour and the
//! rule that it follows.

mod bandwidth;
mod crash;
mod deploy;
mod dns;
mod drop;
mod errors;
mod hang;
mod latency;
mod loss;
mod outage;
mod partition;
mod refuse;
mod reset;
mod slow;
mod spec;
mod spike;
mod stall;
pub(crate) mod wire;

pub use bandwidth::Bandwidth;
pub use crash::Crash;
pub use deploy::Deploy;
pub use dns::{Dns, OldAddress, StaleDns};
pub use drop::Drop;
pub use errors::Errors;
pub use hang::Hang;
pub use latency::Latency;
pub use loss::Loss;
pub use outage::{Held, Outage};
pub use partition::Partition;
pub use refuse::Refuse;
pub use reset::Reset;
pub use slow::Slow;
pub use spec::{FaultSpec, Portion, Stage, Target, Withdrawal};
pub use spike::Spike;
pub use stall::Stall;
pub use wire::Direction;

use super::network;
use crate::catalogue::registry;
use crate::kernel::{DrawBlock, SimDuration};
use crate::policy::Outcome;
use crate::policy::problem::Problems;
use wire::{Fate, Message, OnWire};

registry! {
    ($)
    /// What is injected.
    pub enum Fault as "fault", dispatch each_fault {
        "refuse" => Refuse(Refuse),
        "hang" => Hang(Hang),
        "slow" => Slow(Slow),
        "errors" => Errors(Errors),
        "crash" => Crash(Crash),
        "deploy" => Deploy(Deploy),
        "spike" => Spike(Spike),
        "outage" => Outage(Outage),
        "latency" => Latency(Latency),
        "loss" => Loss(Loss),
        "bandwidth" => Bandwidth(Bandwidth),
        "stall" => Stall(Stall),
        "reset" => Reset(Reset),
        "drop" => Drop(Drop),
        "partition" => Partition(Partition),
        "dns" => Dns(Dns),
        "stale-dns" => StaleDns(StaleDns),
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
    /// Some of the instances of a service: `on = { instances = { of = "…", share = 0.5 } }`.
    Instances,
    /// The primary of a replicated service: `on = { primary = "…" }`.
    Primary,
    /// A cache: `on = { cache = "…" }`.
    Cache,
    /// A broker: `on = { broker = "…" }`.
    Broker,
    /// A share of the calls: `on = { traffic = { of = "…", share = 0.1 } }`.
    Traffic,
}

/// What a fault inside instances can hit.
const SERVED: &[TargetKind] = &[TargetKind::Service, TargetKind::Instances, TargetKind::Traffic];

/// What a fault of the network can hit: the messages of a link, or those to and from all, some or a
/// share of the requests of a service.
const NETWORK: &[TargetKind] =
    &[TargetKind::Link, TargetKind::Service, TargetKind::Instances, TargetKind::Traffic];

/// What a fault does to the requests of the service that it hits. The intensity goes from 0 to 1
/// along the ramp of the fault.
pub(crate) trait Injected {
    /// What it can hit; the first is what it usually does.
    const TARGETS: &'static [TargetKind];

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

    /// Whether health checks of what it hits get no answer.
    fn cuts_health_checks(&self) -> bool {
        false
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

    /// What kinds of things it can hit, the usual one first.
    pub fn targets(&self) -> &'static [TargetKind] {
        fn of<F: Injected>(_: &F) -> &'static [TargetKind] {
            F::TARGETS
        }
        each_fault!(self, fault => of(fault))
    }

    /// Whether it happens on the way to what it hits there, and not inside.
    pub(crate) fn is_on_the_wire(&self, target: Target) -> bool {
        self.targets().first() == Some(&TargetKind::Link) || target.kind() == TargetKind::Link
    }

    pub(super) fn befalls(&self, message: &Message<'_>, fate: &mut Fate) {
        each_fault!(self, fault => fault.befalls(message, fate));
    }

    pub(super) fn loses(&self, intensity: f64) -> Option<(network::Loss, Direction)> {
        each_fault!(self, fault => fault.loses(intensity))
    }

    pub(super) fn cuts_health_checks(&self) -> bool {
        each_fault!(self, fault => fault.cuts_health_checks())
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

impl OnWire for Hang {}
impl OnWire for Slow {}
impl OnWire for Errors {}
impl OnWire for Crash {}
impl OnWire for Spike {}

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
