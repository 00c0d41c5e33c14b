//! A call: what a client or a handler wants, through the layers of its policy.
//!
//! The layers are an onion. A call goes *inward* layer by layer until an attempt goes out onto
//! the wire; an outcome goes *outward* layer by layer until one of them tries again or the call
//! ends.

use super::super::spec::EdgeId;
use super::super::trace::{Happened, What};
use super::Engine;
use super::calls::{Call, LayerState, Origin};
use super::event::Event;
use super::layer::{Layer, Role};
use super::request::NONE;
use super::route::Route;
use crate::kernel::SimDuration;
use crate::kernel::draw::Slot;
use crate::policy::backoff::BackoffState;
use crate::policy::budget::AttemptEnd;
use crate::policy::gate::{Answer, Pass};
use crate::policy::{Outcome, RetryPolicy};

impl<'m> Engine<'m> {
    /// A client or a handler wants something: the call goes inward.
    #[inline]
    pub(super) fn start_call(
        &mut self,
        edge: EdgeId,
        key: u64,
        origin: Origin,
        thinks: SimDuration,
    ) {
        let call = self.calls.insert(Call::made(self.now, edge, key, origin, thinks));
        self.make_room_for_layers(call);
        let route = &self.routes[edge.index()];
        if route.is_noted {
            self.note_call(call);
        }
        match origin {
            Origin::Client { client, .. } => {
                let now = self.now;
                self.meters.client(client).arrives(now);
            }
            // Before the call goes anywhere: it may end at once.
            Origin::Handler { request } => self.details.at(request).nested = call,
            Origin::Broker { .. } | Origin::Probe { .. } | Origin::Layer { .. } => {}
        }
        self.go_inward_along(route, call, 0);
    }

    /// The client or handler on whose behalf a call is made.
    #[inline]
    pub(super) fn who_calls(&self, mut call: u32) -> Origin {
        loop {
            match self.calls[call].origin {
                Origin::Layer { call: outer, .. } => call = outer,
                origin => return origin,
            }
        }
    }

    /// From the layer with this number inward, and out onto the wire, or until a guard holds it
    /// back.
    #[inline(never)]
    pub(super) fn go_inward(&mut self, call: u32, from: usize) {
        self.go_inward_along(&self.routes[self.calls[call].edge.index()], call, from);
    }

    /// As [`Engine::go_inward`], of a call along this route.
    #[inline(always)]
    fn go_inward_along(&mut self, route: &'m Route<'m>, call: u32, from: usize) {
        let started = self.calls[call].started;
        let first = self.layer_place(call, 0);
        for (index, layer) in route.layers.iter().enumerate().skip(from) {
            let place = first + index;
            let state = match layer.role {
                Role::Retry(_) => {
                    self.open_budget(call, index, layer);
                    let backoff = BackoffState::default();
                    LayerState::Retrying { waits: false, told_after: 0, attempts: 1, backoff }
                }
                Role::Timeout { lane, after } => {
                    if self.deadlines.are_sent {
                        self.note_time(call, index, self.now + after);
                    }
                    let event = Event::LayerTimer { layer: index as u8, call };
                    LayerState::Timed { timer: self.queue.schedule_in_lane(lane, event) }
                }
                Role::Deadline { lane, after } => {
                    let ends = started + after;
                    if self.deadlines.are_sent {
                        self.note_time(call, index, ends);
                    }
                    let event = Event::LayerTimer { layer: index as u8, call };
                    // It counts from the start of the call, even inside a retry.
                    let timer = match started == self.now {
                        true => self.queue.schedule_in_lane(lane, event),
                        false => self.queue.schedule_timer(ends.max(self.now), event),
                    };
                    if ends <= self.now {
                        // A retry around it comes too late: the timer fires before anything goes out.
                        self.layer_states[place] = LayerState::Timed { timer };
                        return;
                    }
                    LayerState::Timed { timer }
                }
                Role::Fallback(_) => LayerState::Idle,
                Role::Hedge => return self.start_hedged(call, index),
                Role::Guard => {
                    let mut passed = None;
                    if !route.is_bound {
                        passed = self.passes_at_once(layer);
                    }
                    let Some(pass) = passed.or_else(|| self.comes_to_guard(route, call, index))
                    else {
                        return;
                    };
                    if layer.times_calls {
                        self.layer_times.put(place as u32, self.now);
                    }
                    LayerState::Passed { pass }
                }
            };
            self.layer_states[place] = state;
        }
        self.send(route, call);
    }

