//! Hedges: a call and its copies, each of which is a call of its own through the layers inside.
//!
//! The first copy has the draws that the call would have without a hedge; those of the others are
//! named by its lineage.

use super::super::Engine;
use super::super::calls::{Call, LayerState, Origin};
use super::super::event::Event;
use super::super::request::NONE;
use super::super::slab::Slotted;
use crate::kernel::draw::lineage;
use crate::kernel::{SimTime, Timer};
use crate::policy::Outcome;
use crate::policy::budget::AttemptEnd;
use crate::policy::hedge::{Do, HedgedCall};

/// A call that is hedged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hedged {
    machine: HedgedCall,
    /// The copy that was sent last, of those that are out; [`NONE`] if none is.
    last: u32,
    /// When the timer for the next copy fires, if it runs.
    due: Option<SimTime>,
    timer: Timer,
    is_gone: bool,
}

impl Hedged {
    /// One that has sent no copy yet.
    fn new(machine: HedgedCall) -> Self {
        Self { machine, last: NONE, due: None, timer: Timer::NONE, is_gone: false }
    }
}

impl Slotted for Hedged {
    const GONE: Self = Self {
        machine: HedgedCall::NONE,
        last: NONE,
        due: None,
        timer: Timer::NONE,
        is_gone: true,
    };

    fn is_gone(&self) -> bool {
        self.is_gone
    }

    fn give_way_to(&mut self, value: Self) {
        *self = value;
    }

    fn go(&mut self) {
        self.is_gone = true;
    }
}

impl<'m> Engine<'m> {
    /// A call comes to a hedge: its first copy goes inward.
    pub(in crate::model::engine) fn start_hedged(&mut self, call: u32, layer: usize) {
        self.open_budget(call, layer, self.layer_of(call, layer));
        let index = self.place_of(call, layer);
        let machine = self.guards.hedgers[index].call(self.now);
        let hedged = self.guards.hedged.insert(Hedged::new(machine));
        *self.layer_state(call, layer) = LayerState::Hedging { hedged };
        self.send_copy(call, layer, hedged);
        self.set_hedge_timer(call, layer, hedged);
    }

    fn send_copy(&mut self, call: u32, layer: usize, hedged: u32) {
        let before = self.guards.hedged[hedged].last;
        let is_first = self.guards.hedged[hedged].machine.sent() == 1;
        let outer = &self.calls[call];
        let further_copies = self.guards.further_copies[call];
        let mut copy = Call {
            origin: Origin::Layer { call, layer: layer as u8 },
            outermost: layer as u8 + 1,
            is_further: outer.is_further || !is_first,
            ..*outer
        };
        if !is_first {
            self.guards.further_copies.put(call, further_copies + 1);
            let site = !self.sites[outer.edge.index()];
            copy.key = lineage(outer.key, site.wrapping_sub(layer as u64), further_copies + 1);
            copy.attempts = 0;
        }
        let copy = self.calls.insert(copy);
        self.guards.further_copies.put(copy, further_copies);
        self.forget_destination(copy);
        self.trace_call(copy);
        self.make_room_for_layers(copy);
        self.guards.hedged[hedged].last = copy;
        *self.layer_state(copy, layer) = LayerState::Copy { before, sent: self.now };
        self.go_inward(copy, layer + 1);
    }

    /// The time for a further copy has come.
    pub(in crate::model::engine) fn hedge_is_due(&mut self, call: u32, layer: usize) {
        let LayerState::Hedging { hedged } = *self.layer_state(call, layer) else { return };
        self.guards.hedged[hedged].due = None;
        let doing =
            self.tell_hedged(call, layer, |machine, now, may_send| machine.due(now, may_send));
        self.does(call, layer, doing);
    }

    /// A copy has ended so. It is removed already, but nothing is in its place yet.
    pub(in crate::model::engine) fn copy_ended(
        &mut self,
        call: u32,
        layer: usize,
        (copy, of_copy): (u32, Call),
        outcome: Outcome,
    ) {
        let LayerState::Hedging { hedged } = *self.layer_state(call, layer) else { return };
        let Some(sent) = self.forget_copy(hedged, layer, copy) else { return };
        self.count_attempts(call, of_copy);
        if outcome.is_good() || outcome == Outcome::Timeout {
            self.observe(call, layer, sent);
        }
        let retryable = self.guards.hedged[hedged].machine.is_non_fatal(outcome);
        let end = AttemptEnd { outcome, retryable, forbidden: false };
        self.book_end_of_attempt(call, layer, self.layer_of(call, layer), end);
        let doing =
            self.tell_hedged(call, layer, |machine, now, may_send| match outcome.is_failure() {
                true => machine.failed(now, outcome, None, may_send),
                false => machine.succeeded(outcome),
            });
        self.does(call, layer, doing);
    }

    /// Tells a hedged call something; its budget is asked if a further copy is about to go out.
    fn tell_hedged(
        &mut self,
        call: u32,
        layer: usize,
        tell: impl FnOnce(&mut HedgedCall, SimTime, &mut dyn FnMut() -> bool) -> Do,
    ) -> Do {
        let LayerState::Hedging { hedged } = *self.layer_state(call, layer) else {
            return Do::Wait;
        };
        let mut machine = self.guards.hedged[hedged].machine;
        let now = self.now;
        let doing = tell(&mut machine, now, &mut || {
            self.budget_pays_for_hedge(call, layer, self.layer_of(call, layer))
        });
        self.guards.hedged[hedged].machine = machine;
        doing
    }

