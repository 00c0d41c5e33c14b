//! The network between a caller and an instance: sending, answering, losing, closing.

use super::super::network::{LinkSpec, Loss};
use super::super::spec::{Deadlines, EdgeId};
use super::super::trace::Happened;
use super::Engine;
use super::calls::{Call, Origin};
use super::event::Event;
use super::front::affinity;
use super::limits::Attempt;
use super::request::{Details, NONE, Request, Stage};
use super::route::Route;
use super::zoned;
use crate::kernel::draw::{DrawBlock, Slot, unit_f64};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;

/// What was drawn for the first attempt of a call before it is sent.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) edge: EdgeId,
    pub(super) key: u64,
    pub(super) drawn: Drawn,
}

/// See [`Ahead`].
#[derive(Debug)]
pub(super) enum Drawn {
    /// Everything.
    Block(DrawBlock),
    /// The demand of its first step, where nothing else is drawn.
    Demand(SimDuration),
}

impl<'m> Engine<'m> {
    /// Sends an attempt of a call onto the wire.
    #[inline(always)]
    pub(super) fn send(&mut self, route: &'m Route<'m>, call: u32) {
        let state = &mut self.calls[call];
        state.attempts += 1;
        let Call { edge, key, attempts: attempt, mut origin, is_further, .. } = *state;
        if let Origin::Layer { .. } = origin {
            origin = self.who_calls(call);
        }
        let told = if route.is_told { self.told_destination(call, origin) } else { None };
        let fresh;
        let (block, demand) = match &self.ahead {
            ahead if attempt == 1 && (ahead.edge, ahead.key) == (edge, key) => match &ahead.drawn {
                Drawn::Block(block) => (block, None),
                Drawn::Demand(demand) => (&DrawBlock::UNUSED, Some(*demand)),
            },
            _ if route.draws => {
                fresh = self.draws[edge.index()].block(key, attempt);
                (&fresh, None)
            }
            _ => (&DrawBlock::UNUSED, None),
        };
        let chosen = match told {
            Some(_) => told,
            None => self.fronts[route.service.index()].choose(
                self.now,
                (edge, || zoned::number_of(origin, self.model, &self.requests, self.routes)),
                || affinity(origin, &self.details),
                || self.zoned.of(origin, &self.requests, self.routes),
                &mut block.slot(Slot::Branch),
            ),
        };
        let Some(instance) = chosen else { return self.finds_no_instance(call, edge) };
        let now = self.now;
        let demand = match (demand, route.first_demand) {
            (Some(demand), _) => demand,
            (None, Some(demand)) => demand.sample(&mut block.slot(Slot::Demand)),
            (None, None) => SimDuration::ZERO,
        };
        let request = self.requests.insert(Request::sent(now, edge, call, instance, demand));
        self.calls[call].request = request;
        let meter = self.meters.edge(edge);
        meter.arrives(now);
        if attempt > 1 || is_further {
            meter.was_retry();
        }
        let arrives = Event::Reaches { request };
        match route.sure_latency {
            Some(latency) => self.queue.schedule(now + latency, arrives),
            None if route.is_conveyed => {}
            None => {
                let latency = transmit(route.link, block, Slot::LossOut, Slot::LatencyOut);
                self.arrives_or_is_lost(request, route.link, latency, arrives);
            }
        }
        if route.has_details {
            self.note_details(request, call, origin);
        }
        if route.deadlines != Deadlines::Ignored {
            self.send_deadline(call, request);
        }
    }

    /// Notes beside the slot of a request that is sent what somebody may ask of it.
    #[inline(never)]
    fn note_details(&mut self, request: u32, call: u32, origin: Origin) {
        let Call { key, edge, attempts: attempt, .. } = self.calls[call];
        let class = if self.routes[edge.index()].has_classes { self.class_of(call) } else { 0 };
        // A handler's calls carry the version of the row that was last read on its behalf.
        let version = match origin {
            Origin::Handler { request } => self.details_of(request).version,
            _ => 0,
        };
        let generation = self.calls[call].generation;
        let details =
            Details { key, attempt, generation, version, class, queued: self.now, nested: NONE };
        self.details.put(request, details);
        self.note_what_it_is_about(request, call, origin);
        self.trace_attempt(request, call);
        if self.routes[edge.index()].is_conveyed {
            self.sets_out(request, call, origin);
        }
    }

