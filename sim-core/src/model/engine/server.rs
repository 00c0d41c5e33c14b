//! Inside an instance: work and calls, the answer, the next who is served.

use super::super::spec::{Deadlines, Step};
use super::super::trace::What;
use super::Engine;
use super::calls::Origin;
use super::event::Event;
use super::injection::Hit;
use super::instance::{Instance, Pool};
use super::request::{Details, NONE, Request, Stage};
use super::route::Route;
use crate::kernel::draw::{Slot, lineage};
use crate::kernel::{Distribution, SimDuration};
use crate::policy::Outcome;

impl<'m> Engine<'m> {
    /// A request that has just taken a worker, out of the queue or not, begins with its first step,
    /// once nothing holds it up; how its handler ends, if it ends at once.
    #[inline(always)]
    pub(super) fn begin(
        &mut self,
        route: &'m Route<'m>,
        request: u32,
        was_queued: bool,
    ) -> Option<Outcome> {
        let now = self.now;
        let state = &mut self.requests[request];
        let (reached, demand) = (state.reached, state.demand());
        state.take_worker(now);
        self.meters.book(route.served, |meter| {
            if was_queued {
                meter.queue.down(now);
            }
            meter.waited(reached, now);
            meter.busy.up(now);
        });
        if route.tells_start {
            self.takes_its_first_worker(request);
        }
        let held_up = if self.injection.is_calm() {
            SimDuration::ZERO
        } else {
            let hit = self.hit(request);
            self.injection.holds_up(self.model, hit, now)
        };
        if held_up.is_zero() {
            return self.run_steps(route, request, Some(demand));
        }
        self.requests[request].stage = Stage::HeldUp;
        self.trace_step(request, What::HeldUp);
        self.schedule_for(request, now + held_up, Event::WorkDone { request });
        None
    }

    /// What a request worked on is done; unless a crash was faster.
    #[inline]
    pub(super) fn work_done(&mut self, request: u32) {
        let state = &mut self.requests[request];
        if state.stage != Stage::Working {
            return self.its_turn_comes(request);
        }
        state.step += 1;
        self.go_on(request);
    }

    /// What held a request up is over, or its turn to go on or to fail has come.
    #[inline(never)]
    fn its_turn_comes(&mut self, request: u32) {
        match self.requests[request].stage {
            Stage::HeldUp => self.go_on(request),
            Stage::GoesOn => self.resume(request),
            Stage::Fails => self.handler_ends(request, Outcome::ServerError),
            _ => {}
        }
    }

    #[inline(always)]
    pub(super) fn work(
        &mut self,
        request: u32,
        route: &Route<'m>,
        demand: &Distribution,
        known: Option<SimDuration>,
    ) {
        let now = self.now;
        let demand = known.unwrap_or_else(|| self.demand_of_step(request, demand));
        let mut slowness = 1.0;
        if !self.injection.is_calm() {
            slowness = self.injection.slowness(self.model, self.hit(request), now);
        }
        if route.is_plain {
            return self.works_for(request, demand, slowness);
        }
        self.trace_work(request);
        let instance = &self.instances[route.instance(self.requests[request].instance)];
        if let Some(cold) = route.cold_start {
            slowness *= instance.coldness(now, cold.factor, cold.warm_up);
        }
        // What the others inside add, the one that begins included.
        let added = route.contention.saturating_mul(instance.inside.into());
        let demand = demand.saturating_add(added);
        if route.is_on_machine {
            return self.works_on_machine(request, demand.as_nanos() as f64 * slowness);
        }
        self.works_for(request, demand, slowness);
    }

    /// The demand of the step that is next.
    #[inline(never)]
    fn demand_of_step(&self, request: u32, demand: &Distribution) -> SimDuration {
        let Request { edge, step, .. } = self.requests[request];
        let Details { key, attempt, .. } = *self.details_of(request);
        let draws = &self.draws[edge.index()];
        let block = match step {
            0 => draws.block(key, attempt),
            step => draws.block_of_step(key, attempt, step.into()),
        };
        demand.sample(&mut block.slot(Slot::Demand))
    }