    /// A call asks the guard of a layer: what it is let pass with, if it is let go on inward at once.
    #[inline(never)]
    fn comes_to_guard(&mut self, route: &Route<'_>, call: u32, index: usize) -> Option<Pass> {
        let answer = match route.is_bound && !self.has_destination_at(call, index) {
            true => Answer::Reject(Outcome::Refused),
            false => self.ask_guard(call, index, &route.layers[index]),
        };
        match answer {
            Answer::Admit(pass) => return Some(pass),
            Answer::Wait => self.waits_at_guard(call, index),
            // Told in its turn: whoever starts a call need not fear that it has ended already.
            Answer::Reject(_) => self.goes_on_in_turn(call, index, answer),
        }
        None
    }

    fn waits_at_guard(&mut self, call: u32, index: usize) {
        let edge = self.calls[call].edge;
        self.meters.edge(edge).queue.up(self.now);
        self.tracer.tell(|r| r.waits(call, What::Layer(edge, index as u8), self.now));
        *self.layer_state(call, index) = LayerState::Waiting;
        self.note_time(call, index, self.now);
    }

    /// A call goes on from the guard of a layer as it was told to, if it is still there.
    pub(super) fn goes_on(&mut self, call: u32, layer: usize) {
        let state = *self.layer_state(call, layer);
        let LayerState::Released(answer) = state else { return };
        self.trace_goes_on(call, layer, answer);
        match answer {
            Answer::Admit(pass) => {
                *self.layer_state(call, layer) = LayerState::Passed { pass };
                if self.layer_of(call, layer).times_calls {
                    self.note_time(call, layer, self.now);
                }
                self.go_inward(call, layer + 1);
            }
            Answer::Reject(outcome) => {
                *self.layer_state(call, layer) = LayerState::Idle;
                self.go_outward(call, outcome, layer);
            }
            Answer::Wait => {}
        }
    }

    /// An outcome of what is inside the layer with this number goes outward from there.
    pub(super) fn go_outward(&mut self, call: u32, outcome: Outcome, inside: usize) {
        let edge = self.calls[call].edge;
        self.go_outward_along(&self.routes[edge.index()], call, outcome, inside);
    }

    /// As [`Engine::go_outward`], of a call along this route.
    ///
    /// Whoever knows the route need not wait for the call to come from memory before the states of its
    /// layers can be sent for.
    fn go_outward_along(
        &mut self,
        route: &'m Route<'m>,
        call: u32,
        mut outcome: Outcome,
        inside: usize,
    ) {
        let layers = &route.layers;
        let outermost = usize::from(self.calls[call].outermost);
        let first = self.layer_place(call, 0);
        let mut index = inside;
        while index > outermost {
            index -= 1;
            let (layer, place) = (&layers[index], first + index);
            match layer.role {
                Role::Retry(retry) => {
                    if self.tries_again((call, index, place), layer, retry, outcome) {
                        return;
                    }
                    // It has no timer that runs: something inside has just ended.
                    self.layer_states[place] = LayerState::Idle;
                    self.close_budget(call, index, layer, outcome);
                }
                Role::Timeout { .. } | Role::Deadline { .. } => {
                    let state = std::mem::replace(&mut self.layer_states[place], LayerState::Idle);
                    if let LayerState::Timed { timer } = state {
                        self.queue.cancel(timer);
                    }
                }
                Role::Fallback(fallback) => {
                    let Some(made_do) = self.at_fallback(call, index, layer, fallback, outcome)
                    else {
                        return;
                    };
                    outcome = made_do;
                }
                Role::Guard => {
                    let state = &mut self.layer_states[place];
                    if let LayerState::Passed { pass } = *state {
                        *state = LayerState::Idle;
                        self.tell_guard(call, index, layer, pass, outcome);
                    } else {
                        self.leave_layer(call, index, outcome);
                    }
                }
                Role::Hedge => self.leave_layer(call, index, outcome),
            }
        }
        self.end_call(call, outcome);
    }

    /// Whether a retry layer tries again after this outcome: then its wait has begun.
    #[inline(always)]
    fn tries_again(
        &mut self,
        (call, index, place): (u32, usize, usize),
        layer: &Layer<'_>,
        retry: &RetryPolicy,
        outcome: Outcome,
    ) -> bool {
        let LayerState::Retrying { attempts, waits, .. } = self.layer_states[place] else {
            debug_assert!(false, "an outcome comes to a retry that has let nothing through");
            return false;
        };
        debug_assert!(!waits, "a retry that waits hears of an outcome");
        let retryable = retry.on.contains(outcome);
        let end = AttemptEnd { outcome, retryable, forbidden: false };
        self.book_end_of_attempt(call, index, layer, end);
        let used_up = retry.max_attempts.is_some_and(|max| attempts >= max.get());
        if used_up || !retryable {
            return false;
        }
        self.waits_to_try_again(call, index, layer, retry, outcome)
    }

