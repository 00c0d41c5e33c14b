//! Instances that die and restart.

use super::super::fault::Fault;
use super::super::spec::{ServiceId, Target};
use super::Engine;
use super::event::Event;
use crate::kernel::SimTime;
use crate::policy::Outcome;

impl Engine<'_> {
    /// An instance dies: what it holds is reset, and connections are refused until then.
    pub(super) fn crash(&mut self, service: ServiceId, instance: u32, until: SimTime) {
        let state =
            &mut self.instances[(self.first_instances[service.index()] + instance) as usize];
        state.up = false;
        state.down_until = state.down_until.max(until);
        let restart = Event::Restarts { service: service.0, instance };
        self.queue.schedule(until, restart);
        let inside: Vec<u32> = self
            .requests
            .slots()
            .filter(|slot| {
                let request = &self.requests[*slot];
                request.stage.is_inside()
                    && !request.is_branch()
                    && (self.route_of(*slot).service, request.instance) == (service, instance)
            })
            .collect();
        for request in inside {
            self.take_out(request, Outcome::Reset);
            self.transmit_answer(request, Outcome::Reset);
        }
        self.stop_branches_alone(service, instance);
    }

    /// A fault kills an instance, which restarts when the fault has ended.
    pub(super) fn fault_kills(&mut self, fault: u16, instance: u32) {
        let spec = &self.model.faults[usize::from(fault)];
        if let (Fault::Crash(crash), Some(service)) = (&spec.fault, self.service_hit_by(fault)) {
            self.crash(service, instance, spec.ends() + crash.restart);
        }
    }

    /// The service that a fault hits, if it hits one.
    pub(super) fn service_hit_by(&self, fault: u16) -> Option<ServiceId> {
        match self.model.faults[usize::from(fault)].target {
            Target::Service(service) => Some(service),
            Target::Client(_) | Target::Link(_) => None,
        }
    }

    /// An instance may be up again, unless something else keeps it down.
    pub(super) fn restarts(&mut self, service: ServiceId, instance: u32) {
        let now = self.now;
        let state =
            &mut self.instances[(self.first_instances[service.index()] + instance) as usize];
        if state.up || now < state.down_until {
            return;
        }
        state.up = true;
        state.restarted = Some(now);
        self.forget_what_was_learnt(service, instance);
    }

    /// The process of an instance is a new one: its limits and its shedders start anew.
    fn forget_what_was_learnt(&mut self, service: ServiceId, instance: u32) {
        self.restart_limits(service, instance);
        self.forget_cached_in((self.first_instances[service.index()] + instance) as usize);
        let pools = self.model.services[service.index()].pools.len();
        let first = self.first_pools[service.index()] as usize + instance as usize * pools;
        for pool in &mut self.pools[first..first + pools] {
            if let Some(managed) = &mut pool.managed {
                managed.restart();
            }
        }
    }

    /// Schedules the faults: their starts, their ends, and the deaths of instances.
    pub(super) fn schedule_faults(&mut self) {
        for (index, service, fault) in super::injection::on_services(self.model) {
            if let Fault::Crash(crash) = &fault.fault {
                let instances = self.model.services[service.index()].instances;
                let dying = crash.dying(instances);
                for instance in 0..dying {
                    let share = f64::from(instance) / f64::from(dying);
                    let dies = fault.at + fault.ramp.mul_f64(share);
                    self.queue.schedule(dies, Event::Crashes { fault: index, instance });
                }
            } else {
                self.queue.schedule(fault.at, Event::FaultStarts { fault: index });
                self.queue.schedule(fault.ends(), Event::FaultEnds { fault: index });
            }
        }
    }
}