    #[inline(always)]
    fn works_for(&mut self, request: u32, demand: SimDuration, slowness: f64) {
        let takes = if slowness == 1.0 { demand } else { demand.mul_f64(slowness) };
        let state = &mut self.requests[request];
        state.stage = Stage::Working;
        state.pending += 1;
        self.queue.schedule(self.now + takes, Event::WorkDone { request });
    }

    /// The handler of a request calls another endpoint and waits for the answer.
    #[inline(never)]
    pub(super) fn call_from(&mut self, request: u32, edge: super::super::spec::EdgeId) {
        let Request { step, edge: own, .. } = self.requests[request];
        let Details { key, attempt, .. } = *self.details_of(request);
        let site = self.sites[edge.index()].wrapping_add(u64::from(step));
        let key = lineage(key, site, attempt);
        self.requests[request].stage = Stage::Calling;
        if self.routes[own.index()].deadlines == Deadlines::Propagated {
            self.set_inherited_deadline(request);
        }
        self.start_call(edge, key, Origin::Handler { request }, SimDuration::ZERO);
        if self.routes[own.index()].is_async {
            self.release_worker(request);
            self.serve_waiting(request);
        }
    }

    /// The call of a handler has ended so: the handler goes on or fails.
    pub(super) fn handler_was_answered(&mut self, request: u32, outcome: Outcome) {
        self.details.at(request).nested = NONE;
        let Request { edge, step, .. } = self.requests[request];
        let route = &self.routes[edge.index()];
        if route.deadlines != Deadlines::Ignored {
            self.clear_inherited_deadline(request);
            if self.deadline_has_passed(request) {
                return self.handler_ends(request, Outcome::Deadline);
            }
        }
        let step = &route.steps[usize::from(step)];
        let optional = matches!(step, Step::Call { optional: true, .. });
        if outcome.is_failure() && !optional {
            return self.handler_ends(request, Outcome::ServerError);
        }
        if outcome == Outcome::Degraded && !optional {
            self.requests[request].outcome = Outcome::Degraded;
        }
        self.requests[request].step += 1;
        self.resume(request);
    }

    /// A request that waited goes on, once it has a worker; a branch needs none.
    pub(super) fn resume(&mut self, request: u32) {
        let state = &self.requests[request];
        if state.has_worker() || state.is_branch() {
            return self.go_on(request);
        }
        let pool = self.pool_of(request);
        if pool.take_worker() {
            self.hold_worker(request);
            self.go_on(request);
        } else {
            pool.resume_later(request);
            self.requests[request].stage = Stage::Resuming;
            self.trace_step(request, What::Resumes);
        }
    }

    /// The handler ends: the request leaves the instance and is answered.
    #[inline(always)]
    pub(super) fn finish(&mut self, route: &'m Route<'m>, request: u32, outcome: Outcome) {
        let (instance, pool) = self.leave(route, request, outcome);
        self.serve_waiting_at(instance, pool);
    }

    /// As [`Engine::finish`], where a handler seldom ends.
    #[inline(never)]
    pub(super) fn finish_apart(&mut self, request: u32, outcome: Outcome) {
        self.finish(self.route_of(request), request, outcome);
    }

    /// As [`Engine::finish`], but whoever waits for the worker is not served yet: the places of the
    /// instance and of the pool.
    #[inline(always)]
    fn leave(&mut self, route: &'m Route<'m>, request: u32, outcome: Outcome) -> (usize, usize) {
        let now = self.now;
        let state = &mut self.requests[request];
        let (instance, pool) = (route.instance(state.instance), route.pool(state.instance));
        let (reached, worker_since) = (state.reached, state.worker_since());
        let (had_worker, abandoned) = (state.has_worker(), state.is_abandoned());
        let late = outcome == Outcome::Ok && abandoned;
        let booked = if late { Outcome::OkLate } else { outcome };
        state.lose_worker();
        if had_worker {
            self.pools[pool].give_back();
        }
        self.instances[instance].inside -= 1;
        if route.tells_end {
            self.tell_end(request, outcome);
        }
        for subject in route.served {
            let meter = self.meters.at(subject);
            if had_worker {
                meter.busy.down(now);
                if abandoned {
                    meter.wasted(worker_since, now);
                }
            }
            meter.ends(booked, reached, now);
            meter.in_flight.down(now);
        }
        self.transmit_answer_along(route, request, outcome);
        (instance, pool)
    }

