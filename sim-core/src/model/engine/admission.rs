//! Admission to an instance: who is turned away, who takes a worker, who waits for one.

use super::super::spec::Deadlines;
use super::Engine;
use super::request::{Request, Stage};
use super::route::Route;
use crate::policy::Outcome;

impl<'m> Engine<'m> {
    /// A request reaches its instance: it is turned away, takes a worker, or waits for one.
    #[inline]
    pub(super) fn reaches(&mut self, request: u32) {
        let now = self.now;
        let state = &mut self.requests[request];
        state.reached = now;
        let instance = state.instance;
        let route = &self.routes[state.edge.index()];
        self.meters.book(route.served, |meter| meter.arrives(now));
        if !self.instances[route.instance(instance)].up {
            return self.meets_nobody(request);
        }
        if !self.injection.is_calm() {
            let hit = self.hit(request);
            if let Some(outcome) = self.injection.turns_away(self.model, hit, now) {
                return self.turn_away(request, outcome);
            }
        }
        if route.deadlines != Deadlines::Ignored {
            self.receive_deadline(request);
            if self.deadline_has_passed(request) {
                return self.turn_away(request, Outcome::Deadline);
            }
        }
        self.admit(route, request, instance);
    }

    #[inline(always)]
    fn admit(&mut self, route: &'m Route<'m>, request: u32, instance: u32) {
        if route.is_screened {
            return self.admit_screened(request);
        }
        let place = route.instance(instance);
        let pool = &mut self.pools[route.pool(instance)];
        if pool.take_worker() {
            self.instances[place].inside += 1;
            if let Some(outcome) = self.begin(route, request, false) {
                self.finish_apart(request, outcome);
            }
        } else if pool.has_room() {
            self.instances[place].inside += 1;
            pool.enqueue(request, &mut self.requests);
            self.requests[request].stage = Stage::Queued;
            let now = self.now;
            self.meters.book(route.served, |meter| meter.queue.up(now));
        } else {
            self.turn_away(request, Outcome::Overflow);
        }
    }

    /// As [`Engine::admit`], where limits or a shedder are asked, or an instance may be overrun.
    #[inline(never)]
    fn admit_screened(&mut self, request: u32) {
        let Request { edge, instance, .. } = self.requests[request];
        let route = &self.routes[edge.index()];
        let place = route.instance(instance);
        if self.is_read_only(request) {
            return self.turn_away(request, Outcome::ServerError);
        }
        if route.fills_disk && self.finds_no_room(request) {
            return;
        }
        self.trace_reaches(request);
        self.instances[place].inside += 1;
        self.ask_limits(request, 0);
        if let Some(overrun) = route.overrun
            && self.instances[place].inside > overrun.requests_above
        {
            self.crash(route.service, instance, self.now + overrun.restart);
        }
        if route.takes_memory {
            self.takes_memory(route.service, instance);
        }
    }

    /// A request inside its instance comes to its pool: it takes a worker, waits for one, or goes
    /// unserved.
    pub(super) fn comes_to_pool(&mut self, request: u32) {
        let (_, place) = self.places_of(request);
        let pool = &mut self.pools[place];
        if pool.take_worker() {
            self.took_a_worker_at_once(place);
            if let Some(outcome) = self.begin(self.route_of(request), request, false) {
                self.finish_apart(request, outcome);
            }
        } else if !pool.has_room() {
            self.goes_unserved(request, Outcome::Overflow);
        } else if pool.managed.is_some() {
            self.comes_to_shedder(request, place);
        } else {
            self.waits_in(request, place);
        }
    }

    /// A request inside its instance waits in the queue of a pool.
    pub(super) fn waits_in(&mut self, request: u32, pool: usize) {
        let now = self.now;
        let details = self.details.at(request);
        details.queued = now;
        self.pools[pool].append(request, details.class, &mut self.requests);
        self.requests[request].stage = Stage::Queued;
        self.trace_queue(request);
        let route = self.route_of(request);
        self.meters.book(route.served, |meter| meter.queue.up(now));
    }

    /// A request that came inside and waits nowhere is answered so, without a worker.
    pub(super) fn goes_unserved(&mut self, request: u32, outcome: Outcome) {
        self.steps_out(request, outcome);
        self.transmit_answer(request, outcome);
    }

    /// Answers a request that never came inside.
    #[cold]
    pub(super) fn turn_away(&mut self, request: u32, outcome: Outcome) {
        self.trace_turned_away(request, outcome);
        self.book_the_end(request, outcome);
        self.transmit_answer(request, outcome);
    }
}
