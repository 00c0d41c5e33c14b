//! The guards and budgets of all policies: which of them a call meets, and what becomes of those
//! who wait.
//!
//! A guard that turns a call away or lets a waiting one go only says so; they go on once the event
//! in progress has been handled, in the order in which they were told, at the same instant.

use std::collections::VecDeque;
use std::convert::Infallible;

use rand::TryRng;
use rand::rand_core::utils::fill_bytes_via_next_word;

use super::super::spec::{EdgeId, Model, Step};
use super::super::workload::Load;
use super::Engine;
use super::call::{Call, LayerState, Origin};
use super::event::Event;
use crate::kernel::draw::{Component, KeyedDraws, Slot};
use crate::kernel::{SimTime, Timer};
use crate::model::RunSeed;
use crate::policy::budget::{AttemptEnd, BudgetMachine, CallMemory};
use crate::policy::fallback::{FallbackPolicy, LastGood};
use crate::policy::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use crate::policy::{Guard, Outcome, ResolvedLayer, RetryPolicy, Scope};

/// The guards and budgets of all policies.
#[derive(Debug, Default)]
pub(super) struct Guards {
    guards: Vec<Guarding>,
    budgets: Vec<BudgetMachine>,
    /// Of each fallback: when those who share it last had a good answer.
    last_good: Vec<LastGood>,
    /// Of each edge, where the state of each layer is; empty if no policy has any.
    places: Vec<Vec<Option<Place>>>,
    /// What budgets remember of each call, in the places of its layers' states.
    memories: Vec<CallMemory>,
    released: Released,
    /// Calls that go on, in their order.
    turn: VecDeque<Turn>,
}

/// A call whose turn to go on is to come.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// From the guard of a layer, as it was told.
    AtGuard { call: u32, layer: u8 },
    /// From the wire, onto which its attempt could not go.
    Refused { call: u32, generation: u32 },
}

/// A guard and when it is to be woken.
#[derive(Debug)]
struct Guarding {
    guard: Guard,
    wakes_at: SimTime,
    alarm: Timer,
}

/// Where the state of a layer is.
#[derive(Clone, Debug)]
struct Place {
    /// The first of its guards or budgets.
    first: u32,
    count: u32,
    scope: Scope,
    draws: KeyedDraws,
}

/// Who calls along an edge.
#[derive(Clone, Copy)]
struct Callers {
    /// How many calling instances, or one population.
    instances: u32,
    /// How many clients or users, or as many as instances.
    clients: u32,
}

impl Guards {
    /// All guards and budgets of the model, at their start.
    pub(super) fn new(model: &Model, seed: RunSeed) -> Self {
        let mut guards = Self::default();
        let mut shared: Vec<(&str, usize, u32)> = Vec::new();
        for (index, edge) in model.edges.iter().enumerate() {
            let callers = callers_along(model, EdgeId(index as u16));
            let mut places = Vec::new();
            for (layer, resolved) in edge.policy.layers.iter().enumerate() {
                let Some(scope) = scope_of(resolved) else {
                    places.push(None);
                    continue;
                };
                let count = match scope {
                    Scope::Caller => callers.instances,
                    Scope::Client => callers.clients,
                    Scope::Shared => 1,
                };
                // A policy without a name is nobody else's.
                let known = shared.iter().find(|(name, at, _)| {
                    scope == Scope::Shared
                        && !name.is_empty()
                        && (*name, *at) == (&*edge.policy.name, layer)
                });
                let first = match known {
                    Some((.., first)) => *first,
                    None => guards.add(resolved, count),
                };
                if scope == Scope::Shared {
                    shared.push((&edge.policy.name, layer, first));
                }
                let component = Component::named(&format!("{} layer {layer}", edge.name));
                let draws = KeyedDraws::new(seed.seed, seed.replication, component);
                places.push(Some(Place { first, count, scope, draws }));
            }
            guards.places.push(places);
        }
        guards
    }

