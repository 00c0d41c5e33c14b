//! Inside an instance: admission, the steps of a handler, the answer.

use super::super::spec::{RowId, ServiceMode, Step};
use super::Engine;
use super::call::Origin;
use super::event::Event;
use super::instance::{Instance, Pool};
use super::meter::Meter;
use super::request::{NONE, Request, Stage};
use super::route::Route;
use crate::kernel::draw::{Slot, lineage};
use crate::kernel::{Distribution, SimDuration};
use crate::policy::Outcome;

impl Engine<'_> {
    /// A request reaches its instance: it is turned away, takes a worker, or waits for one.
    pub(super) fn reaches(&mut self, request: u32) {
        let now = self.now;
        let bin = self.meters.bin();
        self.requests[request].reached = now;
        self.for_each_meter(request, |meter| meter.arrives(bin, now));
        if !self.instance_of(request).up {
            return self.turn_away(request, Outcome::Refused);
        }
        let hit = self.injection.turns_away(self.model, &self.requests[request], now);
        if let Some(outcome) = hit {
            return self.turn_away(request, outcome);
        }
        self.admit(request);
    }

    fn admit(&mut self, request: u32) {
        let Request { service, instance, .. } = self.requests[request];
        let pool = self.pool_of(request);
        if pool.take_worker() {
            self.instance_of(request).inside += 1;
            self.begin(request);
        } else if pool.has_room() {
            self.instance_of(request).inside += 1;
            self.wait_in_queue(request);
        } else {
            return self.turn_away(request, Outcome::Overflow);
        }
        if let Some(overrun) = self.model.services[service.index()].overrun
            && self.instance_of(request).inside > overrun.requests_above
        {
            self.crash(service, instance, self.now + overrun.restart);
        }
    }

    /// Answers a request that never came inside.
    fn turn_away(&mut self, request: u32, outcome: Outcome) {
        self.book_the_end(request, outcome);
        self.transmit_answer(request, outcome);
    }

    fn wait_in_queue(&mut self, request: u32) {
        let now = self.now;
        let (_, pool) = self.places_of(request);
        self.pools[pool].enqueue(request, &mut self.requests);
        self.requests[request].stage = Stage::Queued;
        self.for_each_meter(request, |meter| meter.queue.up(now));
    }

    /// A request that has just taken a worker begins with its first step, once nothing holds it
    /// up.
    fn begin(&mut self, request: u32) {
        let now = self.now;
        let reached = self.requests[request].reached;
        self.for_each_meter(request, |meter| meter.waited(reached, now));
        self.hold_worker(request);
        let held_up = self.injection.holds_up(self.model, &self.requests[request], now);
        if held_up.is_zero() {
            return self.run_steps(request);
        }
        self.requests[request].stage = Stage::HeldUp;
        self.schedule_for(request, now + held_up, Event::WorkDone { request });
    }

    /// What a request worked on, or what held it up, is done; unless a crash was faster.
    pub(super) fn work_done(&mut self, request: u32) {
        match self.requests[request].stage {
            Stage::Working => self.requests[request].step += 1,
            Stage::HeldUp => {}
            _ => return,
        }
        self.run_steps(request);
    }

    /// Runs the steps of a handler until one of them takes time, or the handler ends.
    fn run_steps(&mut self, request: u32) {
        let model = self.model;
        let endpoint = model.edges[self.requests[request].edge.index()].to;
        let steps = &model.endpoints[endpoint.index()].steps;
        while let Some(step) = steps.get(usize::from(self.requests[request].step)) {
            match step {
                Step::Work(demand) => return self.work(request, demand),
                Step::Call { edge, .. } => return self.call_from(request, *edge),
                Step::Read(row) => self.requests[request].version = self.rows[row.index()],
                Step::WriteIfUnchanged(row) => {
                    if !self.write_if_unchanged(request, *row) {
                        return self.finish(request, Outcome::ClientError);
                    }
                }
            }
            self.requests[request].step += 1;
        }
        self.finish(request, Outcome::Ok);
    }

    fn work(&mut self, request: u32, demand: &Distribution) {
        let Request { key, attempt, edge, step, demand: first_demand, .. } = self.requests[request];
        let draws = &self.draws[edge.index()];
        let demand = if step == 0 {
            demand.sample(&mut draws.kept(key, attempt, Slot::Demand, first_demand))
        } else {
            let block = draws.block_of_step(key, attempt, u32::from(step));
            demand.sample(&mut block.slot(Slot::Demand))
        };
        let takes = self.slowed_down(request, demand);
        self.requests[request].stage = Stage::Working;
        self.schedule_for(request, self.now + takes, Event::WorkDone { request });
    }

    fn slowed_down(&mut self, request: u32, demand: SimDuration) -> SimDuration {
        let (now, service) = (self.now, self.requests[request].service);
        let mut slowness = self.injection.slowness(self.model, service, now);
        if let Some(cold) = self.model.services[service.index()].cold_start {
            slowness *= self.instance_of(request).coldness(now, cold.factor, cold.warm_up);
        }
        if slowness == 1.0 { demand } else { demand.mul_f64(slowness) }
    }

    /// The handler of a request calls another endpoint and waits for the answer.
    fn call_from(&mut self, request: u32, edge: super::super::spec::EdgeId) {
        let Request { key, attempt, step, .. } = self.requests[request];
        let site = self.sites[edge.index()].wrapping_add(u64::from(step));
        let key = lineage(key, site, attempt);
        self.requests[request].stage = Stage::Calling;
        let service = self.requests[request].service;
        let releases = self.model.services[service.index()].mode == ServiceMode::Async;
        self.start_call(edge, key, Origin::Handler { request }, 0);
        // A call that ended at once let the handler go on, with its worker.
        if releases && self.requests[request].stage == Stage::Calling {
            self.release_worker(request);
            self.serve_waiting(request);
        }
    }

    /// The call of a handler has ended so: the handler goes on or fails.
    pub(super) fn handler_was_answered(&mut self, request: u32, outcome: Outcome) {
        self.requests[request].nested = NONE;
        let endpoint = self.model.edges[self.requests[request].edge.index()].to;
        let step = usize::from(self.requests[request].step);
        let steps = &self.model.endpoints[endpoint.index()].steps;
        let optional = matches!(steps[step], Step::Call { optional: true, .. });
        if outcome.is_failure() && !optional {
            return self.finish(request, Outcome::ServerError);
        }
        self.requests[request].step += 1;
        self.resume(request);
    }

    fn resume(&mut self, request: u32) {
        if self.requests[request].has_worker {
            return self.run_steps(request);
        }
        let pool = self.pool_of(request);
        if pool.take_worker() {
            self.hold_worker(request);
            self.run_steps(request);
        } else {
            pool.resume_later(request);
            self.requests[request].stage = Stage::Resuming;
        }
    }

    fn write_if_unchanged(&mut self, request: u32, row: RowId) -> bool {
        let version = &mut self.rows[row.index()];
        let unchanged = *version == self.requests[request].version;
        *version += u32::from(unchanged);
        unchanged
    }

    /// The handler ends: the request leaves the instance and is answered.
    fn finish(&mut self, request: u32, outcome: Outcome) {
        let late = outcome == Outcome::Ok && self.requests[request].abandoned;
        self.release_worker(request);
        self.instance_of(request).inside -= 1;
        self.book_the_end(request, if late { Outcome::OkLate } else { outcome });
        self.transmit_answer(request, outcome);
        self.serve_waiting(request);
    }

    /// The news that its caller has closed the connection reaches a request: what is left of it
    /// is not done.
    pub(super) fn cancel_reaches(&mut self, request: u32) {
        if !self.requests[request].stage.is_inside() {
            return;
        }
        self.take_out(request);
        self.book_the_end(request, Outcome::Cancelled);
        self.serve_waiting(request);
        self.discard(request);
    }

    /// Takes a request out of its instance, wherever in it the request is.
    pub(super) fn take_out(&mut self, request: u32) {
        let now = self.now;
        let Request { stage, nested, .. } = self.requests[request];
        match stage {
            Stage::Queued => {
                let (_, pool) = self.places_of(request);
                self.pools[pool].unlink(request, &mut self.requests);
                self.for_each_meter(request, |meter| meter.queue.down(now));
            }
            Stage::Resuming => self.pool_of(request).forget_resuming(request),
            Stage::Calling => self.drop_call(nested),
            _ => {}
        }
        self.requests[request].nested = NONE;
        self.release_worker(request);
        self.instance_of(request).inside -= 1;
    }

    /// Lets whoever waits in the pool of a request take the workers that are free.
    pub(super) fn serve_waiting(&mut self, request: u32) {
        let (instance, pool) = self.places_of(request);
        // A request that ends at once serves the next in the outer round, not in a deeper one.
        if std::mem::replace(&mut self.serving, true) {
            return;
        }
        while let Some(next) = self.next_in(instance, pool) {
            if self.requests[next].stage == Stage::Resuming {
                self.hold_worker(next);
                self.run_steps(next);
            } else {
                let now = self.now;
                self.for_each_meter(next, |meter| meter.queue.down(now));
                self.begin(next);
            }
        }
        self.serving = false;
    }

    /// Takes a free worker for whoever is next in a pool.
    fn next_in(&mut self, instance: usize, pool: usize) -> Option<u32> {
        if !self.instances[instance].up {
            return None;
        }
        let pool = &mut self.pools[pool];
        if !pool.take_worker() {
            return None;
        }
        let next = pool.next_to_resume().or_else(|| pool.dequeue(&mut self.requests));
        if next.is_none() {
            pool.give_back();
        }
        next
    }

    /// A request holds the worker that its pool has given out.
    fn hold_worker(&mut self, request: u32) {
        let now = self.now;
        self.requests[request].has_worker = true;
        self.requests[request].worker_since = now;
        self.for_each_meter(request, |meter| meter.busy.up(now));
    }

    /// A request gives its worker back, if it holds one.
    fn release_worker(&mut self, request: u32) {
        let Request { has_worker, worker_since, abandoned, .. } = self.requests[request];
        if !has_worker {
            return;
        }
        let now = self.now;
        self.requests[request].has_worker = false;
        self.pool_of(request).give_back();
        self.for_each_meter(request, |meter| {
            meter.busy.down(now);
            if abandoned {
                meter.wasted(worker_since, now);
            }
        });
    }

    /// Books how a request ended at its service.
    pub(super) fn book_the_end(&mut self, request: u32, outcome: Outcome) {
        let (now, reached) = (self.now, self.requests[request].reached);
        self.for_each_meter(request, |meter| {
            meter.ends(outcome, reached, now);
            meter.in_flight.down(now);
        });
    }

    /// The meters of a request's service and, where it is measured apart, of its endpoint.
    #[inline]
    fn for_each_meter(&mut self, request: u32, mut book: impl FnMut(&mut Meter)) {
        let edge = self.requests[request].edge;
        let Route { service, endpoint, is_measured_apart, .. } = self.routes[edge.index()];
        book(self.meters.service(service));
        if is_measured_apart && let Some(meter) = self.meters.endpoint(endpoint.index()) {
            book(meter);
        }
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
    fn places_of(&self, request: u32) -> (usize, usize) {
        let Request { edge, instance, .. } = self.requests[request];
        let route = &self.routes[edge.index()];
        (route.instance(instance), route.pool(instance))
    }
}
