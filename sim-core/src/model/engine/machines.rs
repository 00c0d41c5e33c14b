//! Machines that instances work on: who works at which pace, and who is done.

use super::super::machine::{MachineSpec, Processor};
use super::super::spec::{Model, ServiceId};
use super::Engine;
use super::event::Event;
use super::request::{Request, Stage};
use crate::kernel::{Bytes, Timer};
use crate::policy::Outcome;

/// The machines of a run.
#[derive(Debug)]
pub(super) struct Machines {
    machines: Vec<Machine>,
    /// Of each instance of all services: its machine, and its group there.
    places: Vec<Option<(u32, u32)>>,
}

#[derive(Debug)]
struct Machine {
    /// Its kind, by its place in the model, and which of that kind it is.
    kind: u16,
    nth: u32,
    processor: Processor,
    /// Fires when the next job ends.
    turn: Timer,
    /// What was last told to the meter: thousandths of cores that work, and jobs beyond the cores that do.
    busy: u32,
    beyond: u32,
}

impl Machines {
    pub(super) fn new(model: &Model, first_instances: &[u32]) -> Self {
        let instances: u32 = model.services.iter().map(|service| service.instances).sum();
        let mut places = vec![None; instances as usize];
        let mut machines = Vec::new();
        for (kind, spec) in model.machines.iter().enumerate() {
            let first = machines.len() as u32;
            let groups = groups(spec, model, first, first_instances, &mut places);
            machines.extend(groups.into_iter().enumerate().map(|(nth, groups)| Machine {
                kind: kind as u16,
                nth: nth as u32,
                processor: Processor::new(spec.cores, spec.speed, groups.into_iter()),
                turn: Timer::NONE,
                busy: 0,
                beyond: 0,
            }));
        }
        Self { machines, places }
    }
}

/// The limits and weights of those on each machine of a kind, the instances of each service dealt among
/// them in turn.
fn groups(
    spec: &MachineSpec,
    model: &Model,
    first: u32,
    first_instances: &[u32],
    places: &mut [Option<(u32, u32)>],
) -> Vec<Vec<(Option<f64>, Option<f64>)>> {
    let mut groups = vec![Vec::new(); spec.count as usize];
    for tenant in &spec.tenants {
        let ServiceId(service) = tenant.service;
        for instance in 0..model.services[usize::from(service)].instances {
            let machine = (instance % spec.count) as usize;
            let place = (first_instances[usize::from(service)] + instance) as usize;
            places[place] = Some((first + machine as u32, groups[machine].len() as u32));
            groups[machine].push((tenant.limit, tenant.weight));
        }
    }
    groups
}

impl Engine<'_> {
    /// A request works for so many nanoseconds of a core of the machine of its instance.
    pub(super) fn works_on_machine(&mut self, request: u32, demand_ns: f64) {
        let (instance, _) = self.places_of(request);
        let Some((machine, group)) = self.machines.places[instance] else { return };
        self.requests[request].stage = Stage::Sharing;
        let now = self.now;
        let Machine { kind, processor, .. } = &mut self.machines.machines[machine as usize];
        processor.begin(now, group as usize, request, demand_ns);
        self.meters.cores(*kind).arrives(now);
        self.set_turn(machine);
    }

    /// A request that works on a machine is stopped.
    pub(super) fn stop_working_on_machine(&mut self, request: u32) {
        let (instance, _) = self.places_of(request);
        let Some((machine, _)) = self.machines.places[instance] else { return };
        let now = self.now;
        let Machine { kind, processor, .. } = &mut self.machines.machines[machine as usize];
        if let Some(begun) = processor.stop(now, request) {
            let meter = self.meters.cores(*kind);
            meter.ends(Outcome::Cancelled, begun, now);
            meter.in_flight.down(now);
        }
        self.set_turn(machine);
    }

    /// Somebody on a machine is done.
    pub(super) fn machine_turns(&mut self, machine: u32) {
        let now = self.now;
        let state = &mut self.machines.machines[machine as usize];
        state.turn = Timer::NONE;
        let ended = state.processor.ended(now);
        let meter = self.meters.cores(state.kind);
        for (request, begun) in &ended {
            meter.ends(Outcome::Ok, *begun, now);
            meter.was_good();
            meter.in_flight.down(now);
            self.requests[*request].stage = Stage::Turned;
        }
        self.set_turn(machine);
        for (request, _) in ended {
            // One may have stopped another, which then is not there any more.
            let Request { stage, .. } = self.requests[request];
            if stage == Stage::Turned {
                self.requests[request].step += 1;
                self.go_on(request);
            }
        }
    }

    /// Nobody in an instance works, or they do again.
    pub(super) fn freezes(&mut self, place: usize, is_frozen: bool) {
        let Some((machine, group)) = self.machines.places[place] else { return };
        let now = self.now;
        let processor = &mut self.machines.machines[machine as usize].processor;
        processor.freeze(now, group as usize, is_frozen);
        self.set_turn(machine);
    }

    /// The machine of an instance, if it shares one.
    pub(super) fn machine_at(&self, place: usize) -> Option<u32> {
        self.machines.places[place].map(|(machine, _)| machine)
    }

    /// How much memory a machine has, if that is limited.
    pub(super) fn memory_of_machine(&self, machine: u32) -> Option<Bytes> {
        self.kind_of(machine).memory
    }

    /// The instances that run on a machine.
    pub(super) fn tenants_of(&self, machine: u32) -> Vec<(ServiceId, u32)> {
        let spec = self.kind_of(machine);
        let nth = self.machines.machines[machine as usize].nth;
        let instances = |service: ServiceId| self.model.services[service.index()].instances;
        let there = spec.tenants.iter().flat_map(|tenant| {
            let service = tenant.service;
            (0..instances(service))
                .filter(|instance| instance % spec.count == nth)
                .map(move |instance| (service, instance))
        });
        there.collect()
    }

    fn kind_of(&self, machine: u32) -> &MachineSpec {
        let kind = self.machines.machines[machine as usize].kind;
        &self.model.machines[usize::from(kind)]
    }

    fn set_turn(&mut self, machine: u32) {
        let state = &mut self.machines.machines[machine as usize];
        self.queue.cancel(std::mem::replace(&mut state.turn, Timer::NONE));
        if let Some(end) = state.processor.next_end() {
            state.turn = self.queue.schedule_timer(end, Event::MachineTurns { machine });
        }
        let cores = state.processor.busy_cores();
        let busy = libm::round(1000.0 * cores) as u32;
        // A job that has a part of a core has what there is.
        let beyond = state.processor.runnable().saturating_sub(libm::ceil(cores - 1e-9) as u32);
        let meter = self.meters.cores(state.kind);
        meter.busy.jumps(self.now, std::mem::replace(&mut state.busy, busy), busy);
        meter.queue.jumps(self.now, std::mem::replace(&mut state.beyond, beyond), beyond);
    }
}
