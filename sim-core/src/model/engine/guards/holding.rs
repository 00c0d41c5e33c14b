//! Calls at their guards: asked, held back, told how they ended, let go on.

use super::super::Engine;
use super::super::calls::{Call, LayerState, Origin};
use super::super::event::Event;
use super::super::layer::Layer;
use super::draws::LazyDraws;
use super::{Guarding, Guards, Turn};
use crate::kernel::{SimDuration, SimTime, Timer};
use crate::policy::gate::{Answer, Ending, Gate, Pass, Ticket};
use crate::policy::{Guard, Outcome};

impl Engine<'_> {
    /// The guard that all calls meet at a layer lets one pass at once, if it can be told so easily.
    #[inline(always)]
    pub(in crate::model::engine) fn passes_at_once(&mut self, layer: &Layer<'_>) -> Option<Pass> {
        let place = layer.own.only()?;
        let pass = self.guards.guards[place].guard.admits_at_once(self.now)?;
        self.set_alarm(place);
        Some(pass)
    }

    /// A call comes to the guard of a layer: what it is told.
    #[inline(never)]
    pub(in crate::model::engine) fn ask_guard(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
    ) -> Answer {
        let place = self.state_at(call, &layer.own);
        let Call { key, attempts, edge, .. } = self.calls[call];
        let class = if self.routes[edge.index()].has_classes { self.class_of(call) } else { 0 };
        let ticket = Ticket(u64::from(call) | (index as u64) << 32);
        let Guards { guards, draws, .. } = &mut self.guards;
        let mut draws = LazyDraws::new(&draws[layer.number as usize], key, attempts);
        let answer = guards[place].guard.ask_as(self.now, ticket, class, &mut draws);
        self.set_alarm(place);
        answer
    }

    /// The class of a call: its own, or that of the request whose handler makes it.
    #[inline(never)]
    pub(in crate::model::engine) fn class_of(&self, call: u32) -> u8 {
        let edge = self.calls[call].edge;
        self.routes[edge.index()].priority.unwrap_or_else(|| match self.who_calls(call) {
            Origin::Handler { request } => self.details[request].class,
            _ => 0,
        })
    }

    /// A call goes on as a guard has told it, once the event in progress has been handled.
    pub(in crate::model::engine) fn goes_on_in_turn(
        &mut self,
        call: u32,
        layer: usize,
        answer: Answer,
    ) {
        if let Answer::Reject(outcome) = answer {
            let edge = self.calls[call].edge;
            self.meters.edge(edge).was_rejected(outcome);
        }
        *self.layer_state(call, layer) = LayerState::Released(answer);
        self.guards.turn.push_back(Turn::AtGuard { call, layer: layer as u8 });
    }

    /// An attempt of a call could not go out; the call hears of it in its turn.
    pub(in crate::model::engine) fn refuse_in_turn(&mut self, call: u32) {
        let generation = self.calls[call].generation;
        self.guards.turn.push_back(Turn::Refused { call, generation });
    }

    /// A call that a guard had let pass has ended so.
    #[inline(always)]
    pub(in crate::model::engine) fn tell_guard(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
        pass: Pass,
        outcome: Outcome,
    ) {
        let place = self.state_at(call, &layer.own);
        let took = match layer.times_calls {
            true => self.now.since(self.layer_times[self.layer_place(call, index) as u32]),
            false => SimDuration::ZERO,
        };
        let Guards { guards, released, .. } = &mut self.guards;
        guards[place].guard.ended(self.now, pass, Ending { outcome, took }, released);
        self.release(place);
    }

    /// A call no longer waits at a guard.
    pub(in crate::model::engine) fn withdraw(&mut self, call: u32, layer: usize) {
        self.no_longer_held(call);
        let index = self.place_of(call, layer);
        let ticket = Ticket(u64::from(call) | (layer as u64) << 32);
        let Guards { guards, released, .. } = &mut self.guards;
        guards[index].guard.withdrawn(self.now, ticket, released);
        self.release(index);
    }

    /// The time has come that a guard wanted to be woken at.
    #[inline(never)]
    pub(in crate::model::engine) fn wake_guard(&mut self, guard: u32) {
        let index = guard as usize;
        let Guards { guards, released, .. } = &mut self.guards;
        guards[index].alarm = Timer::NONE;
        guards[index].wakes_at = SimTime::MAX;
        guards[index].guard.wake(self.now, released);
        self.release(index);
    }

    /// Calls that guards have released go on, each in its turn.
    #[inline(never)]
    pub(in crate::model::engine) fn let_released_go_on(&mut self) {
        while let Some(turn) = self.guards.turn.pop_front() {
            match turn {
                Turn::AtGuard { call, layer } => self.goes_on(call, usize::from(layer)),
                Turn::Refused { call, generation } if self.calls.is_current(call, generation) => {
                    let edge = self.calls[call].edge;
                    self.attempt_ended(edge, call, Outcome::Refused);
                }
                Turn::Refused { .. } => {}
            }
        }
    }

    /// Marks those whom a guard has just released, and sees when it wants to be woken.
    #[inline]
    fn release(&mut self, index: usize) {
        // Mostly nobody waits.
        if !self.guards.released.is_empty() {
            self.mark_released();
        }
        self.set_alarm(index);
    }

    #[inline(never)]
    fn mark_released(&mut self) {
        let mut released = std::mem::take(&mut self.guards.released);
        for (Ticket(ticket), answer) in released.drain(..) {
            self.no_longer_held(ticket as u32);
            self.goes_on_in_turn(ticket as u32, (ticket >> 32) as usize, answer);
        }
        self.guards.released = released;
    }

    fn no_longer_held(&mut self, call: u32) {
        let edge = self.calls[call].edge;
        self.meters.edge(edge).queue.down(self.now);
    }

    /// What every visit to a guard ends with: it says when it wants to be woken, and a connection pool
    /// how many connections it holds.
    #[inline(always)]
    pub(super) fn set_alarm(&mut self, index: usize) {
        if self.guards.guards[index].is_followed {
            self.follow(index);
        }
    }

    #[inline(never)]
    fn follow(&mut self, index: usize) {
        if self.guards.guards[index].gauge.is_some() {
            self.read_gauge(index);
        }
        let guarding = &self.guards.guards[index];
        let wakes_at = guarding.guard.wakes_at().unwrap_or(SimTime::MAX);
        if wakes_at != guarding.wakes_at {
            self.move_alarm(index, wakes_at);
        }
    }

    #[inline(never)]
    fn read_gauge(&mut self, index: usize) {
        let Guarding { guard, gauge, .. } = &mut self.guards.guards[index];
        if let (Guard::ConnectionPool(pool), Some(gauge)) = (guard, gauge) {
            let before = std::mem::replace(&mut gauge.open, pool.open());
            self.meters.edge(gauge.edge).connections.moves(self.now, before, gauge.open);
        }
    }

    #[inline(never)]
    fn move_alarm(&mut self, index: usize, wakes_at: SimTime) {
        let guarding = &mut self.guards.guards[index];
        guarding.wakes_at = wakes_at;
        self.queue.cancel(guarding.alarm);
        guarding.alarm = match wakes_at {
            SimTime::MAX => Timer::NONE,
            at => {
                let event = Event::GuardWakes { guard: index as u32 };
                self.queue.schedule_timer(at.max(self.now), event)
            }
        };
    }
}
