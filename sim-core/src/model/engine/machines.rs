//! Machines that instances work on: who works at which pace, and who is done.

use super::super::machine::{MachineSpec, Processor};
use super::super::spec::{Model, ServiceId};
use super::Engine;
use super::event::Event;
use super::request::{Request, Stage};
use crate::kernel::Timer;

/// The machines of a run.
#[derive(Debug)]
pub(super) struct Machines {
    machines: Vec<Machine>,
    /// Of each instance of all services: its machine, and its group there.
    places: Vec<Option<(u32, u32)>>,
}

#[derive(Debug)]
struct Machine {
    processor: Processor,
    /// Fires when the next job ends.
    turn: Timer,
}

impl Machines {
    pub(super) fn new(model: &Model, first_instances: &[u32]) -> Self {
        let instances: u32 = model.services.iter().map(|service| service.instances).sum();
        let mut places = vec![None; instances as usize];
        let mut machines = Vec::new();
        for spec in &model.machines {
            let first = machines.len() as u32;
            let groups = groups(spec, model, first, first_instances, &mut places);
            machines.extend(groups.into_iter().map(|groups| Machine {
                processor: Processor::new(spec.cores, spec.speed, groups.into_iter()),
                turn: Timer::NONE,
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
        let processor = &mut self.machines.machines[machine as usize].processor;
        processor.begin(now, group as usize, request, demand_ns);
        self.set_turn(machine);
    }

    /// A request that works on a machine is stopped.
    pub(super) fn stop_working_on_machine(&mut self, request: u32) {
        let (instance, _) = self.places_of(request);
        let Some((machine, _)) = self.machines.places[instance] else { return };
        let now = self.now;
        self.machines.machines[machine as usize].processor.stop(now, request);
        self.set_turn(machine);
    }

    /// Somebody on a machine is done.
    pub(super) fn machine_turns(&mut self, machine: u32) {
        let now = self.now;
        let state = &mut self.machines.machines[machine as usize];
        state.turn = Timer::NONE;
        let ended = state.processor.ended(now);
        self.set_turn(machine);
        for request in &ended {
            self.requests[*request].stage = Stage::Turned;
        }
        for request in ended {
            // One may have stopped another, which then is not there any more.
            let Request { stage, .. } = self.requests[request];
            if stage == Stage::Turned {
                self.requests[request].step += 1;
                self.go_on(request);
            }
        }
    }

    fn set_turn(&mut self, machine: u32) {
        let state = &mut self.machines.machines[machine as usize];
        self.queue.cancel(std::mem::replace(&mut state.turn, Timer::NONE));
        if let Some(end) = state.processor.next_end() {
            state.turn = self.queue.schedule_timer(end, Event::MachineTurns { machine });
        }
    }
}