    /// Adds so many guards or budgets of a layer; the place of the first.
    fn add(&mut self, layer: &ResolvedLayer, count: u32) -> u32 {
        match layer {
            ResolvedLayer::Guard(policy) => {
                let first = self.guards.len() as u32;
                self.guards.extend((0..count).map(|_| Guarding {
                    guard: policy.kind.start(),
                    wakes_at: SimTime::MAX,
                    alarm: Timer::NONE,
                }));
                first
            }
            ResolvedLayer::Retry(RetryPolicy { budget: Some(budget), .. }) => {
                let first = self.budgets.len() as u32;
                let start = |_| budget.kind.start(SimTime::ZERO);
                self.budgets.extend((0..count).map(start));
                first
            }
            ResolvedLayer::Fallback(_) => {
                let first = self.last_good.len() as u32;
                self.last_good.extend((0..count).map(|_| LastGood::default()));
                first
            }
            _ => 0,
        }
    }

    /// Whether calls are waiting for their turn to go on.
    #[inline]
    pub(super) fn has_released(&self) -> bool {
        !self.turn.is_empty()
    }
}

fn scope_of(layer: &ResolvedLayer) -> Option<Scope> {
    match layer {
        ResolvedLayer::Guard(policy) => Some(policy.scope),
        ResolvedLayer::Retry(retry) => retry.budget.as_ref().map(|budget| budget.scope),
        ResolvedLayer::Fallback(fallback) => Some(fallback.scope),
        ResolvedLayer::Timeout(_) | ResolvedLayer::Deadline(_) => None,
    }
}

fn callers_along(model: &Model, edge: EdgeId) -> Callers {
    if let Some(client) = model.clients.iter().find(|client| client.edge == edge) {
        let clients = match &client.load {
            Load::Open(load) => load.clients,
            Load::Closed(load) => load.users,
        };
        return Callers { instances: 1, clients: clients.max(1) };
    }
    let makes_it = |step: &Step| matches!(step, Step::Call { edge: made, .. } if *made == edge);
    let endpoint = model.endpoints.iter().find(|endpoint| endpoint.steps.iter().any(makes_it));
    let instances = endpoint.map_or(1, |e| model.services[e.service.index()].instances);
    Callers { instances, clients: instances }
}

/// Draws that few ask for, computed only if somebody does.
pub(super) struct LazyDraws<'a> {
    draws: &'a KeyedDraws,
    call: u64,
    attempt: u32,
    taken: u32,
}

const SLOTS: [Slot; 8] = [
    Slot::Think,
    Slot::Demand,
    Slot::LatencyOut,
    Slot::LatencyBack,
    Slot::LossOut,
    Slot::LossBack,
    Slot::Jitter,
    Slot::Branch,
];

impl<'a> LazyDraws<'a> {
    /// Those for one attempt of a call.
    pub(super) fn new(draws: &'a KeyedDraws, call: u64, attempt: u32) -> Self {
        Self { draws, call, attempt, taken: 0 }
    }
}

impl TryRng for LazyDraws<'_> {
    type Error = Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let (step, slot) = (self.taken / 8, SLOTS[self.taken as usize % 8]);
        self.taken += 1;
        Ok(self.draws.block_of_step(self.call, self.attempt, step).bits(slot))
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill_bytes_via_next_word(bytes, || self.try_next_u64())
    }
}

