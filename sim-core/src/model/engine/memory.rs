//! The memory of instances: who is killed, whose garbage is collected.

use super::super::machine::{Pressure, Used};
use super::super::spec::{Model, ServiceId};
use super::Engine;
use super::event::Event;
use super::meter::Meter;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;

/// The memory of all instances.
#[derive(Debug)]
pub(super) struct Memories {
    /// Of each instance of all services.
    instances: Vec<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    used: Used,
    /// Since when its garbage is collected, and until when.
    collecting: Option<(SimTime, SimTime)>,
}

impl Memories {
    pub(super) fn new(model: &Model) -> Self {
        let instances: u32 = model.services.iter().map(|service| service.instances).sum();
        let count = if model.memories.is_empty() { 0 } else { instances as usize };
        Self { instances: vec![State::default(); count] }
    }
}

impl Engine<'_> {
    /// A request has come into an instance, which may be too much for its memory or for that of its
    /// machine.
    pub(super) fn takes_memory(&mut self, service: ServiceId, instance: u32) {
        let Some(memory) = self.model.memory_of(service) else { return };
        let place = self.place_of_instance(service, instance);
        if !self.instances[place].up {
            return;
        }
        let inside = self.instances[place].inside;
        match memory.comes(&mut self.memories.instances[place].used, inside) {
            Pressure::None => {}
            Pressure::Killed => return self.is_killed(service, instance),
            Pressure::Collects(pause) => self.collects(service, instance, pause),
        }
        self.machine_may_kill(place);
    }

    fn is_killed(&mut self, service: ServiceId, instance: u32) {
        let Some(memory) = self.model.memory_of(service) else { return };
        let now = self.now;
        if let Some(meter) = self.memory_meter(service) {
            meter.arrives(now);
            meter.ends_untimed(Outcome::Overflow);
            meter.in_flight.down(now);
        }
        self.crash(service, instance, now + memory.restart);
    }

    /// The memory of a machine is full: its kernel kills whoever takes most of it.
    fn machine_may_kill(&mut self, place: usize) {
        let Some(machine) = self.machine_at(place) else { return };
        let Some(size) = self.memory_of_machine(machine) else { return };
        let mut taken = 0_u64;
        let mut largest = (0, None);
        for (service, instance) in self.tenants_of(machine) {
            let place = self.place_of_instance(service, instance);
            let Some(memory) = self.model.memory_of(service).filter(|_| self.instances[place].up)
            else {
                continue;
            };
            let used = &self.memories.instances[place].used;
            let own = memory.taken(used, self.instances[place].inside);
            taken = taken.saturating_add(own);
            if own > largest.0 {
                largest = (own, Some((service, instance)));
            }
        }
        if let (true, Some((service, instance))) = (taken > size.0, largest.1) {
            self.is_killed(service, instance);
        }
    }

    /// Nothing of an instance works while its garbage is collected.
    fn collects(&mut self, service: ServiceId, instance: u32, pause: SimDuration) {
        let place = self.place_of_instance(service, instance);
        let (now, until) = (self.now, self.now + pause);
        let collecting = &mut self.memories.instances[place].collecting;
        let under_way = *collecting;
        *collecting = match under_way {
            Some((since, other)) => Some((since, other.max(until))),
            None => Some((now, until)),
        };
        if let (None, Some(meter)) = (under_way, self.memory_meter(service)) {
            meter.arrives(now);
        }
        self.freezes(place, true);
        let (ServiceId(service), place) = (service, place as u32);
        self.queue.schedule_apart(until, Event::CollectionEnds { service, place });
    }

    /// The garbage of an instance has been collected, unless that took longer or its process is another.
    pub(super) fn collection_ends(&mut self, service: ServiceId, place: u32) {
        let place = place as usize;
        let collecting = self.memories.instances[place].collecting;
        if let Some((since, until)) = collecting
            && until == self.now
        {
            self.memories.instances[place].collecting = None;
            self.book_collection(service, since, Outcome::Ok);
            self.freezes(place, false);
        }
    }

    fn book_collection(&mut self, service: ServiceId, since: SimTime, outcome: Outcome) {
        let now = self.now;
        let Some(meter) = self.memory_meter(service) else { return };
        meter.ends(outcome, since, now);
        if outcome == Outcome::Ok {
            meter.was_good();
        }
        meter.in_flight.down(now);
    }

    fn memory_meter(&mut self, service: ServiceId) -> Option<&mut Meter> {
        let memory = self.model.memories.iter().position(|(of, _)| *of == service)?;
        Some(self.meters.memory(memory))
    }

    /// The process of an instance is a new one.
    pub(super) fn forget_memory(&mut self, service: ServiceId, place: usize) {
        let Some(state) = self.memories.instances.get_mut(place) else { return };
        if let Some((since, _)) = std::mem::take(state).collecting {
            self.book_collection(service, since, Outcome::Reset);
            self.freezes(place, false);
        }
    }

    /// The place of an instance among those of all services.
    fn place_of_instance(&self, service: ServiceId, instance: u32) -> usize {
        (self.first_instances[service.index()] + instance) as usize
    }
}
