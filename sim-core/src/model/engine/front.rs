//! The balancers in front of the services, and who is ejected from them.

use super::super::replication::Role;
use super::super::spec::{EdgeId, Model, ServiceId, ServiceSpec};
use super::Engine;
use super::calls::Origin;
use super::event::Event;
use super::guards::LazyDraws;
use super::request::{Details, Request};
use super::roles::{Caller, Roles};
use super::slab::Beside;
use crate::kernel::SimTime;
use crate::kernel::draw::{Component, KeyedDraws};
use crate::model::RunSeed;
use crate::policy::Outcome;
use crate::policy::balancing::{Algorithm, Balancing, CallerZones, HostBalancer};
use crate::policy::breaker::outlier::OutlierMachine;
use rand::Rng;
use std::sync::Arc;

/// The balancer in front of a service, seen by all its callers.
#[derive(Debug)]
pub(super) enum Front {
    /// The only instance, which nobody watches: there is nothing to choose.
    Single,
    /// Each instance in turn, and nobody watches them: nothing needs to be counted.
    InTurn { instances: u32, next: u32 },
    /// Whatever needs to know more.
    Watched(Box<Watched>),
}

/// A balancer that knows its hosts.
#[derive(Debug)]
pub(super) struct Watched {
    balancer: HostBalancer,
    outliers: Option<Outliers>,
    /// Whether each instance answers health checks.
    answers_checks: Vec<bool>,
    /// Of a replicated service: what callers know of its primary.
    roles: Option<Roles>,
}

/// Outlier detection over the instances of a service.
#[derive(Debug)]
struct Outliers {
    machine: OutlierMachine,
    of_results: KeyedDraws,
    of_sweeps: KeyedDraws,
    sweeps: u64,
}

impl Front {
    /// The balancers in front of all services.
    pub(super) fn all(model: &Model, seed: RunSeed) -> Vec<Self> {
        (0..model.services.len()).map(|id| Self::of(model, ServiceId(id as u16), seed)).collect()
    }

    fn of(model: &Model, id: ServiceId, seed: RunSeed) -> Self {
        let service = &model.services[id.index()];
        let instances = service.instances;
        match instances {
            _ if Self::is_watched(model, id) => {
                let (zones, count) = (model.zones.of_service(id), model.zones.count);
                let mut watched = Watched {
                    balancer: service.balancer.balancer_in_zones(instances, zones, count),
                    outliers: Outliers::of(service, seed),
                    answers_checks: vec![true; instances as usize],
                    roles: model.replication_of(id).map(|spec| Roles::new(spec, model)),
                };
                if watched.roles.is_some() {
                    watched.balancer.set_apart(SimTime::ZERO, 0, &service.balancer.algorithm);
                }
                if let Some(scaled) = model.scaled_of(id) {
                    for absent in scaled.at_first..instances {
                        watched.set_present(SimTime::ZERO, absent, false);
                    }
                }
                Self::Watched(Box::new(watched))
            }
            1 => Self::Single,
            _ => Self::InTurn { instances, next: 0 },
        }
    }

    /// Whether the balancer of a service needs to know what becomes of requests.
    pub(super) fn is_watched(model: &Model, id: ServiceId) -> bool {
        let service = &model.services[id.index()];
        let in_turn = matches!(service.balancer.algorithm, Algorithm::RoundRobin(_));
        let chooses = service.instances > 1 && !in_turn;
        let Balancing { outlier, health_check, zone_aware, .. } = &service.balancer;
        let changes = model.replication_of(id).is_some() || model.scaled_of(id).is_some();
        chooses || changes || outlier.is_some() || health_check.is_some() || zone_aware.is_some()
    }

    /// Chooses an instance for a request, which is outstanding there from now on; `None` if there
    /// is none to choose.
    #[inline(always)]
    pub(super) fn choose<'z, R: Rng>(
        &mut self,
        now: SimTime,
        caller: (EdgeId, impl FnOnce() -> Caller),
        key: impl FnOnce() -> u64,
        callers: impl FnOnce() -> Option<&'z CallerZones>,
        draws: &mut R,
    ) -> Option<u32> {
        match self {
            Self::Single => Some(0),
            Self::InTurn { instances, next } => {
                let turn = *next;
                *next = if turn + 1 == *instances { 0 } else { turn + 1 };
                Some(turn)
            }
            Self::Watched(watched) => watched.choose(now, caller, key, callers, draws),
        }
    }

    /// A request for which this instance was chosen is not sent, or not yet.
    pub(super) fn take_back(&mut self, instance: u32) {
        if let Self::Watched(watched) = self {
            watched.balancer.take_back(instance);
        }
    }

    /// A request for which this instance was chosen before is sent.
    pub(super) fn send_to(&mut self, now: SimTime, instance: u32) {
        if let Self::Watched(watched) = self {
            watched.balancer.send_to(now, instance);
        }
    }

    /// A request to this instance, sent then, is no longer outstanding.
    #[inline]
    pub(super) fn done(&mut self, now: SimTime, instance: u32, sent: SimTime) {
        if let Self::Watched(watched) = self {
            watched.balancer.done(now, instance, now.since(sent));
        }
    }

    /// What is outstanding, if that is counted.
    #[cfg(debug_assertions)]
    pub(super) fn outstanding(&self) -> Option<u32> {
        let Self::Watched(watched) = self else { return None };
        Some(watched.balancer.hosts().views().iter().map(|view| view.outstanding).sum())
    }
}

