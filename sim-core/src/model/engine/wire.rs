//! The network between a caller and an instance: sending, answering, losing, closing.

use super::super::spec::EdgeId;
use super::Engine;
use super::call::Origin;
use super::event::Event;
use super::request::{NONE, Request, Stage};
use crate::kernel::draw::{Slot, unit_f64};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::{LateAnswers, Outcome};
use rand::Rng;

impl Engine<'_> {
    /// Sends an attempt of a call onto the wire.
    pub(super) fn send(&mut self, call: u32) {
        let (edge, key) = (self.calls[call].edge, self.calls[call].key);
        self.calls[call].attempts += 1;
        let attempt = self.calls[call].attempts;
        let spec = &self.model.edges[edge.index()];
        let service = self.model.endpoints[spec.to.index()].service;
        let draws = &self.draws[edge.index()];
        let instance = self.balancers[service.index()]
            .choose(|| draws.block(key, attempt).slot(Slot::Branch).next_u64());
        let request = self.requests.insert(Request {
            key,
            sent: self.now,
            reached: self.now,
            worker_since: self.now,
            call,
            call_generation: self.calls.generation(call),
            attempt,
            instance,
            version: self.version_seen_by(self.calls[call].origin),
            nested: NONE,
            previous: NONE,
            next: NONE,
            edge,
            service,
            step: 0,
            pending: 0,
            stage: Stage::Outbound,
            outcome: Outcome::Ok,
            abandoned: false,
            closed: false,
            has_worker: false,
        });
        self.calls[call].request = request;
        let (bin, now) = (self.meters.bin(), self.now);
        let meter = self.meters.edge(edge);
        meter.arrives(bin, now);
        if attempt > 1 {
            meter.was_retry();
        }
        self.transmit(request, Slot::LossOut, Slot::LatencyOut, Event::Reaches { request });
    }

    /// A handler's calls carry the version of the row that was last read on its behalf.
    fn version_seen_by(&self, origin: Origin) -> u32 {
        match origin {
            Origin::Client { .. } => 0,
            Origin::Handler { request } => self.requests[request].version,
        }
    }

    /// Sends the answer of a request back to its caller.
    pub(super) fn transmit_answer(&mut self, request: u32, outcome: Outcome) {
        self.requests[request].stage = Stage::Inbound;
        self.requests[request].outcome = outcome;
        self.transmit(request, Slot::LossBack, Slot::LatencyBack, Event::AnswerReaches { request });
    }

    /// One message: it arrives after the latency of the link or, lost, never; then the operating
    /// system gives up on the connection in the end.
    fn transmit(&mut self, request: u32, loss: Slot, latency: Slot, arrives: Event) {
        let Request { edge, key, attempt, .. } = self.requests[request];
        let link = &self.model.links[self.model.edges[edge.index()].link.index()];
        let constant = self.constant_latency[edge.index()];
        if let (Some(latency), true) = (constant, link.loss <= 0.0) {
            return self.schedule_in(request, latency, arrives);
        }
        let block = self.draws[edge.index()].block(key, attempt);
        if link.loss > 0.0 && unit_f64(block.slot(loss).next_u64()) < link.loss {
            return self.schedule_in(request, link.give_up, Event::GivesUp { request });
        }
        let latency = link.latency.sample(&mut block.slot(latency));
        self.schedule_in(request, latency, arrives);
    }

    /// An answer reaches its caller.
    pub(super) fn answer_reaches(&mut self, request: u32) {
        let Request { call, call_generation, edge, outcome, abandoned, version, .. } =
            self.requests[request];
        self.leave_the_wire(request);
        self.discard(request);
        if abandoned {
            self.late_answer(call, call_generation, edge, outcome);
            return;
        }
        if let Origin::Handler { request: handler } = self.calls[call].origin {
            self.requests[handler].version = version;
        }
        if outcome.is_good() {
            self.was_good(edge);
        }
        self.attempt_ended(call, outcome);
    }

    /// A good answer counts where it was made, once it has found somebody waiting.
    fn was_good(&mut self, edge: EdgeId) {
        let endpoint = self.model.edges[edge.index()].to;
        let service = self.model.endpoints[endpoint.index()].service;
        self.meters.edge(edge).was_good();
        self.meters.service(service).was_good();
        if let Some(meter) = self.meters.endpoint(endpoint.index()) {
            meter.was_good();
        }
    }

    fn late_answer(&mut self, call: u32, generation: u32, edge: EdgeId, outcome: Outcome) {
        let accepts = self.model.edges[edge.index()].policy.late_answers == LateAnswers::Accepted;
        if accepts && outcome.is_good() && self.calls.is_current(call, generation) {
            self.was_good(edge);
            self.accept_late_answer(call);
        }
    }

    /// The operating system gives up on a connection that stays silent.
    pub(super) fn gives_up(&mut self, request: u32) {
        let Request { call, abandoned, .. } = self.requests[request];
        self.requests[request].outcome = Outcome::Lost;
        self.leave_the_wire(request);
        self.discard(request);
        if !abandoned {
            self.attempt_ended(call, Outcome::Lost);
        }
    }

    /// The caller's side of a request is done: the connection is closed, and the attempt has its
    /// outcome unless it was given up before.
    fn leave_the_wire(&mut self, request: u32) {
        let Request { edge, service, instance, sent, outcome, abandoned, closed, .. } =
            self.requests[request];
        if closed {
            return;
        }
        let now = self.now;
        self.balancers[service.index()].done(instance);
        let meter = self.meters.edge(edge);
        meter.in_flight.down(now);
        if !abandoned {
            meter.ends(outcome, sent, now);
        }
    }

    /// The caller stops waiting for an attempt, which ends so. Where the policy says so, it closes
    /// the connection and the news travels to the instance.
    pub(super) fn abandon(&mut self, request: u32, outcome: Outcome) {
        let Request { edge, sent, key, attempt, .. } = self.requests[request];
        let now = self.now;
        self.requests[request].abandoned = true;
        self.meters.edge(edge).ends(outcome, sent, now);
        if !self.calls_off(edge) {
            return;
        }
        self.leave_the_wire(request);
        self.requests[request].closed = true;
        let link = &self.model.links[self.model.edges[edge.index()].link.index()];
        let latency = self.constant_latency[edge.index()].unwrap_or_else(|| {
            // As long as the request took, so that the news cannot overtake it.
            link.latency
                .sample(&mut self.draws[edge.index()].block(key, attempt).slot(Slot::LatencyOut))
        });
        self.schedule_in(request, latency, Event::CancelReaches { request });
    }

    /// Schedules an event that names a request.
    #[inline]
    pub(super) fn schedule_for(&mut self, request: u32, at: SimTime, event: Event) {
        self.requests[request].pending += 1;
        self.queue.schedule(at, event);
    }

    #[inline]
    fn schedule_in(&mut self, request: u32, delay: SimDuration, event: Event) {
        self.schedule_for(request, self.now + delay, event);
    }

    /// A request is done; its slot is free once no scheduled event names it any more.
    pub(super) fn discard(&mut self, request: u32) {
        self.requests[request].stage = Stage::Dead;
        if self.requests[request].pending == 0 {
            self.requests.remove(request);
        }
    }
}