    /// As [`Engine::leave`], of a request that took no time.
    #[inline(never)]
    fn leave_at_once(&mut self, request: u32, outcome: Outcome) {
        self.leave(self.route_of(request), request, outcome);
    }

    /// The news that its caller has closed the connection reaches a request: what is left of it
    /// is not done.
    #[inline(never)]
    pub(super) fn cancel_reaches(&mut self, request: u32) {
        if !self.requests[request].stage.is_inside() {
            return;
        }
        self.take_out(request, Outcome::Cancelled);
        self.serve_waiting(request);
        self.discard(request);
    }

    /// Takes a request out of its instance, wherever in it the request is; at its service it ends
    /// so.
    pub(super) fn take_out(&mut self, request: u32, outcome: Outcome) {
        self.stop_waiting(request);
        self.steps_out(request, outcome);
    }

    /// Whatever a request waits for, it does not wait for it any more.
    pub(super) fn stop_waiting(&mut self, request: u32) {
        let now = self.now;
        match self.requests[request].stage {
            Stage::Queued => {
                let (_, pool) = self.places_of(request);
                let class = self.details[request].class;
                self.pools[pool].unlink(request, class, &mut self.requests);
                let route = self.route_of(request);
                self.meters.book(route.served, |meter| meter.queue.down(now));
            }
            Stage::Resuming => self.pool_of(request).forget_resuming(request),
            Stage::Calling => {
                if self.route_of(request).deadlines != Deadlines::Ignored {
                    self.clear_inherited_deadline(request);
                }
                let nested = std::mem::replace(&mut self.details.at(request).nested, NONE);
                self.drop_call(nested);
            }
            Stage::AtLimit => self.withdraw_from_limit(request),
            Stage::Sharing => self.stop_working_on_machine(request),
            Stage::Forked => self.stop_branches(request),
            Stage::AtRow => self.stop_waiting_for_row(request),
            Stage::AtCache => self.stop_waiting_at_cache(request),
            _ => {}
        }
    }

    /// A request that nothing in its instance refers to leaves it, and at its service ends so.
    pub(super) fn steps_out(&mut self, request: u32, outcome: Outcome) {
        self.release_worker(request);
        self.instance_of(request).inside -= 1;
        if self.route_of(request).tells_end {
            self.tell_end(request, outcome);
        }
        self.book_the_end(request, outcome);
    }

    /// Those hear who have to know when a request leaves its instance, and how it ended there.
    #[inline(never)]
    fn tell_end(&mut self, request: u32, outcome: Outcome) {
        self.trace_leaves(request, outcome);
        let route = self.route_of(request);
        if route.has_limits {
            self.leave_limits(request, outcome);
        }
        if route.locks {
            self.end_transaction(request, false);
            self.unlock_all(request);
        }
        if route.looks {
            self.leaves_caches(request, outcome);
        }
        if route.is_replicated {
            self.leaves_replicas(request, outcome);
        }
    }

    /// A request goes on as soon as the event in progress is handled.
    pub(super) fn goes_on_soon(&mut self, request: u32) {
        self.requests[request].stage = Stage::GoesOn;
        self.schedule_for(request, self.now, Event::WorkDone { request });
    }

    /// Lets whoever waits in the pool of a request take the workers that are free.
    pub(super) fn serve_waiting(&mut self, request: u32) {
        let (instance, pool) = self.places_of(request);
        self.serve_waiting_at(instance, pool);
    }

