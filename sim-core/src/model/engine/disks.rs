//! The disks of instances: what is left there, and what becomes of requests when one is full.

use super::super::machine::{Disk, Filled, WhenFull};
use super::super::spec::{Model, ServiceId};
use super::Engine;
use super::request::Request;
use crate::policy::Outcome;

/// The disks of all instances.
#[derive(Debug)]
pub(super) struct Disks {
    /// Of each instance of all services; empty where no service has any.
    instances: Vec<Filled>,
}

impl Disks {
    pub(super) fn new(model: &Model) -> Self {
        let instances: u32 = model.services.iter().map(|service| service.instances).sum();
        let count = if model.disks.is_empty() { 0 } else { instances as usize };
        Self { instances: vec![Filled::default(); count] }
    }
}

impl Engine<'_> {
    /// A request comes into an instance and leaves something on its disk; whether it is over with it.
    pub(super) fn finds_no_room(&mut self, request: u32) -> bool {
        let Request { instance, .. } = self.requests[request];
        let service = self.route_of(request).service;
        let Some(disk) = self.disk_of(service) else { return false };
        let place = (self.first_instances[service.index()] + instance) as usize;
        let now = self.now;
        if disk.comes(&mut self.disks.instances[place], now) {
            return false;
        }
        match disk.when_full {
            WhenFull::Drops => return false,
            WhenFull::Fails => self.turn_away(request, Outcome::ServerError),
            WhenFull::Dies => {
                self.crash(service, instance, now + disk.restart);
                self.turn_away(request, Outcome::Reset);
            }
        }
        true
    }

    fn disk_of(&self, service: ServiceId) -> Option<Disk> {
        self.model.disks.iter().find(|(of, _)| *of == service).map(|(_, disk)| *disk)
    }
}
