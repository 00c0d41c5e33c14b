//! Active health checks: each instance is asked at its interval, and its balancer is told.

use super::super::spec::{Model, ServiceId, ServiceSpec};
use super::Engine;
use super::calls::Origin;
use super::event::Event;
use super::front::Front;
use super::injection::Hit;
use crate::kernel::draw::{Component, lineage};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::HealthChecker;

/// The health checks of all services.
#[derive(Debug)]
pub(super) struct HealthChecks {
    /// Of each instance of each service that is checked.
    checked: Vec<Vec<Checked>>,
    /// What tells the checks of one service from those of another.
    sites: Vec<u64>,
}

/// An instance that is checked.
#[derive(Clone, Copy, Debug)]
struct Checked {
    checker: HealthChecker,
    /// How many checks were begun, and when the last one was.
    begun: u32,
    last: SimTime,
}

impl HealthChecks {
    pub(super) fn new(model: &Model) -> Self {
        let checked = |service: &ServiceSpec| {
            let check = service.balancer.health_check.as_ref()?;
            let new = Checked { checker: check.checker(), begun: 0, last: SimTime::ZERO };
            Some(vec![new; service.instances as usize])
        };
        let site = |service: &ServiceSpec| {
            Component::named(&format!("{} health checks", service.name)).id()
        };
        Self {
            checked: model.services.iter().map(|s| checked(s).unwrap_or_default()).collect(),
            sites: model.services.iter().map(site).collect(),
        }
    }
}

impl Engine<'_> {
    /// Schedules the first check of each instance, one after the other within an interval.
    pub(super) fn schedule_health_checks(&mut self) {
        for (service, checked) in self.health.checked.iter().enumerate() {
            for (instance, one) in checked.iter().enumerate() {
                let share = instance as f64 / checked.len() as f64;
                let first = SimTime::ZERO + one.checker.interval().mul_f64(share);
                let begins =
                    Event::HealthCheck { service: service as u16, instance: instance as u32 };
                self.queue.schedule_apart(first, begins);
            }
        }
    }

    /// An instance is asked whether it is well. Unless something holds it up, the answer is there
    /// at once.
    pub(super) fn health_check(&mut self, service: ServiceId, instance: u32) {
        let now = self.now;
        let checked = &mut self.health.checked[service.index()][instance as usize];
        checked.begun += 1;
        checked.last = now;
        let timeout = checked.checker.timeout();
        let hit = Hit {
            service,
            instance,
            edge: None,
            key: instance.into(),
            site: self.health.sites[service.index()],
            attempt: checked.begun,
        };
        if let Some(edge) = self.probes_of(service).and_then(|probes| probes.readiness) {
            let key = lineage(hit.key, hit.site, hit.attempt);
            let origin = Origin::Probe { of_life: false, service, instance };
            return self.start_call(edge, key, origin, SimDuration::ZERO);
        }
        let place = (self.first_instances[service.index()] + instance) as usize;
        let (up, is_silent) = (self.instances[place].up, self.instances[place].is_silent);
        if !up && is_silent {
            let ends = Event::HealthCheckEnds { well: false, service: service.0, instance };
            return self.queue.schedule_apart(now + timeout, ends);
        }
        if !up || self.injection.turns_away(self.model, hit, now).is_some() {
            return self.hear_of_health(service, instance, false);
        }
        if self.injection.cuts_off(self.model, &hit, now) {
            let ends = Event::HealthCheckEnds { well: false, service: service.0, instance };
            return self.queue.schedule_apart(now + timeout, ends);
        }
        let held_up = self.injection.holds_up(self.model, hit, now);
        if held_up.is_zero() {
            return self.hear_of_health(service, instance, true);
        }
        let well = held_up < timeout;
        let ends = Event::HealthCheckEnds { well, service: service.0, instance };
        self.queue.schedule_apart(now + held_up.min(timeout), ends);
    }

    /// A check was answered well or has failed. The next one begins an interval after it began, or
    /// now if that is over.
    pub(super) fn hear_of_health(&mut self, service: ServiceId, instance: u32, well: bool) {
        let checked = &mut self.health.checked[service.index()][instance as usize];
        let healthy = checked.checker.hear(well);
        let next = (checked.last + checked.checker.interval()).max(self.now);
        if let Front::Watched(watched) = &mut self.fronts[service.index()] {
            watched.answers_checks(self.now, instance, healthy);
        }
        self.queue.schedule_apart(next, Event::HealthCheck { service: service.0, instance });
    }
}