    /// As [`Engine::tries_again`], of an outcome that the layer would try again after.
    #[inline(never)]
    fn waits_to_try_again(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
        retry: &RetryPolicy,
        outcome: Outcome,
    ) -> bool {
        let LayerState::Retrying { mut told_after, attempts, mut backoff, .. } =
            *self.layer_state(call, index)
        else {
            return false;
        };
        let Call { key, edge, attempts: sent, .. } = self.calls[call];
        let block = self.draws[edge.index()].block(key, sent);
        let mut delay = retry.backoff.delay_after(
            outcome,
            attempts - u32::from(told_after),
            &mut backoff,
            &mut block.slot(Slot::Jitter),
        );
        if let Some(told) = self.told.filter(|_| outcome == Outcome::Throttled) {
            delay = retry.retry_after.wait(delay, told, &mut block.slot(Slot::Jitter));
            if retry.retry_after.starts_anew() {
                backoff = BackoffState::default();
                told_after = u16::try_from(attempts).unwrap_or(u16::MAX);
            }
        }
        if self.passes_a_deadline(call, index, delay) {
            self.tracer.tell(|r| r.notes(call, Happened::NoTimeToRetry, self.now));
            return false;
        }
        if !self.budget_pays(call, index, layer, outcome) {
            self.tracer.tell(|r| r.notes(call, Happened::BudgetIsEmpty, self.now));
            return false;
        }
        self.tracer.tell(|r| r.waits(call, What::Backoff(edge), self.now));
        let event = Event::LayerTimer { layer: index as u8, call };
        let wait = self.queue.schedule_timer(self.now + delay, event);
        self.waits.put(call, wait);
        *self.layer_state(call, index) =
            LayerState::Retrying { waits: true, told_after, attempts, backoff };
        true
    }

    /// Whether an attempt after this wait could only start when a deadline outside of the layer
    /// has passed.
    fn passes_a_deadline(&self, call: u32, index: usize, wait: SimDuration) -> bool {
        let Call { started, edge, .. } = self.calls[call];
        let outside = &self.routes[edge.index()].layers[..index];
        outside.iter().any(|layer| {
            matches!(layer.role, Role::Deadline { after, .. } if self.now + wait >= started + after)
        })
    }

    /// The timer of a layer fires: a timeout or a deadline passes, or a wait is over.
    #[inline(never)]
    pub(super) fn layer_timer_fires(&mut self, call: u32, layer: u8) {
        let index = usize::from(layer);
        let layer = self.layer_of(call, index);
        let outcome = match layer.role {
            Role::Retry(_) => return self.wait_is_over(call, index, layer),
            Role::Hedge => return self.hedge_is_due(call, index),
            Role::Timeout { .. } => Outcome::Timeout,
            Role::Deadline { .. } => Outcome::Deadline,
            // A guard has an alarm of its own, and a fallback takes no time.
            Role::Guard | Role::Fallback(_) => return,
        };
        *self.layer_state(call, index) = LayerState::Idle;
        self.tracer.tell(|r| r.notes(call, Happened::TimeIsUp(outcome), self.now));
        self.stop_inside(call, index + 1, outcome);
        self.go_outward(call, outcome, index);
    }

    /// The wait of a retry is over: the next attempt goes inward.
    fn wait_is_over(&mut self, call: u32, index: usize, layer: &Layer<'_>) {
        self.tracer.tell(|r| r.waits_no_more(call, self.now));
        if let LayerState::Retrying { attempts, waits, .. } = self.layer_state(call, index) {
            (*attempts, *waits) = (*attempts + 1, false);
        }
        self.book_attempt(call, index, layer);
        self.go_inward(call, index + 1);
    }

    /// Stops everything inside, from the layer with this number on: timers, waits, calls that layers
    /// have made, the attempt on the wire, which ends so.
    fn stop_inside(&mut self, call: u32, from: usize, outcome: Outcome) {
        self.tracer.tell(|r| r.waits_no_more(call, self.now));
        let layers = self.routes[self.calls[call].edge.index()].layers.len();
        for index in (from..layers).rev() {
            match *self.layer_state(call, index) {
                LayerState::Hedging { .. } => {
                    self.stop_hedged(call, index, outcome, Outcome::Cancelled);
                }
                LayerState::Asking { asked, .. } => {
                    *self.layer_state(call, index) = LayerState::Idle;
                    self.stop_call(asked, outcome);
                }
                _ => self.leave_layer(call, index, Outcome::Cancelled),
            }
        }
        let request = std::mem::replace(&mut self.calls[call].request, NONE);
        if request != NONE {
            self.abandon(request, outcome);
        }
    }

