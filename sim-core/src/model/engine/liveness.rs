//! Probes that ask an endpoint, and those that restart an instance which does not answer.

use super::super::spec::{Liveness, Model, ProbeSpec, ServiceId};
use super::Engine;
use super::calls::Origin;
use super::event::Event;
use super::injection::Hit;
use crate::kernel::draw::{Component, lineage};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::{HealthChecker, Outcome};

/// The liveness probes of all instances.
#[derive(Debug)]
pub(super) struct Lives {
    /// Of each service, and of each instance of those that are probed.
    probed: Vec<Vec<Probed>>,
    /// What tells the probes of one service from those of another.
    sites: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Probed {
    checker: HealthChecker,
    begun: u32,
    last: SimTime,
}

impl Lives {
    pub(super) fn new(model: &Model) -> Self {
        let mut probed: Vec<Vec<Probed>> = vec![Vec::new(); model.services.len()];
        for spec in &model.probes {
            if let Some(liveness) = &spec.liveness {
                let checker = liveness.check.checker();
                let new = Probed { checker, begun: 0, last: SimTime::ZERO };
                let instances = model.services[spec.service.index()].instances as usize;
                probed[spec.service.index()] = vec![new; instances];
            }
        }
        let site = |name: &str| Component::named(&format!("{name} liveness probes")).id();
        Self { probed, sites: model.services.iter().map(|s| site(&s.name)).collect() }
    }
}

impl<'m> Engine<'m> {
    /// Schedules the first probe of each instance, one after the other within an interval.
    pub(super) fn schedule_liveness_probes(&mut self) {
        for (service, probed) in self.liveness.probed.iter().enumerate() {
            for (instance, one) in probed.iter().enumerate() {
                let share = instance as f64 / probed.len() as f64;
                let first = SimTime::ZERO + one.checker.interval().mul_f64(share);
                let (service, instance) = (service as u16, instance as u32);
                self.queue.schedule_apart(first, Event::LivenessProbe { service, instance });
            }
        }
    }

    /// An instance is asked whether it is alive; one that is down is not.
    pub(super) fn liveness_probe(&mut self, service: ServiceId, instance: u32) {
        let now = self.now;
        let place = (self.first_instances[service.index()] + instance) as usize;
        let probed = &mut self.liveness.probed[service.index()][instance as usize];
        probed.begun += 1;
        probed.last = now;
        let begun = probed.begun;
        if !self.instances[place].up {
            return self.next_liveness_probe(service, instance);
        }
        let Some(liveness) = self.liveness_of(service) else { return };
        if let Some(edge) = liveness.edge {
            let key = lineage(instance.into(), self.liveness.sites[service.index()], begun);
            let origin = Origin::Probe { of_life: true, service, instance };
            return self.start_call(edge, key, origin, SimDuration::ZERO);
        }
        let site = self.liveness.sites[service.index()];
        let key = u64::from(instance);
        let hit = Hit { service, instance, edge: None, key, site, attempt: begun };
        let answers = self.injection.turns_away(self.model, hit, now).is_none();
        self.hear_of_life(service, instance, answers);
    }

    /// A probe has been answered so, or not.
    pub(super) fn probe_ends(
        &mut self,
        of_life: bool,
        service: ServiceId,
        instance: u32,
        outcome: Outcome,
    ) {
        // A degraded answer is one.
        let answers = !outcome.is_failure();
        match of_life {
            true => self.hear_of_life(service, instance, answers),
            false => self.hear_of_health(service, instance, answers),
        }
    }

    fn hear_of_life(&mut self, service: ServiceId, instance: u32, answers: bool) {
        let now = self.now;
        let probed = &mut self.liveness.probed[service.index()][instance as usize];
        let lives = probed.checker.hear(answers);
        if !lives && let Some(liveness) = self.liveness_of(service) {
            if self.may_restart_one(service, liveness) {
                self.crash(service, instance, now + liveness.restart);
            }
            // Whoever is restarted, or spared, is asked anew.
            self.liveness.probed[service.index()][instance as usize].checker =
                liveness.check.checker();
        }
        self.next_liveness_probe(service, instance);
    }

    /// The next one begins an interval after the last began, or now if that is over.
    fn next_liveness_probe(&mut self, service: ServiceId, instance: u32) {
        let Probed { checker, last, .. } = self.liveness.probed[service.index()][instance as usize];
        let next = (last + checker.interval()).max(self.now);
        self.queue.schedule_apart(next, Event::LivenessProbe { service: service.0, instance });
    }

    /// Whether one more may be down.
    fn may_restart_one(&self, service: ServiceId, liveness: &Liveness) -> bool {
        let count = self.model.services[service.index()].instances;
        let first = self.first_instances[service.index()] as usize;
        let down = self.instances[first..first + count as usize].iter().filter(|one| !one.up);
        f64::from(down.count() as u32 + 1) <= liveness.at_most_down * f64::from(count)
    }

    /// What the probes of a service ask and do.
    pub(super) fn probes_of(&self, service: ServiceId) -> Option<&'m ProbeSpec> {
        self.model.probes.iter().find(|spec| spec.service == service)
    }

    fn liveness_of(&self, service: ServiceId) -> Option<&'m Liveness> {
        self.probes_of(service)?.liveness.as_ref()
    }
}