    /// No instance may be chosen: the attempt is refused without going out.
    #[cold]
    fn finds_no_instance(&mut self, call: u32, edge: EdgeId) {
        self.meters.edge(edge).was_rejected(Outcome::Refused);
        self.tracer.tell(|r| r.notes(call, Happened::NoInstance, self.now));
        self.refuse_in_turn(call);
    }

    /// Sends the answer of a request back to its caller.
    #[inline(never)]
    pub(super) fn transmit_answer(&mut self, request: u32, outcome: Outcome) {
        self.transmit_answer_along(self.route_of(request), request, outcome);
    }

    /// As [`Engine::transmit_answer`], of a request along this route.
    #[inline(always)]
    pub(super) fn transmit_answer_along(
        &mut self,
        route: &'m Route<'m>,
        request: u32,
        outcome: Outcome,
    ) {
        let state = &mut self.requests[request];
        state.stage = Stage::Inbound;
        state.outcome = outcome;
        state.pending += 1;
        let arrives = Event::AnswerReaches { request };
        if let Some(latency) = route.sure_latency {
            return self.queue.schedule(self.now + latency, arrives);
        }
        if route.is_local {
            state.pending -= 1;
            return self.task_ends(request, outcome);
        }
        let edge = state.edge;
        self.trace_answer(request);
        if route.is_conveyed {
            return self.answer_sets_out(request);
        }
        let Details { key, attempt, .. } = *self.details_of(request);
        let block = self.draws[edge.index()].block(key, attempt);
        let latency = transmit(route.link, &block, Slot::LossBack, Slot::LatencyBack);
        self.arrives_or_is_lost(request, route.link, latency, arrives);
    }

    /// A message arrives after its latency or, lost, never; then the operating system gives up on
    /// the connection in the end. The request is already counted as named by what is scheduled.
    fn arrives_or_is_lost(
        &mut self,
        request: u32,
        link: &LinkSpec,
        latency: Option<SimDuration>,
        arrives: Event,
    ) {
        match latency {
            Some(latency) => self.queue.schedule(self.now + latency, arrives),
            None => {
                self.tracer.tell(|r| r.message_is_lost(request, self.now));
                self.queue.schedule_apart(self.now + link.give_up, Event::GivesUp { request });
            }
        }
    }

    /// An answer reaches its caller.
    #[inline]
    pub(super) fn answer_reaches(&mut self, request: u32) {
        let Request { call, edge, outcome, .. } = self.requests[request];
        let (abandoned, closed) =
            (self.requests[request].is_abandoned(), self.requests[request].is_closed());
        let route = &self.routes[edge.index()];
        self.leave_the_wire(route, request);
        self.discard(request);
        if abandoned {
            // Over a connection that is closed, nothing comes that could be accepted.
            if !closed {
                self.late_answer(call, request, edge, outcome);
            }
            return;
        }
        let has_details = route.has_details;
        if has_details {
            self.tracer.tell(|r| r.hears(request, Some(outcome), self.now));
            if let Origin::Handler { request: handler } = self.who_calls(call) {
                self.details.at(handler).version = self.details[request].version;
            }
        }
        if outcome.is_good() {
            self.was_good(route, edge);
        } else if has_details {
            let Details { generation, attempt, .. } = self.details[request];
            self.hear_when_to_come_again(request, Attempt(call, generation, attempt));
        } else {
            self.told = None;
        }
        self.attempt_ended_along(route, call, outcome);
    }

    /// A good answer counts where it was made, once it has found somebody waiting.
    #[inline]
    fn was_good(&mut self, route: &Route<'_>, edge: EdgeId) {
        self.meters.edge(edge).was_good();
        self.meters.book(route.served, |meter| meter.was_good());
    }

    /// The answer of a request whose slot has just been left reaches nobody who waits.
    #[inline(never)]
    fn late_answer(&mut self, call: u32, slot: u32, edge: EdgeId, outcome: Outcome) {
        self.tracer.tell(|r| r.comes_late(slot, self.now));
        let route = &self.routes[edge.index()];
        if route.accepts_late_answers
            && outcome.is_good()
            && self.calls.is_current(call, self.details[slot].generation)
        {
            self.was_good(route, edge);
            self.accept_late_answer(call);
        }
    }