    /// A layer is done with a call that ends so: its timer stops, its guard and its budget hear
    /// of it.
    #[inline(never)]
    fn leave_layer(&mut self, call: u32, index: usize, outcome: Outcome) {
        let state = std::mem::replace(self.layer_state(call, index), LayerState::Idle);
        match state {
            LayerState::Idle => {}
            LayerState::Timed { timer } => {
                self.queue.cancel(timer);
            }
            LayerState::Retrying { waits, .. } => {
                if waits {
                    self.queue.cancel(self.waits[call]);
                }
                self.close_budget(call, index, self.layer_of(call, index), outcome);
            }
            LayerState::Passed { pass } => {
                self.tell_guard(call, index, self.layer_of(call, index), pass, outcome);
            }
            LayerState::Waiting => self.withdraw(call, index),
            LayerState::Released(Answer::Admit(pass)) => {
                self.note_time(call, index, self.now);
                self.tell_guard(call, index, self.layer_of(call, index), pass, outcome);
            }
            LayerState::Released(_)
            | LayerState::Hedging { .. }
            | LayerState::Copy { .. }
            | LayerState::Asking { .. } => {}
        }
    }

    /// The attempt that a call of this edge waits for has ended so.
    #[inline(never)]
    pub(super) fn attempt_ended(&mut self, edge: EdgeId, call: u32, outcome: Outcome) {
        self.attempt_ended_along(&self.routes[edge.index()], call, outcome);
    }

    /// As [`Engine::attempt_ended`], of a call along this route.
    #[inline(always)]
    pub(super) fn attempt_ended_along(
        &mut self,
        route: &'m Route<'m>,
        call: u32,
        outcome: Outcome,
    ) {
        self.calls[call].request = NONE;
        self.go_outward_along(route, call, outcome, route.layers.len());
    }

    /// A good answer to an attempt that was given up ends the call, where the policy accepts it.
    pub(super) fn accept_late_answer(&mut self, call: u32) {
        self.tracer.tell(|r| r.notes(call, Happened::LateAccepted, self.now));
        self.stop_inside(call, 0, Outcome::Cancelled);
        self.end_call(call, Outcome::Ok);
    }

    /// Whoever made the call is gone: nothing of it goes on, and nobody hears of it.
    pub(super) fn drop_call(&mut self, call: u32) {
        self.stop_call(call, Outcome::Cancelled);
    }

    /// As [`Engine::drop_call`]; the attempt on the wire ends so.
    pub(super) fn stop_call(&mut self, call: u32, outcome: Outcome) {
        self.stop_inside(call, 0, outcome);
        self.tracer.tell(|r| r.call_ends(call, outcome, self.now));
        self.calls.remove(call);
    }

    #[inline(always)]
    fn end_call(&mut self, call: u32, outcome: Outcome) {
        if self.tracer.is_on() {
            self.trace_end_of_call(call, outcome);
        }
        let Call { started, origin, thinks, .. } = self.calls[call];
        if let Origin::Layer { call: maker, layer } = origin {
            return self.made_call_ended(maker, usize::from(layer), call, outcome);
        }
        self.calls.remove(call);
        match origin {
            Origin::Layer { .. } => {}
            Origin::Client { client, user } => {
                let now = self.now;
                let meter = self.meters.client(client);
                meter.ends(outcome, started, now);
                meter.in_flight.down(now);
                if outcome.is_good() {
                    meter.was_good();
                }
                self.user_was_answered(client, user, thinks);
            }
            Origin::Handler { request } => self.handler_was_answered(request, outcome),
            Origin::Broker { message } => self.delivery_ends(message, outcome),
            Origin::Probe { of_life, service, instance } => {
                self.probe_ends(of_life, service, instance, outcome);
            }
        }
    }

    /// A call that a layer of another call has made has ended so.
    #[inline(never)]
    fn made_call_ended(&mut self, maker: u32, layer: usize, call: u32, outcome: Outcome) {
        let made = self.calls[call];
        self.calls.remove(call);
        match self.layer_of(maker, layer).role {
            Role::Hedge => self.copy_ended(maker, layer, (call, made), outcome),
            Role::Fallback(_) => self.somebody_else_answered(maker, layer, outcome),
            _ => {}
        }
    }
}
