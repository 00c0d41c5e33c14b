//! Machines, and who runs on them.

use sim_core::model::machine::{Disk, Memory, Tenant};
use sim_core::model::spec::{MachineSpec, ServiceId};

use super::{Compiler, id};
use crate::document::Service;
use crate::tree::Place;

impl Compiler<'_, '_> {
    pub(super) fn machines(&mut self) -> Vec<MachineSpec> {
        let document = self.document;
        for (name, service) in &document.services {
            self.check_share_of_machine(service, &Place::keys(["services", name]));
        }
        let mut machines = Vec::new();
        for (name, machine) in &document.machines {
            let place = Place::keys(["machines", name]);
            for (key, value) in [("cores", machine.cores), ("speed", machine.speed)] {
                self.check_above_zero(&place.key(key), value);
            }
            machines.push(MachineSpec {
                name: name.as_str().into(),
                count: machine.count,
                cores: machine.cores,
                speed: machine.speed,
                memory: machine.memory,
                tenants: tenants(document.services.values(), name),
            });
        }
        machines
    }

    /// The memory of the services for which it matters.
    pub(super) fn memories(&mut self) -> Vec<(ServiceId, Memory)> {
        let document = self.document;
        let mut memories = Vec::new();
        for (index, (name, service)) in document.services.iter().enumerate() {
            let Some(memory) = service.memory else { continue };
            let place = Place::keys(["services", name, "memory"]);
            if memory.restart.is_zero() {
                self.error(&place.key("restart"), "a restart takes some time");
            }
            if memory.collector.is_some() && service.runs_on.is_none() {
                let title = "while garbage is collected nothing works on the machine, and the \
                             service runs on none";
                self.error(&place.key("collector"), title)
                    .helps
                    .push("say where: `runs_on = …`, with `[machines.X]`".to_owned());
            }
            let at_rest = memory.base.0;
            let limits = [
                ("limit", memory.limit),
                ("collector.heap", memory.collector.map(|collector| collector.heap)),
            ];
            for (key, limit) in limits.into_iter().filter_map(|(key, limit)| Some((key, limit?))) {
                if at_rest >= limit.0 {
                    let title = format!("the service takes {} without a request", memory.base);
                    self.error(&place.dotted(key), title);
                }
            }
            memories.push((ServiceId(id(index)), memory));
        }
        memories
    }

    /// The disks of the services for which they matter.
    pub(super) fn disks(&mut self) -> Vec<(ServiceId, Disk)> {
        let document = self.document;
        let mut disks = Vec::new();
        for (index, (name, service)) in document.services.iter().enumerate() {
            let Some(disk) = service.disk else { continue };
            let place = Place::keys(["services", name, "disk"]);
            if disk.base > disk.size {
                let title = format!("{} are taken of {}", disk.base, disk.size);
                self.error(&place.key("base"), title);
            }
            for (key, time) in
                [("emptied_every", disk.emptied_every), ("restart", Some(disk.restart))]
            {
                if time.is_some_and(|time| time.is_zero()) {
                    self.error(&place.key(key), "must be above zero");
                }
            }
            disks.push((ServiceId(id(index)), disk));
        }
        disks
    }

    /// How many instances of the services that say so have to stay up.
    pub(super) fn least_up(&mut self) -> Vec<(ServiceId, u32)> {
        let document = self.document;
        let mut all = Vec::new();
        for (index, (name, service)) in document.services.iter().enumerate() {
            let Some(least) = service.min_available else { continue };
            if least > service.instances {
                let place = Place::keys(["services", name, "min_available"]);
                let title = format!("`{name}` has {} instances, not {least}", service.instances);
                self.error(&place, title);
            }
            all.push((ServiceId(id(index)), least));
        }
        all
    }

    fn check_share_of_machine(&mut self, service: &Service, place: &Place) {
        let shares = [("cpu_limit", service.cpu_limit), ("cpu_shares", service.cpu_shares)];
        for (key, value) in shares.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            let place = place.key(key);
            self.check_above_zero(&place, value);
            if service.runs_on.is_none() {
                self.error(
                    &place,
                    format!("`{key}` is of a machine, and the service runs on none"),
                )
                .helps
                .push("say where: `runs_on = …`, with `[machines.X]`".to_owned());
            }
        }
    }

    fn check_above_zero(&mut self, place: &Place, value: f64) {
        if !(value > 0.0 && value.is_finite()) {
            self.error(place, "must be a finite number above 0");
        }
    }
}

/// Those who run on machines of this name.
fn tenants<'s>(services: impl Iterator<Item = &'s Service>, machine: &str) -> Vec<Tenant> {
    let runs_there = |service: &Service| service.runs_on.as_ref().is_some_and(|m| m.0 == machine);
    let there = services.enumerate().filter(|(_, service)| runs_there(service));
    let tenant = |(index, service): (usize, &Service)| Tenant {
        service: ServiceId(id(index)),
        limit: service.cpu_limit,
        weight: service.cpu_shares,
    };
    there.map(tenant).collect()
}