    fn does(&mut self, call: u32, layer: usize, doing: Do) {
        let LayerState::Hedging { hedged } = *self.layer_state(call, layer) else { return };
        match doing {
            Do::Wait => self.set_hedge_timer(call, layer, hedged),
            Do::Send => {
                self.book_attempt(call, layer, self.layer_of(call, layer));
                self.send_copy(call, layer, hedged);
                self.set_hedge_timer(call, layer, hedged);
            }
            Do::CancelOthers => {
                let last = self.guards.hedged[hedged].last;
                self.cancel_copies_but(call, layer, hedged, last);
            }
            Do::End(outcome) => {
                self.stop_hedged(call, layer, Outcome::Cancelled, outcome);
                self.go_outward(call, outcome, layer);
            }
        }
    }

    fn set_hedge_timer(&mut self, call: u32, layer: usize, hedged: u32) {
        let Hedged { machine, due, timer, .. } = self.guards.hedged[hedged];
        if machine.sends_at() == due {
            return;
        }
        self.queue.cancel(timer);
        let event = Event::LayerTimer { layer: layer as u8, call };
        let timer = machine.sends_at().map(|at| self.queue.schedule_timer(at, event));
        let state = &mut self.guards.hedged[hedged];
        (state.due, state.timer) = (machine.sends_at(), timer.unwrap_or(Timer::NONE));
    }

    /// A server begins to work on a request: if it is a copy of tied ones, the others are cancelled.
    #[cold]
    pub(in crate::model::engine) fn copy_starts(&mut self, request: u32) {
        let (mut call, generation) =
            (self.requests[request].call, self.details[request].generation);
        if self.requests[request].is_abandoned() || !self.calls.is_current(call, generation) {
            return;
        }
        while let Origin::Layer { call: outer, layer } = self.calls[call].origin {
            let layer = usize::from(layer);
            if let LayerState::Hedging { hedged } = *self.layer_state(outer, layer) {
                let doing = self.guards.hedged[hedged].machine.started();
                self.set_hedge_timer(outer, layer, hedged);
                if doing == Do::CancelOthers {
                    self.cancel_copies_but(outer, layer, hedged, call);
                }
            }
            call = outer;
        }
    }

    /// Whoever waited for a hedged call is gone, or has an answer: the copies that are out end so.
    pub(in crate::model::engine) fn stop_hedged(
        &mut self,
        call: u32,
        layer: usize,
        copies: Outcome,
        outcome: Outcome,
    ) {
        let state = std::mem::replace(self.layer_state(call, layer), LayerState::Idle);
        let LayerState::Hedging { hedged } = state else { return };
        let Hedged { last, timer, .. } = self.guards.hedged[hedged];
        self.queue.cancel(timer);
        self.guards.hedged.remove(hedged);
        let mut next = last;
        while next != NONE {
            next = self.stop_copy(call, layer, next, copies);
        }
        self.close_budget(call, layer, self.layer_of(call, layer), outcome);
    }

    fn cancel_copies_but(&mut self, call: u32, layer: usize, hedged: u32, kept: u32) {
        let mut next = self.guards.hedged[hedged].last;
        while next != NONE {
            next = match *self.layer_state(next, layer) {
                LayerState::Copy { before, .. } if next == kept => before,
                _ => self.stop_copy(call, layer, next, Outcome::Cancelled),
            };
        }
        self.guards.hedged[hedged].last = kept;
        if let LayerState::Copy { before, .. } = self.layer_state(kept, layer) {
            *before = NONE;
        }
    }

    /// The copies of a hedged call that are out, the last one first.
    pub(in crate::model::engine) fn copies_of(&mut self, layer: usize, hedged: u32) -> Vec<u32> {
        let mut copies = Vec::new();
        let mut next = self.guards.hedged[hedged].last;
        while next != NONE {
            copies.push(next);
            next = match *self.layer_state(next, layer) {
                LayerState::Copy { before, .. } => before,
                _ => NONE,
            };
        }
        copies
    }

    /// Stops a copy; the one that was sent before it.
    fn stop_copy(&mut self, call: u32, layer: usize, copy: u32, outcome: Outcome) -> u32 {
        let LayerState::Copy { before, sent } = *self.layer_state(copy, layer) else { return NONE };
        self.observe(call, layer, sent);
        self.count_attempts(call, self.calls[copy]);
        self.stop_call(copy, outcome);
        before
    }

    /// Takes a copy that has ended out of the list; when it was sent.
    fn forget_copy(&mut self, hedged: u32, layer: usize, copy: u32) -> Option<SimTime> {
        let state = std::mem::replace(self.layer_state(copy, layer), LayerState::Idle);
        let LayerState::Copy { before, sent } = state else { return None };
        let mut later = self.guards.hedged[hedged].last;
        if later == copy {
            self.guards.hedged[hedged].last = before;
            return Some(sent);
        }
        while let LayerState::Copy { before: next, .. } = self.layer_state(later, layer) {
            if *next == copy {
                *next = before;
                break;
            }
            later = *next;
        }
        Some(sent)
    }

    fn observe(&mut self, call: u32, layer: usize, sent: SimTime) {
        let index = self.place_of(call, layer);
        self.guards.hedgers[index].observed(sent, self.now);
    }

    /// The attempts of the first copy are those of the call: what comes after does not draw what
    /// they have drawn.
    fn count_attempts(&mut self, call: u32, copy: Call) {
        if copy.key == self.calls[call].key {
            self.calls[call].attempts = copy.attempts;
        }
    }
}
