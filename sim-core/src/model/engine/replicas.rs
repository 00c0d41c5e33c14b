//! Primaries and replicas: writes on their way to the replicas, failovers, what is lost by them, reads
//! that are stale.

use std::collections::VecDeque;

use super::super::replication::{Commit, Role};
use super::super::spec::{EffectId, Model, ServiceId};
use super::Engine;
use super::event::Event;
use super::front::Front;
use super::request::{NONE, Request, Stage};
use super::steps::Next;
use crate::kernel::SimTime;
use crate::kernel::draw::Slot;
use crate::policy::Outcome;

/// The replicated services of a run.
#[derive(Debug)]
pub(super) struct Replicas {
    groups: Vec<Group>,
    /// Of each service: its place in `groups`.
    of_services: Vec<Option<u16>>,
}

/// The instances of a replicated service.
#[derive(Debug, Default)]
struct Group {
    primary: u32,
    /// When the primary died, if it is dead and nobody has taken its place.
    died: Option<SimTime>,
    /// Whether the time has come to take its place, and nobody was there who could.
    is_vacant: bool,
    /// What the replicas do not have yet, the oldest first.
    log: VecDeque<Write>,
    /// When they have all of it.
    shipped: SimTime,
}

/// Something that the primary has and the replicas do not.
#[derive(Clone, Copy, Debug)]
struct Write {
    there: SimTime,
    /// The request that wrote it, as long as that is in the primary.
    request: u32,
    is_acknowledged: bool,
    key: u64,
    change: Option<Change>,
}

/// An effect that has come about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) effect: EffectId,
    /// For what, if it was for the first time.
    pub(super) to: Option<u64>,
    /// With which idempotency key, if that was new.
    pub(super) idempotency: Option<u64>,
}

impl Replicas {
    pub(super) fn new(model: &Model) -> Self {
        let place = |service: usize| {
            let of =
                |spec: &super::super::replication::ReplicationSpec| spec.service.index() == service;
            model.replications.iter().position(of).map(|place| place as u16)
        };
        let of_services = match model.replications.is_empty() {
            true => Vec::new(),
            false => (0..model.services.len()).map(place).collect(),
        };
        Self { groups: model.replications.iter().map(|_| Group::default()).collect(), of_services }
    }

    fn of(&self, service: ServiceId) -> Option<u16> {
        self.of_services.get(service.index()).copied().flatten()
    }

    /// The primary of a service, if it is replicated.
    pub(super) fn primary_of(&self, service: ServiceId) -> Option<u32> {
        Some(self.groups[usize::from(self.of(service)?)].primary)
    }
}

