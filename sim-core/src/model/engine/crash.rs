//! Instances that die and restart.

use super::super::network::Tcp;
use super::super::spec::ServiceId;
use super::Engine;
use super::event::Event;
use super::request::Stage;
use crate::kernel::SimTime;
use crate::policy::Outcome;

impl Engine<'_> {
    /// An instance dies: what it holds is reset, and connections are refused until then.
    pub(super) fn crash(&mut self, service: ServiceId, instance: u32, until: SimTime) {
        self.dies(service, instance, until, false);
    }

    /// As [`Engine::crash`]; if the instance is silent, its machine is gone as well, and nobody refuses or
    /// resets anything.
    pub(super) fn dies(&mut self, service: ServiceId, instance: u32, until: SimTime, silent: bool) {
        let state =
            &mut self.instances[(self.first_instances[service.index()] + instance) as usize];
        let was_up = std::mem::replace(&mut state.up, false);
        state.is_silent = silent;
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
            // Nobody hears of a background task over the network.
            if silent && !self.route_of(request).is_local {
                self.take_out(request, Outcome::Lost);
                self.falls_silent(request);
                continue;
            }
            self.take_out(request, Outcome::Reset);
            self.transmit_answer(request, Outcome::Reset);
        }
        self.stop_branches_alone(service, instance);
        self.forget_memory(service, (self.first_instances[service.index()] + instance) as usize);
        self.forget_what_callers_remember(service, instance);
        if was_up {
            self.primary_may_have_died(service, instance);
        }
    }

    /// A request reaches an instance that is down: it is refused, if there is anybody to refuse it.
    #[cold]
    pub(super) fn meets_nobody(&mut self, request: u32) {
        let (instance, _) = self.places_of(request);
        if !self.instances[instance].is_silent {
            return self.turn_away(request, Outcome::Refused);
        }
        self.trace_turned_away(request, Outcome::Lost);
        self.book_the_end(request, Outcome::Lost);
        self.falls_silent(request);
    }

    /// Nothing comes back of a request any more, until the operating system gives up on its connection.
    fn falls_silent(&mut self, request: u32) {
        self.requests[request].stage = Stage::Inbound;
        let link = self.route_of(request).link;
        let patience = link.tcp().map_or(link.give_up, Tcp::message_given_up);
        self.schedule_for(request, self.now + patience, Event::GivesUp { request });
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
        state.is_silent = false;
        state.restarted = Some(now);
        self.forget_what_was_learnt(service, instance);
        self.replica_is_up(service, instance);
    }

    /// The process of an instance is a new one: its limits and its shedders start anew.
    pub(super) fn forget_what_was_learnt(&mut self, service: ServiceId, instance: u32) {
        self.restart_limits(service, instance);
        self.forget_what_callers_remember(service, instance);
        let place = (self.first_instances[service.index()] + instance) as usize;
        self.forget_cached_in(place);
        self.forget_memory(service, place);
        let pools = self.model.services[service.index()].pools.len();
        let first = self.first_pools[service.index()] as usize + instance as usize * pools;
        for pool in &mut self.pools[first..first + pools] {
            if let Some(managed) = &mut pool.managed {
                managed.restart();
            }
        }
    }
}
