//! A call: what a client or a handler wants, through the layers of its policy.
//!
//! The layers are an onion. A call goes *inward* layer by layer until an attempt goes out onto
//! the wire; an outcome goes *outward* layer by layer until one of them tries again or the call
//! ends.

use super::super::spec::{ClientId, EdgeId};
use super::Engine;
use super::event::Event;
use super::request::NONE;
use crate::kernel::draw::Slot;
use crate::kernel::{LaneId, SimDuration, SimTime, Timer};
use crate::policy::backoff::BackoffState;
use crate::policy::{Abandoned, Outcome, ResolvedLayer, RetryPolicy};

/// A call in progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// Names its draws: the number of the call or, of a handler's, its lineage.
    pub(super) key: u64,
    pub(super) started: SimTime,
    pub(super) origin: Origin,
    pub(super) edge: EdgeId,
    /// How many attempts it has made.
    pub(super) attempts: u32,
    /// The attempt that it waits for.
    pub(super) request: u32,
    /// Of a client of a closed loop: the draw for the thinking after it.
    pub(super) think: u64,
}

/// Who makes a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// A client; of a closed loop, which user of it.
    Client { client: ClientId, user: u32 },
    /// The handler of a request.
    Handler { request: u32 },
}

/// What a layer remembers of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerState {
    timer: Timer,
    /// Of a retry: how many attempts it has let through.
    attempts: u32,
    backoff: BackoffState,
}

impl LayerState {
    pub(super) const FRESH: Self =
        Self { timer: Timer::NONE, attempts: 0, backoff: BackoffState { previous: 0.0 } };
}

/// The lane of each layer's timer, if its delay is constant.
pub(super) type Lanes = Vec<Option<LaneId>>;