impl Engine<'_> {
    /// The replicated service of a request's endpoint, and by whom that is served.
    fn replicated(&self, request: u32) -> Option<(u16, Role)> {
        let route = self.route_of(request);
        let group = self.replicas.of(route.service)?;
        let spec = &self.model.replications[usize::from(group)];
        Some((group, spec.role_of(route.endpoint)))
    }

    /// Whether a request that would write has come to an instance that is not the primary.
    pub(super) fn is_read_only(&self, request: u32) -> bool {
        let Request { instance, .. } = self.requests[request];
        self.replicated(request).is_some_and(|(group, role)| {
            role == Role::Primary && self.replicas.groups[usize::from(group)].primary != instance
        })
    }

    /// The handler of a request has written: it ends, or waits for the replicas.
    pub(super) fn replicates(&mut self, request: u32) -> Next {
        let after = Next::Step(self.requests[request].step + 1);
        let Some((group, _)) = self.replicated(request) else { return after };
        let there = self.logs(request, group, None);
        let how = &self.model.replications[usize::from(group)].how;
        if how.commit == Commit::Asynchronous {
            return after;
        }
        self.requests[request].step += 1;
        self.requests[request].stage = Stage::GoesOn;
        self.schedule_for(request, there, Event::WorkDone { request });
        Next::Waits
    }

    /// An effect that a request has brought about is on its way to the replicas, if it was the primary
    /// that did.
    pub(super) fn logs_change(&mut self, request: u32, change: Change) {
        if let Some((group, Role::Primary)) = self.replicated(request) {
            self.logs(request, group, Some(change));
        }
    }

    /// Puts something into the log of a primary; when the replicas have it.
    fn logs(&mut self, request: u32, group: u16, change: Option<Change>) -> SimTime {
        let spec = &self.model.replications[usize::from(group)];
        let lag = spec.how.lag.sample(&mut self.block_of_present_step(request).slot(Slot::Demand));
        let key = self.about(request).key;
        let request = self.owner_of(request);
        let now = self.now;
        let state = &mut self.replicas.groups[usize::from(group)];
        let there = (now + lag).max(state.shipped);
        state.shipped = there;
        state.log.push_back(Write { there, request, is_acknowledged: false, key, change });
        if change.is_none() {
            self.meters.replicas(group).queue.up(now);
        }
        self.queue.schedule_apart(there, Event::Replicated { group });
        there
    }

    /// The replicas have what has come to them by now.
    pub(super) fn replicated_by_now(&mut self, group: u16) {
        let now = self.now;
        let state = &mut self.replicas.groups[usize::from(group)];
        while state.died.is_none()
            && let Some(write) = state.log.front().filter(|write| write.there <= now)
        {
            if write.change.is_none() {
                self.meters.replicas(group).queue.down(now);
            }
            state.log.pop_front();
        }
    }

    /// A request leaves an instance of a replicated service, and ends so there.
    pub(super) fn leaves_replicas(&mut self, request: u32, outcome: Outcome) {
        let Some((group, role)) = self.replicated(request) else { return };
        let good = matches!(outcome, Outcome::Ok | Outcome::Degraded);
        let Request { instance, .. } = self.requests[request];
        let state = &mut self.replicas.groups[usize::from(group)];
        if role == Role::Primary {
            for write in state.log.iter_mut().filter(|write| write.request == request) {
                write.request = NONE;
                write.is_acknowledged = good;
            }
        } else if good && instance != state.primary {
            let key = self.abouts.key_of(request);
            let misses = |write: &Write| write.is_acknowledged && write.key == key;
            let is_stale = state.log.iter().any(misses);
            self.counts_at_replicas(group, if is_stale { Outcome::Degraded } else { Outcome::Ok });
        }
    }

    fn counts_at_replicas(&mut self, group: u16, outcome: Outcome) {
        let now = self.now;
        let meter = self.meters.replicas(group);
        meter.arrives(now);
        meter.in_flight.down(now);
        meter.ends(outcome, now, now);
        if outcome == Outcome::Ok {
            meter.was_good();
        }
    }

    /// Whether an effect that has come about is not yet known where a request is handled.
    pub(super) fn is_not_there_yet(&self, request: u32, effect: EffectId, to: u64) -> bool {
        let Some((group, _)) = self.replicated(request) else { return false };
        let state = &self.replicas.groups[usize::from(group)];
        let is_it =
            |change: Change| change.effect == effect && change.to.is_some_and(|own| own == to);
        state.primary != self.requests[request].instance
            && state.log.iter().any(|write| write.change.is_some_and(is_it))
    }

    /// An instance has died; if it was the primary of its service, another takes its place after a while.
    pub(super) fn primary_may_have_died(&mut self, service: ServiceId, instance: u32) {
        let Some(group) = self.replicas.of(service) else { return };
        let now = self.now;
        let state = &mut self.replicas.groups[usize::from(group)];
        if state.primary == instance && state.died.is_none() {
            state.died = Some(now);
            let failover = self.model.replications[usize::from(group)].how.failover;
            self.queue.schedule_apart(now + failover, Event::FailsOver { group });
        }
    }

    /// The time has come to take the place of a primary, unless it came back meanwhile.
    pub(super) fn fails_over(&mut self, group: u16) {
        let spec = &self.model.replications[usize::from(group)];
        let state = &mut self.replicas.groups[usize::from(group)];
        let is_due = |died: SimTime| died + spec.how.failover == self.now;
        if !state.died.is_some_and(is_due) {
            return;
        }
        let first = self.first_instances[spec.service.index()];
        let instances = self.model.services[spec.service.index()].instances;
        let is_up = |instance: &u32| self.instances[(first + instance) as usize].up;
        match (0..instances).find(is_up) {
            Some(instance) => self.promotes(group, instance),
            None => state.is_vacant = true,
        }
    }

    /// An instance has come up: it may be the primary that was waited for, or take its place.
    pub(super) fn replica_is_up(&mut self, service: ServiceId, instance: u32) {
        let Some(group) = self.replicas.of(service) else { return };
        let state = &mut self.replicas.groups[usize::from(group)];
        let Some(died) = state.died else { return };
        if state.primary != instance {
            if state.is_vacant {
                self.promotes(group, instance);
            }
            return;
        }
        (state.died, state.is_vacant) = (None, false);
        let missed = self.now.since(died);
        for write in &mut state.log {
            write.there += missed;
            self.queue.schedule_apart(write.there, Event::Replicated { group });
        }
        state.shipped += missed;
    }

    /// A replica takes the place of the primary: what had not come to it is lost.
    fn promotes(&mut self, group: u16, instance: u32) {
        let now = self.now;
        let state = &mut self.replicas.groups[usize::from(group)];
        let log = std::mem::take(&mut state.log);
        let died = state.died.take().unwrap_or(now);
        state.is_vacant = false;
        state.primary = instance;
        state.shipped = now;
        for write in log {
            if write.change.is_none() {
                self.meters.replicas(group).queue.down(now);
            }
            // What came at the instant of the death did come.
            if write.there <= died {
                continue;
            }
            let outcome = if write.is_acknowledged { Outcome::Lost } else { Outcome::Reset };
            match write.change {
                Some(change) => self.is_undone(change, outcome),
                None => self.counts_at_replicas(group, outcome),
            }
        }
        let spec = &self.model.replications[usize::from(group)];
        if let Front::Watched(watched) = &mut self.fronts[spec.service.index()] {
            let algorithm = &self.model.services[spec.service.index()].balancer.algorithm;
            watched.promote(now, instance, algorithm);
        }
    }

    /// What is counted as on its way to the replicas is.
    #[cfg(debug_assertions)]
    pub(super) fn assert_replicas(&mut self) {
        for (group, state) in self.replicas.groups.iter().enumerate() {
            let writes = state.log.iter().filter(|write| write.change.is_none()).count();
            let counted = self.meters.replicas(group as u16).queue.get();
            assert_eq!(counted as usize, writes, "writes on their way to the replicas");
        }
    }
}
