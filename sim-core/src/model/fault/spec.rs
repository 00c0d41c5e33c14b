//! A fault in a model: when it is there, on what, and how it goes away.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fault, TargetKind};
use crate::kernel::{SimDuration, SimTime};
use crate::model::spec::{ClientId, EdgeId, LinkId, ServiceId};
use crate::model::watch::Watch;
use crate::policy::Problems;

/// A fault and its schedule.
#[derive(Clone, Debug)]
pub struct FaultSpec {
    /// Its name in the file.
    pub name: Arc<str>,
    /// When it starts.
    pub at: SimTime,
    /// How long it lasts.
    pub lasts: SimDuration,
    /// How long it takes from nothing to its full intensity; not above `lasts`.
    pub ramp: SimDuration,
    /// On which share of what it hits it is, stage by stage; all the time on all, if there are none.
    pub stages: Vec<Stage>,
    /// What it hits: whatever one of these names.
    pub targets: Vec<Target>,
    /// What it does.
    pub fault: Fault,
    /// Whether calls over connections that were opened before it started do not meet it.
    pub spares_open_connections: bool,
    /// How its withdrawal goes.
    pub withdrawal: Withdrawal,
    /// When it is withdrawn before its time.
    pub stop_when: Option<Watch>,
}

/// A part of the time of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The share of the calls (of a fault that kills: of the instances) that it is on, 0 to 1. A
    /// call that one stage hits is hit by every stage with a larger share, too.
    #[schemars(range(min = 0, max = 1))]
    pub share: f64,
    /// How long the stage lasts.
    #[serde(rename = "for")]
    pub lasts: SimDuration,
}

/// How a fault is withdrawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// The share of the runs in which it fails, 0 to 1; 1 is always.
    #[schemars(range(min = 0, max = 1))]
    pub fails: f64,
    /// What is left of the fault's intensity then, to the end of the run, 0 to 1. Of a fault that
    /// kills: the share of the dead instances that do not come back.
    #[serde(default = "whole")]
    #[schemars(range(min = 0, max = 1))]
    pub residue: f64,
}

fn whole() -> f64 {
    1.0
}

/// What a fault hits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// All instances of a service.
    Service(ServiceId),
    /// A population of clients.
    Client(ClientId),
    /// A link.
    Link(LinkId),
    /// A cache, by its place in the model.
    Cache(u16),
    /// A broker, by its place in the model.
    Broker(u16),
    /// Some of the instances of a service.
    Instances(ServiceId, Portion),
    /// Whichever instance of a replicated service is the primary when the fault comes to it.
    Primary(ServiceId),
    /// A share of the calls along an edge, 0 to 1: the same calls under every policy, with all
    /// their attempts.
    CallsAlong(EdgeId, f64),
    /// A share of the calls to a service, likewise.
    CallsTo(ServiceId, f64),
}

/// Some of the instances of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// The first so many.
    First(u32),
    /// Each of so many, starting from this one: those of a zone.
    Turn {
        /// The first, from 0.
        nth: u32,
        /// Every so many.
        of: u32,
    },
}

impl Portion {
    /// Whether an instance is among them.
    #[inline]
    pub fn holds(self, instance: u32) -> bool {
        match self {
            Self::First(number) => instance < number,
            Self::Turn { nth, of } => instance % of == nth,
        }
    }
}

impl Target {
    /// What kind of thing this is.
    pub fn kind(self) -> TargetKind {
        match self {
            Self::Service(_) => TargetKind::Service,
            Self::Client(_) => TargetKind::Client,
            Self::Link(_) => TargetKind::Link,
            Self::Cache(_) => TargetKind::Cache,
            Self::Broker(_) => TargetKind::Broker,
            Self::Instances(..) => TargetKind::Instances,
            Self::Primary(_) => TargetKind::Primary,
            Self::CallsAlong(..) | Self::CallsTo(..) => TargetKind::Traffic,
        }
    }