impl Engine<'_> {
    /// A client or a handler wants something: the call goes inward.
    pub(super) fn start_call(&mut self, edge: EdgeId, key: u64, origin: Origin, think: u64) -> u32 {
        let call = self.calls.insert(Call {
            key,
            started: self.now,
            origin,
            edge,
            attempts: 0,
            request: NONE,
            think,
        });
        let states = (call as usize + 1) * self.layers_per_call;
        if self.layer_states.len() < states {
            self.layer_states.resize(states, LayerState::FRESH);
        }
        if let Origin::Client { client, .. } = origin {
            let (bin, now) = (self.meters.bin(), self.now);
            self.meters.client(client).arrives(bin, now);
        }
        self.go_inward(call, 0);
        call
    }

    /// From the layer with this number inward, and out onto the wire.
    fn go_inward(&mut self, call: u32, from: usize) {
        let edge = self.calls[call].edge;
        let layers = &self.model.edges[edge.index()].policy.layers;
        for (index, layer) in layers.iter().enumerate().skip(from) {
            let mut state = LayerState::FRESH;
            match layer {
                ResolvedLayer::Retry(_) => state.attempts = 1,
                ResolvedLayer::Timeout(_) | ResolvedLayer::Deadline(_) => {
                    state.timer = self.set_layer_timer(call, edge, index);
                }
            }
            *self.layer_state(call, index) = state;
        }
        self.send(call);
    }

    fn set_layer_timer(&mut self, call: u32, edge: EdgeId, layer: usize) -> Timer {
        let event = Event::LayerTimer { layer: layer as u8, call };
        let spec = &self.model.edges[edge.index()].policy.layers[layer];
        let started = self.calls[call].started;
        match (spec, self.lanes[edge.index()][layer]) {
            // A deadline counts from the start of the call, even inside a retry.
            (ResolvedLayer::Deadline(limit), _) if started < self.now => {
                self.queue.schedule_timer((started + *limit).max(self.now), event)
            }
            (_, Some(lane)) => self.queue.schedule_in_lane(lane, event),
            (_, None) => Timer::NONE,
        }
    }

    /// An outcome of what is inside the layer with this number goes outward from there.
    pub(super) fn go_outward(&mut self, call: u32, outcome: Outcome, inside: usize) {
        let model = self.model;
        let layers = &model.edges[self.calls[call].edge.index()].policy.layers;
        for index in (0..inside).rev() {
            match &layers[index] {
                ResolvedLayer::Retry(retry) => {
                    if self.tries_again(call, index, retry, outcome) {
                        return;
                    }
                }
                ResolvedLayer::Timeout(_) | ResolvedLayer::Deadline(_) => {
                    self.cancel_layer_timer(call, index);
                }
            }
        }
        self.end_call(call, outcome);
    }

    /// Whether a retry layer tries again after this outcome: then its wait has begun.
    fn tries_again(
        &mut self,
        call: u32,
        index: usize,
        retry: &RetryPolicy,
        outcome: Outcome,
    ) -> bool {
        let LayerState { attempts, mut backoff, .. } = *self.layer_state(call, index);
        let used_up = retry.max_attempts.is_some_and(|max| attempts >= max.get());
        if used_up || !retry.on.contains(outcome) {
            return false;
        }
        let Call { key, edge, attempts: sent, .. } = self.calls[call];
        let block = self.draws[edge.index()].block(key, sent);
        let wait = retry.backoff.delay_after(
            outcome,
            attempts,
            &mut backoff,
            &mut block.slot(Slot::Jitter),
        );
        if self.passes_a_deadline(call, index, wait) {
            return false;
        }
        let event = Event::LayerTimer { layer: index as u8, call };
        let timer = self.queue.schedule_timer(self.now + wait, event);
        *self.layer_state(call, index) = LayerState { timer, attempts, backoff };
        true
    }

    /// Whether an attempt after this wait could only start when a deadline outside of the layer
    /// has passed.
    fn passes_a_deadline(&self, call: u32, index: usize, wait: SimDuration) -> bool {
        let Call { started, edge, .. } = self.calls[call];
        let outside = &self.model.edges[edge.index()].policy.layers[..index];
        outside.iter().any(|layer| {
            matches!(layer, ResolvedLayer::Deadline(limit) if self.now + wait >= started + *limit)
        })
    }

    /// The timer of a layer fires: a timeout or a deadline passes, or a wait is over.
    pub(super) fn layer_timer_fires(&mut self, call: u32, layer: u8) {
        let index = usize::from(layer);
        self.layer_state(call, index).timer = Timer::NONE;
        let model = self.model;
        let outcome = match model.edges[self.calls[call].edge.index()].policy.layers[index] {
            ResolvedLayer::Retry(_) => {
                self.layer_state(call, index).attempts += 1;
                return self.go_inward(call, index + 1);
            }
            ResolvedLayer::Timeout(_) => Outcome::Timeout,
            ResolvedLayer::Deadline(_) => Outcome::Deadline,
        };
        self.stop_inside(call, index + 1, outcome);
        self.go_outward(call, outcome, index);
    }

    /// Stops everything inside, from the layer with this number on: timers, waits, the attempt on
    /// the wire, which ends so.
    fn stop_inside(&mut self, call: u32, from: usize, outcome: Outcome) {
        let layers = self.model.edges[self.calls[call].edge.index()].policy.layers.len();
        for index in from..layers {
            self.cancel_layer_timer(call, index);
        }
        let request = std::mem::replace(&mut self.calls[call].request, NONE);
        if request != NONE {
            self.abandon(request, outcome);
        }
    }

    /// The attempt that a call waits for has ended so.
    pub(super) fn attempt_ended(&mut self, call: u32, outcome: Outcome) {
        self.calls[call].request = NONE;
        let layers = self.model.edges[self.calls[call].edge.index()].policy.layers.len();
        self.go_outward(call, outcome, layers);
    }

    /// A good answer to an attempt that was given up ends the call, where the policy accepts it.
    pub(super) fn accept_late_answer(&mut self, call: u32) {
        self.stop_inside(call, 0, Outcome::Cancelled);
        self.end_call(call, Outcome::Ok);
    }

    /// Whoever made the call is gone: nothing of it goes on, and nobody hears of it.
    pub(super) fn drop_call(&mut self, call: u32) {
        self.stop_inside(call, 0, Outcome::Cancelled);
        self.calls.remove(call);
    }

    fn end_call(&mut self, call: u32, outcome: Outcome) {
        let Call { started, origin, key, think, .. } = self.calls[call];
        self.calls.remove(call);
        match origin {
            Origin::Client { client, user } => {
                let now = self.now;
                let meter = self.meters.client(client);
                meter.ends(outcome, started, now);
                meter.in_flight.down(now);
                if outcome.is_good() {
                    meter.was_good();
                }
                self.user_was_answered(client, user, key, think);
            }
            Origin::Handler { request } => self.handler_was_answered(request, outcome),
        }
    }

    #[inline]
    fn layer_state(&mut self, call: u32, layer: usize) -> &mut LayerState {
        &mut self.layer_states[call as usize * self.layers_per_call + layer]
    }

    #[inline]
    fn cancel_layer_timer(&mut self, call: u32, layer: usize) {
        let timer = std::mem::replace(&mut self.layer_state(call, layer).timer, Timer::NONE);
        self.queue.cancel(timer);
    }

    /// Whether work that this call abandons is called off.
    pub(super) fn calls_off(&self, edge: EdgeId) -> bool {
        self.model.edges[edge.index()].policy.abandoned == Abandoned::Cancelled
    }
}
