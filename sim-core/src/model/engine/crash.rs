//! Instances that die and restart.

use super::super::spec::ServiceId;
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
        self.queue.schedule_apart(until, restart);
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

    /// An instance that is down comes back at another time.
    pub(super) fn is_down_until(&mut self, service: ServiceId, instance: u32, until: SimTime) {
        let place = (self.first_instances[service.index()] + instance) as usize;
        self.instances[place].down_until = until;
        self.queue.schedule_apart(until, Event::Restarts { service: service.0, instance });
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
        let place = (self.first_instances[service.index()] + instance) as usize;
        self.forget_cached_in(place);
        self.forget_memory(place);
        let pools = self.model.services[service.index()].pools.len();
        let first = self.first_pools[service.index()] as usize + instance as usize * pools;
        for pool in &mut self.pools[first..first + pools] {
            if let Some(managed) = &mut pool.managed {
                managed.restart();
            }
        }
    }
}