    /// The service that it is, or is a part of.
    pub fn service(self) -> Option<ServiceId> {
        match self {
            Self::Service(service)
            | Self::Instances(service, _)
            | Self::Primary(service)
            | Self::CallsTo(service, _) => Some(service),
            _ => None,
        }
    }
}

impl FaultSpec {
    /// A fault that is there at once and as a whole, and goes away as it should.
    pub fn new(
        name: impl Into<Arc<str>>,
        at: SimTime,
        lasts: SimDuration,
        target: Target,
        fault: Fault,
    ) -> Self {
        Self {
            name: name.into(),
            at,
            lasts,
            ramp: SimDuration::ZERO,
            stages: Vec::new(),
            targets: vec![target],
            fault,
            spares_open_connections: false,
            withdrawal: Withdrawal::default(),
            stop_when: None,
        }
    }

    /// When it is to be withdrawn.
    pub fn ends(&self) -> SimTime {
        self.at + self.lasts
    }

    /// Whether this is among what it hits.
    pub fn hits(&self, target: Target) -> bool {
        self.targets.contains(&target)
    }

    /// Whether more can be said of it than when it was there: it comes in stages, can be stopped, may
    /// stay, or hits less or more than a service, a link or a population of clients.
    pub fn is_experiment(&self) -> bool {
        let is_plain = |target: &Target| {
            !matches!(
                target,
                Target::Instances(..)
                    | Target::Primary(_)
                    | Target::CallsAlong(..)
                    | Target::CallsTo(..)
            )
        };
        !self.stages.is_empty()
            || self.stop_when.is_some()
            || self.withdrawal.fails > 0.0
            || self.targets.len() > 1
            || !self.targets.iter().all(is_plain)
    }

    /// How much of its full intensity it has at a time while it is active, 0 to 1: the ramp.
    pub fn intensity(&self, time: SimTime) -> f64 {
        let age = time.since(self.at);
        if age >= self.ramp {
            return 1.0;
        }
        age.as_nanos() as f64 / self.ramp.as_nanos() as f64
    }

    /// On which share of what it hits it is at a time: that of the stage. After the last stage, that
    /// of the last.
    pub fn share(&self, time: SimTime) -> f64 {
        let mut ends = self.at;
        for stage in &self.stages {
            ends += stage.lasts;
            if time < ends {
                return stage.share;
            }
        }
        self.stages.last().map_or(1.0, |stage| stage.share)
    }
}

impl Withdrawal {
    /// Checks the shares.
    ///
    /// # Errors
    /// Every one that is none.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        problems.within("fails", self.fails, 0.0, 1.0);
        problems.within("residue", self.residue, 0.0, 1.0);
        problems.or_none()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Refuse;
    use super::*;

    #[test]
    fn stages_follow_each_other_and_the_last_remains() {
        let seconds = SimDuration::from_secs;
        let at = |s| SimTime::ZERO + seconds(s);
        let fault = Fault::Refuse(Refuse { share: 1.0 });
        let target = Target::Service(ServiceId(0));
        let mut fault = FaultSpec::new("f", at(10), seconds(30), target, fault);
        assert_eq!(fault.share(at(20)), 1.0);
        fault.stages = [0.1, 0.5, 0.8].map(|share| Stage { share, lasts: seconds(10) }).to_vec();
        let shares = [10, 19, 20, 29, 30, 39, 40].map(|s| fault.share(at(s)));
        assert_eq!(shares, [0.1, 0.1, 0.5, 0.5, 0.8, 0.8, 0.8]);
    }

    #[test]
    fn zones_take_instances_in_turn() {
        let zone = Portion::Turn { nth: 1, of: 3 };
        let held: Vec<u32> = (0..8).filter(|i| zone.holds(*i)).collect();
        assert_eq!(held, [1, 4, 7]);
        assert_eq!((0..8).filter(|i| Portion::First(2).holds(*i)).count(), 2);
    }
}
