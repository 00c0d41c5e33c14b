//! The network between a caller and an instance: sending, answering, losing, closing.

use super::super::spec::{EdgeId, LinkSpec};
use super::Engine;
use super::call::Origin;
use super::event::Event;
use super::front::affinity;
use super::request::{NONE, Request, Stage};
use super::route::Route;
use crate::kernel::draw::{DrawBlock, Slot, unit_f64};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::{LateAnswers, Outcome};

impl Engine<'_> {
    /// Sends an attempt of a call onto the wire.
    pub(super) fn send(&mut self, call: u32) {
        let (edge, key) = (self.calls[call].edge, self.calls[call].key);
        self.calls[call].attempts += 1;
        let attempt = self.calls[call].attempts;
        let Route { service, draws, .. } = self.routes[edge.index()];
        let block = if draws { self.block_of(edge, key, attempt) } else { DrawBlock::default() };
        let origin = self.calls[call].origin;
        let chosen = self.fronts[service.index()].choose(
            self.now,
            || affinity(origin, &self.requests),
            &mut block.slot(Slot::Branch),
        );
        let Some(instance) = chosen else { return self.finds_no_instance(call, edge) };
        let request = self.requests.insert(Request {
            key,
            sent: self.now,
            reached: self.now,
            worker_since: self.now,
            demand: block.bits(Slot::Demand),
            call,
            call_generation: self.calls.generation(call),
            attempt,
            instance,
            version: self.version_seen_by(origin),
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
        let due = match self.routes[edge.index()].sure_latency() {
            Some(latency) => return self.schedule_in(request, latency, Event::Reaches { request }),
            None => self.transmit(edge, &block, Slot::LossOut, Slot::LatencyOut),
        };
        self.arrives_or_is_lost(request, due, Event::Reaches { request });
    }

    /// No instance may be chosen: the attempt is refused without going out.
    fn finds_no_instance(&mut self, call: u32, edge: EdgeId) {
        self.meters.edge(edge).was_rejected(Outcome::Refused);
        self.attempt_ended(call, Outcome::Refused);
    }

    /// The draws of an attempt.
    #[inline]
    fn block_of(&self, edge: EdgeId, key: u64, attempt: u32) -> DrawBlock {
        let (ahead_edge, ahead_key, ahead) = &self.ahead;
        if attempt == 1 && (*ahead_edge, *ahead_key) == (edge, key) {
            return *ahead;
        }
        self.draws[edge.index()].block(key, attempt)
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
        let Request { edge, key, attempt, .. } = self.requests[request];
        let arrives = Event::AnswerReaches { request };
        if let Some(latency) = self.routes[edge.index()].sure_latency() {
            return self.schedule_in(request, latency, arrives);
        }
        let block = self.draws[edge.index()].block(key, attempt);
        let latency = self.transmit(edge, &block, Slot::LossBack, Slot::LatencyBack);
        self.arrives_or_is_lost(request, latency, arrives);
    }

    /// One message: how long it is under way, unless it is lost.
    fn transmit(
        &self,
        edge: EdgeId,
        block: &DrawBlock,
        loss: Slot,
        latency: Slot,
    ) -> Option<SimDuration> {
        let link = self.link_of(edge);
        let lost = link.loss > 0.0 && unit_f64(block.bits(loss)) < link.loss;
        (!lost).then(|| link.latency.sample(&mut block.slot(latency)))
    }

    /// A message arrives after its latency or, lost, never; then the operating system gives up on
    /// the connection in the end.
    fn arrives_or_is_lost(&mut self, request: u32, latency: Option<SimDuration>, arrives: Event) {
        let give_up = self.link_of(self.requests[request].edge).give_up;
        match latency {
            Some(latency) => self.schedule_in(request, latency, arrives),
            None => self.schedule_in(request, give_up, Event::GivesUp { request }),
        }
    }

    fn link_of(&self, edge: EdgeId) -> &LinkSpec {
        &self.model.links[self.model.edges[edge.index()].link.index()]
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
        let Route { service, endpoint, is_measured_apart, .. } = self.routes[edge.index()];
        self.meters.edge(edge).was_good();
        self.meters.service(service).was_good();
        if is_measured_apart && let Some(meter) = self.meters.endpoint(endpoint.index()) {
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
        self.fronts[service.index()].done(now, instance, sent);
        let meter = self.meters.edge(edge);
        meter.in_flight.down(now);
        if !abandoned {
            meter.ends(outcome, sent, now);
            self.tell_outliers(request, outcome);
        }
    }

    /// The caller stops waiting for an attempt, which ends so. Where the policy says so, it closes
    /// the connection and the news travels to the instance.
    pub(super) fn abandon(&mut self, request: u32, outcome: Outcome) {
        let Request { edge, sent, key, attempt, .. } = self.requests[request];
        let now = self.now;
        self.requests[request].abandoned = true;
        self.meters.edge(edge).ends(outcome, sent, now);
        self.tell_outliers(request, outcome);
        if !self.calls_off(edge) {
            return;
        }
        self.leave_the_wire(request);
        self.requests[request].closed = true;
        let latency = self.routes[edge.index()].constant_latency.unwrap_or_else(|| {
            // As long as the request took, so that the news cannot overtake it.
            let block = self.draws[edge.index()].block(key, attempt);
            self.link_of(edge).latency.sample(&mut block.slot(Slot::LatencyOut))
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