    /// The operating system gives up on a connection that stays silent.
    #[inline(never)]
    pub(super) fn gives_up(&mut self, request: u32) {
        let Request { call, edge, .. } = self.requests[request];
        let abandoned = self.requests[request].is_abandoned();
        self.requests[request].outcome = Outcome::Lost;
        let ends = (!abandoned).then_some(Outcome::Lost);
        self.tracer.tell(|r| r.hears(request, ends, self.now));
        self.leave_the_wire(self.route_of(request), request);
        self.discard(request);
        if !abandoned {
            self.attempt_ended(edge, call, Outcome::Lost);
        }
    }

    /// The caller's side of a request is done: the connection is closed, and the attempt has its
    /// outcome unless it was given up before.
    #[inline(always)]
    fn leave_the_wire(&mut self, route: &Route<'_>, request: u32) {
        let state = &self.requests[request];
        if state.is_closed() {
            return;
        }
        let now = self.now;
        let (outcome, abandoned) = (state.outcome, state.is_abandoned());
        let Route { is_watched, service, .. } = *route;
        if is_watched {
            self.fronts[service.index()].done(now, state.instance, state.sent);
        }
        let meter = self.meters.edge(state.edge);
        meter.in_flight.down(now);
        if !abandoned {
            meter.ends(outcome, state.sent, now);
            if is_watched {
                self.tell_outliers(request, outcome);
            }
        }
    }

    /// The caller stops waiting for an attempt, which ends so. Where the policy says so, it closes
    /// the connection and the news travels to the instance.
    pub(super) fn abandon(&mut self, request: u32, outcome: Outcome) {
        let Request { edge, sent, .. } = self.requests[request];
        let now = self.now;
        self.requests[request].abandon();
        self.tracer.tell(|r| r.is_given_up(request, outcome, now));
        self.meters.edge(edge).ends(outcome, sent, now);
        let route = &self.routes[edge.index()];
        if route.is_watched {
            self.tell_outliers(request, outcome);
        }
        if !route.calls_off {
            return;
        }
        self.leave_the_wire(route, request);
        self.requests[request].close();
        let latency = route.constant_latency.unwrap_or_else(|| {
            // As long as the request took, so that the news cannot overtake it.
            let Details { key, attempt, .. } = *self.details_of(request);
            let block = self.draws[edge.index()].block(key, attempt);
            route.link.latency.sample(&mut block.slot(Slot::LatencyOut))
        });
        let comes = match route.is_conveyed {
            false => Some(now + latency),
            true => self.news_comes(request, latency),
        };
        if let Some(comes) = comes {
            self.schedule_for(request, comes, Event::CancelReaches { request });
        }
    }

    /// The connection of an attempt is reset, whoever is told of it: whatever comes of the request,
    /// nobody hears of it.
    pub(super) fn cut_off(&mut self, request: u32) {
        self.abandon(request, Outcome::Reset);
        if !self.requests[request].is_closed() {
            self.leave_the_wire(self.route_of(request), request);
            self.requests[request].close();
        }
    }

    /// Schedules an event that names a request.
    pub(super) fn schedule_for(&mut self, request: u32, at: SimTime, event: Event) {
        self.requests[request].pending += 1;
        self.queue.schedule_apart(at, event);
    }

    /// A request is done; its slot is free once no scheduled event names it any more.
    #[inline(always)]
    pub(super) fn discard(&mut self, request: u32) {
        let state = &mut self.requests[request];
        state.stage = Stage::Dead;
        if state.pending == 0 {
            self.requests.remove(request);
        }
    }
}

/// One message: how long it is under way, unless it is lost.
fn transmit(link: &LinkSpec, block: &DrawBlock, loss: Slot, latency: Slot) -> Option<SimDuration> {
    let lost = match link.loss {
        Loss::Independent(share) => share > 0.0 && unit_f64(block.bits(loss)) < share,
        // Those that remember are conveyed.
        Loss::Correlated { .. } | Loss::GilbertElliott(_) => false,
    };
    (!lost).then(|| link.latency.sample(&mut block.slot(latency)))
}
