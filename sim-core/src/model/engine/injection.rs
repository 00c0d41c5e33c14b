//! The faults that are active, and what they do to a request.

use super::super::spec::{EdgeId, FaultSpec, Model, ServiceId, Target};
use super::request::Details;
use crate::kernel::draw::{Component, KeyedDraws, Slot, lineage, unit_f64};
use crate::kernel::{SimDuration, SimTime};
use crate::model::RunSeed;
use crate::policy::Outcome;
use rand::Rng;

/// Which faults are active on which service, and their draws.
///
/// A fault draws from a component of its own, keyed by the call and the attempt: adding a fault
/// changes no other draw, and the same attempt is hit whatever the policy does elsewhere.
#[derive(Debug)]
pub(super) struct Injection {
    active: Vec<Vec<u16>>,
    /// How many are active on all services.
    running: usize,
    draws: Vec<KeyedDraws>,
    /// What tells the calls of one edge from those of another.
    sites: Vec<u64>,
}

/// What a fault may hit, named for its draws: an attempt, or a health check.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) service: ServiceId,
    /// The call, or the instance that is checked, and what tells it from those of others.
    pub(super) key: u64,
    pub(super) site: u64,
    pub(super) attempt: u32,
}

impl Injection {
    pub(super) fn new(model: &Model, seed: RunSeed) -> Self {
        let draws = |fault: &FaultSpec| {
            let component = Component::named(&format!("fault {}", fault.name));
            KeyedDraws::new(seed.seed, seed.replication, component)
        };
        Self {
            active: vec![Vec::new(); model.services.len()],
            running: 0,
            draws: model.faults.iter().map(draws).collect(),
            sites: model.edges.iter().map(|e| Component::named(&e.name).id()).collect(),
        }
    }

    /// A fault of a service starts.
    pub(super) fn start(&mut self, service: ServiceId, fault: u16) {
        self.active[service.index()].push(fault);
        self.running += 1;
    }

    /// A fault of a service is withdrawn.
    pub(super) fn end(&mut self, service: ServiceId, fault: u16) {
        let active = &mut self.active[service.index()];
        let before = active.len();
        active.retain(|f| *f != fault);
        self.running -= before - active.len();
    }

    /// Whether no fault is active anywhere.
    #[inline]
    pub(super) fn is_calm(&self) -> bool {
        self.running == 0
    }

    /// A request, as faults see it.
    #[inline]
    pub(super) fn hit(&self, edge: EdgeId, service: ServiceId, request: &Details) -> Hit {
        let site = self.sites[edge.index()];
        Hit { service, key: request.key, site, attempt: request.attempt }
    }

    /// Whether what reaches a service is turned away there, and how.
    #[inline]
    pub(super) fn turns_away(&self, model: &Model, hit: Hit, now: SimTime) -> Option<Outcome> {
        self.active[hit.service.index()].iter().find_map(|index| {
            let spec = &model.faults[usize::from(*index)];
            let (share, outcome) = spec.fault.turns_away(spec.intensity(now))?;
            self.hits(*index, hit, share).then_some(outcome)
        })
    }

    /// How long a request is held up before its first step, while it holds its worker.
    #[inline]
    pub(super) fn holds_up(&self, model: &Model, hit: Hit, now: SimTime) -> SimDuration {
        let mut held_up = SimDuration::ZERO;
        for index in &self.active[hit.service.index()] {
            let spec = &model.faults[usize::from(*index)];
            let (intensity, left) = (spec.intensity(now), spec.ends().since(now));
            held_up += spec.fault.holds_up(intensity, left, || self.block(*index, hit));
        }
        held_up
    }

    /// How many times as long work takes at a service.
    #[inline]
    pub(super) fn slowness(&self, model: &Model, service: ServiceId, now: SimTime) -> f64 {
        let mut slowness = 1.0;
        for index in &self.active[service.index()] {
            let spec = &model.faults[usize::from(*index)];
            slowness *= spec.fault.slowness(spec.intensity(now));
        }
        slowness
    }

    fn hits(&self, fault: u16, hit: Hit, share: f64) -> bool {
        share >= 1.0 || {
            let draw = self.block(fault, hit).slot(Slot::Branch).next_u64();
            unit_f64(draw) < share
        }
    }

    fn block(&self, fault: u16, hit: Hit) -> crate::kernel::draw::DrawBlock {
        self.draws[usize::from(fault)].block(lineage(hit.key, hit.site, 0), hit.attempt)
    }
}

/// The services' faults with the times at which they start and are withdrawn.
pub(super) fn on_services(model: &Model) -> impl Iterator<Item = (u16, ServiceId, &FaultSpec)> {
    model.faults.iter().enumerate().filter_map(|(index, fault)| match fault.target {
        Target::Service(service) => Some((index as u16, service, fault)),
        Target::Client(_) | Target::Link(_) => None,
    })
}