impl Outliers {
    fn of(service: &ServiceSpec, seed: RunSeed) -> Option<Self> {
        let policy = service.balancer.outlier.as_ref()?.resolve().ok()?;
        let draws = |purpose: &str| {
            let component = Component::named(&format!("{} {purpose}", service.name));
            KeyedDraws::new(seed.seed, seed.replication, component)
        };
        Some(Self {
            machine: Arc::new(policy).start(service.instances as usize),
            of_results: draws("outliers"),
            of_sweeps: draws("sweeps"),
            sweeps: 0,
        })
    }
}

impl Watched {
    /// Chooses where there is more to it than whose turn it is: apart, so that a service without a
    /// choice costs nothing.
    #[inline(never)]
    fn choose<'z, R: Rng>(
        &mut self,
        now: SimTime,
        (edge, caller): (EdgeId, impl FnOnce() -> Caller),
        key: impl FnOnce() -> u64,
        callers: impl FnOnce() -> Option<&'z CallerZones>,
        draws: &mut R,
    ) -> Option<u32> {
        match &self.roles {
            Some(roles) if roles.of(edge) != Role::Any => {
                self.choose_by_role((now, edge), caller(), key(), draws)
            }
            _ => self.balancer.choose_for(now, Some(key()), callers(), draws),
        }
    }

    /// Chooses the primary as the caller knows it, or a replica.
    #[cold]
    fn choose_by_role<R: Rng>(
        &mut self,
        (now, edge): (SimTime, EdgeId),
        caller: Caller,
        key: u64,
        draws: &mut R,
    ) -> Option<u32> {
        let roles = self.roles.as_ref()?;
        if roles.of(edge) == Role::Replica {
            return self.balancer.choose_other(now, Some(key), draws);
        }
        let primary = roles.primary(now, caller);
        self.balancer.send_to(now, primary);
        Some(primary)
    }

    /// An instance is one of those to choose from, or is so no more.
    pub(super) fn set_present(&mut self, now: SimTime, instance: u32, is_present: bool) {
        self.balancer.set_present(now, instance, is_present);
    }

    /// From now on this is the primary.
    pub(super) fn promote(&mut self, now: SimTime, instance: u32, algorithm: &Algorithm) {
        if let Some(roles) = &mut self.roles {
            roles.promote(now, instance);
            self.balancer.set_apart(now, instance, algorithm);
        }
    }

    /// An attempt with this key has ended so.
    fn told(&mut self, now: SimTime, instance: u32, outcome: Outcome, (key, attempt): (u64, u32)) {
        let Some(Outliers { machine, of_results, .. }) = &mut self.outliers else { return };
        let mut draws = LazyDraws::new(of_results, key, attempt);
        if machine.result(now, instance as usize, outcome, &mut draws) {
            self.balancer.set_healthy(now, instance, false);
        }
    }

    /// Whether an instance answers health checks is known anew.
    pub(super) fn answers_checks(&mut self, now: SimTime, instance: u32, answers: bool) {
        let index = instance as usize;
        let before = std::mem::replace(&mut self.answers_checks[index], answers);
        let is_ejected = self.outliers.as_ref().is_some_and(|o| o.machine.is_ejected(index));
        if before != answers && !is_ejected {
            self.balancer.set_healthy(now, instance, answers);
        }
    }

    /// A sweep is due; when the next one is.
    fn sweep(&mut self, now: SimTime) -> Option<SimTime> {
        let Outliers { machine, of_sweeps, sweeps, .. } = self.outliers.as_mut()?;
        machine.sweep(now, &mut LazyDraws::new(of_sweeps, *sweeps, 0));
        *sweeps += 1;
        for instance in 0..self.balancer.hosts().views().len() {
            let healthy = !machine.is_ejected(instance) && self.answers_checks[instance];
            self.balancer.set_healthy(now, instance as u32, healthy);
        }
        Some(machine.wakes_at())
    }
}

/// Whom algorithms that hash a key keep together: the calls of one client or user or, of handlers,
/// those for one request.
pub(super) fn affinity(origin: Origin, details: &Beside<Details>) -> u64 {
    match origin {
        Origin::Client { client, user } => u64::from(client.0) << 32 | u64::from(user),
        Origin::Handler { request } => details[request].key,
        Origin::Broker { message } => u64::from(message),
        Origin::Probe { instance, .. } => u64::from(instance),
        Origin::Layer { call, .. } => u64::from(call),
    }
}

impl Engine<'_> {
    /// Schedules the first sweep of each outlier detection.
    pub(super) fn schedule_sweeps(&mut self) {
        for (service, front) in self.fronts.iter().enumerate() {
            if let Front::Watched(watched) = front
                && let Some(outliers) = &watched.outliers
            {
                let sweep = Event::Sweeps { service: service as u16 };
                self.queue.schedule_apart(outliers.machine.wakes_at(), sweep);
            }
        }
    }

    /// A sweep of an outlier detection is due.
    pub(super) fn sweep(&mut self, service: ServiceId) {
        let Front::Watched(watched) = &mut self.fronts[service.index()] else { return };
        if let Some(next) = watched.sweep(self.now) {
            self.queue.schedule_apart(next, Event::Sweeps { service: service.0 });
        }
    }

    /// The outlier detection of a service hears how an attempt has ended for its caller. One that
    /// the caller has given up for reasons of its own says nothing of the instance.
    #[inline]
    pub(super) fn tell_outliers(&mut self, request: u32, outcome: Outcome) {
        let Request { instance, edge, .. } = self.requests[request];
        let service = self.routes[edge.index()].service;
        if let Front::Watched(watched) = &mut self.fronts[service.index()]
            && outcome != Outcome::Cancelled
        {
            let Details { key, attempt, .. } = self.details[request];
            let key = key ^ self.sites[edge.index()];
            watched.told(self.now, instance, outcome, (key, attempt));
        }
    }
}