    #[inline(always)]
    fn serve_waiting_at(&mut self, instance: usize, pool: usize) {
        // A request that ends at once serves the next in the outer round, not in a deeper one.
        if self.serving || self.pools[pool].is_idle() {
            return;
        }
        self.serving = true;
        while let Some(next) = self.next_in(instance, pool) {
            let Request { edge, stage, .. } = self.requests[next];
            let route = &self.routes[edge.index()];
            let ended = if stage == Stage::Resuming {
                self.hold_worker(next);
                self.run_steps(route, next, None)
            } else {
                self.begin(route, next, true)
            };
            if let Some(outcome) = ended {
                self.leave_at_once(next, outcome);
            }
        }
        self.serving = false;
    }

    /// Takes a free worker for whoever is next in a pool.
    #[inline(always)]
    fn next_in(&mut self, instance: usize, pool: usize) -> Option<u32> {
        if !self.instances[instance].up {
            return None;
        }
        let place = pool;
        let pool = &mut self.pools[place];
        if !pool.take_worker() {
            return None;
        }
        let next = pool.next_to_resume().or_else(|| pool.dequeue(&mut self.requests));
        // A queue that a shedder manages is not in the pool's own line.
        let next = next.or_else(|| self.next_not_shed(place));
        if next.is_none() {
            self.pools[place].give_back();
        }
        next
    }

    /// A request holds the worker that its pool has given out.
    fn hold_worker(&mut self, request: u32) {
        let now = self.now;
        self.requests[request].take_worker(now);
        let route = self.route_of(request);
        self.meters.book(route.served, |meter| meter.busy.up(now));
    }

    /// A request gives its worker back, if it holds one.
    pub(super) fn release_worker(&mut self, request: u32) {
        let state = &mut self.requests[request];
        if !state.has_worker() {
            return;
        }
        let (worker_since, abandoned) = (state.worker_since(), state.is_abandoned());
        state.lose_worker();
        let now = self.now;
        self.pool_of(request).give_back();
        let route = self.route_of(request);
        self.meters.book(route.served, |meter| {
            meter.busy.down(now);
            if abandoned {
                meter.wasted(worker_since, now);
            }
        });
    }

    /// Books how a request ended at its service.
    pub(super) fn book_the_end(&mut self, request: u32, outcome: Outcome) {
        let (now, reached) = (self.now, self.requests[request].reached);
        let route = self.route_of(request);
        self.meters.book(route.served, |meter| {
            meter.ends(outcome, reached, now);
            meter.in_flight.down(now);
        });
    }

    #[inline]
    pub(super) fn route_of(&self, request: u32) -> &'m Route<'m> {
        &self.routes[self.requests[request].edge.index()]
    }

    /// What is known of a request beside its slot.
    #[inline]
    pub(super) fn details_of(&self, request: u32) -> &Details {
        debug_assert!(self.route_of(request).has_details, "nobody has noted them");
        &self.details[request]
    }

    /// A request, as faults see it.
    pub(super) fn hit(&self, request: u32) -> Hit {
        let route = self.route_of(request);
        let Request { edge, instance, .. } = self.requests[request];
        let Details { key, attempt, .. } = *self.details_of(request);
        let (service, site) = (route.service, self.injection.site(edge));
        Hit { service, instance, edge: Some(edge), key, site, attempt }
    }

    #[inline]
    pub(super) fn instance_of(&mut self, request: u32) -> &mut Instance {
        let (instance, _) = self.places_of(request);
        &mut self.instances[instance]
    }

    #[inline]
    fn pool_of(&mut self, request: u32) -> &mut Pool {
        let (_, pool) = self.places_of(request);
        &mut self.pools[pool]
    }

    /// The places of a request's instance and of its pool there, among all of them.
    #[inline]
    pub(super) fn places_of(&self, request: u32) -> (usize, usize) {
        let Request { edge, instance, .. } = self.requests[request];
        let route = &self.routes[edge.index()];
        (route.instance(instance), route.pool(instance))
    }
}
