//! Services whose instances come and go: what their autoscalers see, and what they do about it.

use super::super::spec::{Model, ScaledSpec, ServiceId};
use super::Engine;
use super::event::Event;
use super::front::Front;
use crate::kernel::SimTime;
use crate::policy::Outcome;
use crate::policy::autoscaler::{Metric, Scaler, Seen};

/// The autoscalers of a run.
#[derive(Debug)]
pub(super) struct Scaling(Vec<Scaled>);

/// A service that is scaled: so many of its instances, the first ones, are there.
#[derive(Debug)]
struct Scaled {
    scaler: Scaler,
    there: u32,
    /// Of each instance: from when on it is ready, if it is there.
    ready: Vec<SimTime>,
    /// What had been counted at the last look, and when that was.
    counted: u128,
    looked: SimTime,
}

impl Scaling {
    pub(super) fn new(model: &Model) -> Self {
        let scaled = |spec: &ScaledSpec| Scaled {
            scaler: spec.how.scaler(),
            there: spec.at_first,
            ready: vec![SimTime::ZERO; model.services[spec.service.index()].instances as usize],
            counted: 0,
            looked: SimTime::ZERO,
        };
        Self(model.scaled.iter().map(scaled).collect())
    }
}

impl Engine<'_> {
    /// Schedules the first look of each autoscaler.
    pub(super) fn schedule_scaling(&mut self) {
        for (place, spec) in self.model.scaled.iter().enumerate() {
            let place = place as u16;
            for _ in 0..spec.at_first {
                self.meters.instances(place).arrives(SimTime::ZERO);
            }
            self.queue.schedule_apart(SimTime::ZERO + spec.how.every(), Event::Scales { place });
        }
    }

    /// An autoscaler looks at its service.
    pub(super) fn scales(&mut self, place: u16) {
        let now = self.now;
        let spec = &self.model.scaled[usize::from(place)];
        let seen = self.seen_by_scaler(place, spec);
        let wanted = self.scaling.0[usize::from(place)].scaler.look(now, seen);
        let there = self.scaling.0[usize::from(place)].there;
        for instance in there..wanted {
            self.meters.instances(place).arrives(now);
            let ready = now + spec.how.bounds().start_up;
            self.scaling.0[usize::from(place)].ready[instance as usize] = ready;
            self.queue.schedule_apart(ready, Event::Joins { place, instance });
        }
        for instance in wanted..there {
            let meter = self.meters.instances(place);
            meter.in_flight.down(now);
            meter.ends(Outcome::Ok, now, now);
            meter.was_good();
            self.set_present(spec.service, instance, false);
        }
        self.scaling.0[usize::from(place)].there = wanted;
        self.queue.schedule_apart(now + spec.how.every(), Event::Scales { place });
    }

    /// What has happened since the last look.
    fn seen_by_scaler(&mut self, place: u16, spec: &ScaledSpec) -> Seen {
        let now = self.now;
        let (service, metric) = (spec.service, spec.how.metric());
        let meter = self.meters.service(service);
        let counted = match metric {
            Metric::Busy(_) => meter.busy_so_far(now),
            Metric::Requests(_) => u128::from(meter.arrivals_so_far()),
        };
        let scaled = &mut self.scaling.0[usize::from(place)];
        let since = now.since(std::mem::replace(&mut scaled.looked, now));
        let counted = counted - std::mem::replace(&mut scaled.counted, counted);
        let workers = self.model.services[service.index()].pools.iter();
        let workers: u32 = workers.filter_map(|pool| pool.workers).sum();
        let total = match metric {
            Metric::Busy(_) => {
                counted as f64 / (since.as_nanos() as f64 * f64::from(workers.max(1)))
            }
            Metric::Requests(_) => counted as f64 / since.as_secs_f64(),
        };
        let first = self.first_instances[service.index()] as usize;
        let there = scaled.ready[..scaled.there as usize].iter().zip(&self.instances[first..]);
        let ready = there.filter(|(ready, one)| **ready <= now && one.up).count() as u32;
        Seen { ready, unready: scaled.there - ready, total }
    }

    /// A new instance is ready, unless it has been taken away again.
    pub(super) fn joins(&mut self, place: u16, instance: u32) {
        let now = self.now;
        let service = self.model.scaled[usize::from(place)].service;
        let scaled = &self.scaling.0[usize::from(place)];
        if instance >= scaled.there || scaled.ready[instance as usize] != now {
            return;
        }
        let at = (self.first_instances[service.index()] + instance) as usize;
        self.instances[at].restarted = Some(now);
        // One that was taken away a moment ago still has what it has learnt, and requests.
        if self.instances[at].inside == 0 {
            self.forget_what_was_learnt(service, instance);
        }
        self.set_present(service, instance, true);
    }

    fn set_present(&mut self, service: ServiceId, instance: u32, is_present: bool) {
        if let Front::Watched(watched) = &mut self.fronts[service.index()] {
            watched.set_present(self.now, instance, is_present);
        }
    }

    /// As many instances are counted as there are, and nobody else may be chosen.
    #[cfg(debug_assertions)]
    pub(super) fn assert_scaling(&mut self) {
        for (place, spec) in self.model.scaled.iter().enumerate() {
            let Scaled { there, .. } = self.scaling.0[place];
            assert_eq!(self.meters.instances(place as u16).in_flight.get(), there);
            let bounds = spec.how.bounds();
            assert!((bounds.min.min(spec.at_first)..=bounds.max).contains(&there));
        }
    }
}