impl Engine<'_> {
    /// A call comes to the guard of a layer: what it is told.
    pub(super) fn ask_guard(&mut self, call: u32, layer: usize) -> Answer {
        let index = self.place_of(call, layer);
        let (key, attempt) = (self.calls[call].key, self.calls[call].attempts);
        let edge = self.calls[call].edge;
        let ticket = Ticket(u64::from(call) | (layer as u64) << 32);
        let Some(place) = &self.guards.places[edge.index()][layer] else {
            return Answer::Admit(Pass::default());
        };
        let mut draws = LazyDraws::new(&place.draws, key, attempt);
        let answer = self.guards.guards[index].guard.ask(self.now, ticket, &mut draws);
        self.set_alarm(index);
        answer
    }

    /// A call goes on as a guard has told it, once the event in progress has been handled.
    pub(super) fn goes_on_in_turn(&mut self, call: u32, layer: usize, answer: Answer) {
        if let Answer::Reject(outcome) = answer {
            let edge = self.calls[call].edge;
            self.meters.edge(edge).was_rejected(outcome);
        }
        *self.layer_state(call, layer) = LayerState::Released(answer);
        self.guards.turn.push_back(Turn::AtGuard { call, layer: layer as u8 });
    }

    /// An attempt of a call could not go out; the call hears of it in its turn.
    pub(super) fn refuse_in_turn(&mut self, call: u32) {
        let generation = self.calls.generation(call);
        self.guards.turn.push_back(Turn::Refused { call, generation });
    }

    /// A call that a guard had let pass has ended so.
    pub(super) fn tell_guard(
        &mut self,
        call: u32,
        layer: usize,
        (pass, since): (Pass, SimTime),
        outcome: Outcome,
    ) {
        let index = self.place_of(call, layer);
        let ending = Ending { outcome, took: self.now.since(since) };
        let Guards { guards, released, .. } = &mut self.guards;
        guards[index].guard.ended(self.now, pass, ending, released);
        self.release(index);
    }

    /// A call no longer waits at a guard.
    pub(super) fn withdraw(&mut self, call: u32, layer: usize) {
        let index = self.place_of(call, layer);
        let ticket = Ticket(u64::from(call) | (layer as u64) << 32);
        let Guards { guards, released, .. } = &mut self.guards;
        guards[index].guard.withdrawn(self.now, ticket, released);
        self.release(index);
    }

    /// The time has come that a guard wanted to be woken at.
    #[inline(never)]
    pub(super) fn wake_guard(&mut self, guard: u32) {
        let index = guard as usize;
        let Guards { guards, released, .. } = &mut self.guards;
        guards[index].alarm = Timer::NONE;
        guards[index].wakes_at = SimTime::MAX;
        guards[index].guard.wake(self.now, released);
        self.release(index);
    }

    /// Calls that guards have released go on, each in its turn.
    #[inline(never)]
    pub(super) fn let_released_go_on(&mut self) {
        while let Some(turn) = self.guards.turn.pop_front() {
            match turn {
                Turn::AtGuard { call, layer } => self.goes_on(call, usize::from(layer)),
                Turn::Refused { call, generation } if self.calls.is_current(call, generation) => {
                    self.attempt_ended(call, Outcome::Refused);
                }
                Turn::Refused { .. } => {}
            }
        }
    }

    /// Marks those whom a guard has just released, and sees when it wants to be woken.
    fn release(&mut self, index: usize) {
        let mut released = std::mem::take(&mut self.guards.released);
        for (Ticket(ticket), answer) in released.drain(..) {
            self.goes_on_in_turn(ticket as u32, (ticket >> 32) as usize, answer);
        }
        self.guards.released = released;
        self.set_alarm(index);
    }

    fn set_alarm(&mut self, index: usize) {
        let guarding = &mut self.guards.guards[index];
        let wakes_at = guarding.guard.wakes_at().unwrap_or(SimTime::MAX);
        if wakes_at == guarding.wakes_at {
            return;
        }
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

    /// What becomes of an outcome at a fallback: a failure that it makes up for is `degraded`.
    pub(super) fn at_fallback(
        &mut self,
        call: u32,
        layer: usize,
        fallback: &FallbackPolicy,
        outcome: Outcome,
    ) -> Outcome {
        let index = self.place_of(call, layer);
        let now = self.now;
        if outcome.is_good() {
            self.guards.last_good[index].note(now);
        }
        if !fallback.on.contains(outcome) {
            return outcome;
        }
        let Call { edge, key, attempts: attempt, .. } = self.calls[call];
        let Some(place) = &self.guards.places[edge.index()][layer] else { return outcome };
        let mut draws = LazyDraws { draws: &place.draws, call: key, attempt, taken: 0 };
        match fallback.helps(now, self.guards.last_good[index], &mut draws) {
            true => Outcome::Degraded,
            false => outcome,
        }
    }

    /// The guard, budget or fallback of a layer that a call meets.
    fn place_of(&self, call: u32, layer: usize) -> usize {
        let Some(place) = &self.guards.places[self.calls[call].edge.index()][layer] else {
            return 0;
        };
        let nth = match (place.scope, self.calls[call].origin) {
            (Scope::Shared, _) | (Scope::Caller, Origin::Client { .. }) => 0,
            (Scope::Client, Origin::Client { user, .. }) => user % place.count,
            (_, Origin::Handler { request }) => self.requests[request].instance % place.count,
        };
        (place.first + nth) as usize
    }

    /// A call comes to a retry with a budget.
    pub(super) fn open_budget(&mut self, call: u32, layer: usize) {
        let (index, memory) = (self.place_of(call, layer), self.memory_of(call, layer));
        if self.guards.memories.len() <= memory {
            self.guards.memories.resize(memory + 1, CallMemory::default());
        }
        self.guards.memories[memory] = CallMemory::default();
        let (budgets, memories) = (&mut self.guards.budgets, &mut self.guards.memories);
        budgets[index].call_starts(self.now, &mut memories[memory]);
        budgets[index].attempt_starts(self.now, &mut memories[memory]);
    }

    /// A retry goes out under a budget.
    pub(super) fn book_attempt(&mut self, call: u32, layer: usize) {
        let (index, memory) = (self.place_of(call, layer), self.memory_of(call, layer));
        let Guards { budgets, memories, .. } = &mut self.guards;
        budgets[index].attempt_starts(self.now, &mut memories[memory]);
    }

    /// An attempt under a budget has ended so.
    pub(super) fn book_end_of_attempt(&mut self, call: u32, layer: usize, end: AttemptEnd) {
        let (index, memory) = (self.place_of(call, layer), self.memory_of(call, layer));
        let Guards { budgets, memories, .. } = &mut self.guards;
        budgets[index].attempt_ends(self.now, &mut memories[memory], end);
    }

    /// Whether a budget pays for a retry.
    pub(super) fn budget_pays(&mut self, call: u32, layer: usize, outcome: Outcome) -> bool {
        let (index, memory) = (self.place_of(call, layer), self.memory_of(call, layer));
        let Guards { budgets, memories, .. } = &mut self.guards;
        let pays = budgets[index].may_retry(self.now, &mut memories[memory], outcome);
        if !pays {
            let edge = self.calls[call].edge;
            self.meters.edge(edge).was_rejected(Outcome::RejectedBudget);
        }
        pays
    }

    /// A call under a budget is over.
    pub(super) fn close_budget(&mut self, call: u32, layer: usize, outcome: Outcome) {
        let (index, memory) = (self.place_of(call, layer), self.memory_of(call, layer));
        let Guards { budgets, memories, .. } = &mut self.guards;
        budgets[index].call_ends(self.now, &mut memories[memory], outcome);
    }

    /// Every guard that counts whom it has let pass counts those who are still inside.
    #[cfg(debug_assertions)]
    pub(super) fn assert_guards(&mut self) {
        let mut inside = vec![0; self.guards.guards.len()];
        let calls: Vec<u32> = self.calls.slots().collect();
        for call in calls {
            let layers = self.model.edges[self.calls[call].edge.index()].policy.layers.len();
            for layer in 0..layers {
                if let LayerState::Passed { .. } | LayerState::Released(Answer::Admit(_)) =
                    *self.layer_state(call, layer)
                {
                    inside[self.place_of(call, layer)] += 1;
                }
            }
        }
        for (guarding, inside) in self.guards.guards.iter().zip(inside) {
            let running = match &guarding.guard {
                Guard::Bulkhead(bulkhead) => bulkhead.running(),
                Guard::ConcurrencyLimit(limit) => limit.running(),
                Guard::Breaker(_) | Guard::RateLimit(_) | Guard::Throttle(_) => continue,
            };
            assert_eq!(running, inside, "{:?}", guarding.guard);
        }
    }

    fn memory_of(&self, call: u32, layer: usize) -> usize {
        call as usize * self.layers_per_call + layer
    }
}
