//! What layers remember beyond a call: the guards, budgets, fallbacks and hedges of all policies, and
//! which of them a call meets.
//!
//! A guard that turns a call away or lets a waiting one go only says so; they go on once the event
//! in progress has been handled, in the order in which they were told, at the same instant.

mod budgets;
mod draws;
mod fallbacks;
mod hedges;
mod holding;
mod restart;

use std::collections::VecDeque;

use super::super::spec::{EdgeId, EdgeSpec, Model, ServiceId, Step};
use super::super::workload::Load;
use super::Engine;
#[cfg(debug_assertions)]
use super::calls::LayerState;
use super::calls::Origin;
use super::slab::{Beside, Slab};
use crate::kernel::draw::{Component, KeyedDraws};
use crate::kernel::{SimTime, Timer};
use crate::model::RunSeed;
use crate::policy::budget::{Budget, BudgetMachine, CallMemory};
use crate::policy::fallback::LastGood;
#[cfg(debug_assertions)]
use crate::policy::gate::Answer;
use crate::policy::gate::Released;
use crate::policy::{Guard, GuardKind, Hedger, Hedging, ResolvedLayer, RetryPolicy, Scope, Scoped};
pub(super) use draws::LazyDraws;
use hedges::Hedged;

/// What layers remember beyond a call.
#[derive(Debug)]
pub(super) struct Guards {
    guards: Vec<Guarding>,
    budgets: Vec<BudgetMachine>,
    /// Of each fallback: when those who share it last had a good answer.
    last_good: Vec<LastGood>,
    /// Of each hedge: how long the calls of those who share it take.
    hedgers: Vec<Hedger>,
    /// Of each edge, where the states of each layer are; empty if no policy has any.
    places: Vec<Vec<Places>>,
    /// What budgets remember of each call, in the places of its layers' states.
    memories: Vec<CallMemory>,
    /// The calls that are hedged, with their copies.
    hedged: Slab<Hedged>,
    /// By slot of a call that hedges may copy: how many further copies they have made of it.
    pub(super) further_copies: Beside<u32>,
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
    /// Of a connection pool.
    gauge: Option<Gauge>,
}

/// Where the connections of a pool are counted, and how many have been.
#[derive(Debug)]
struct Gauge {
    /// The first that shares the pool.
    edge: EdgeId,
    open: u32,
}

/// Where the states of a layer are, if it has any.
#[derive(Debug, Default)]
struct Places {
    /// The guard, what a fallback remembers, or the hedger.
    own: Option<Place>,
    budget: Option<Place>,
    draws: Option<KeyedDraws>,
}

/// States of one kind, side by side.
#[derive(Clone, Copy, Debug)]
struct Place {
    first: u32,
    count: u32,
    scope: Scope,
    /// How many of them belong to each calling instance: one for each instance that is called.
    each: u32,
}

/// Who calls along an edge.
#[derive(Clone, Copy)]
struct Callers {
    /// How many calling instances, or one population.
    instances: u32,
    /// How many clients or users, or as many as instances.
    clients: u32,
    /// How many instances are called.
    callees: u32,
}

impl Callers {
    /// How many states a scope takes.
    fn states(self, scope: Scope) -> u32 {
        match scope {
            Scope::Caller => self.instances,
            Scope::Client => self.clients,
            Scope::Shared => 1,
            Scope::Callee => self.instances * self.callees,
        }
    }
}

/// The two kinds of state that one layer can have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Own,
    Budget,
}

/// The states that calls under one policy share, whoever makes them: by the policy's name, the
/// layer and the kind.
type Shared<'m> = Vec<((&'m str, usize, Kind), u32)>;

impl Guards {
    /// What all layers remember at the start of a run.
    pub(super) fn new(model: &Model, seed: RunSeed) -> Self {
        let mut guards = Self {
            guards: Vec::new(),
            budgets: Vec::new(),
            last_good: Vec::new(),
            hedgers: Vec::new(),
            places: Vec::new(),
            memories: Vec::new(),
            hedged: Slab::new(),
            further_copies: Beside::new(0),
            released: Released::new(),
            turn: VecDeque::new(),
        };
        let mut shared = Shared::new();
        for (index, edge) in model.edges.iter().enumerate() {
            let callers = callers_along(model, EdgeId(index as u16));
            let mut places = Vec::new();
            for (layer, resolved) in edge.policy.layers.iter().enumerate() {
                let mut place = |kind| {
                    let scope = scope_of(resolved, kind)?;
                    let name = (&*edge.policy.name, layer, kind);
                    // A policy without a name is nobody else's.
                    let known = shared.iter().find(|(known, _)| {
                        scope == Scope::Shared && !name.0.is_empty() && *known == name
                    });
                    let count = callers.states(scope);
                    let first = match known {
                        Some((_, first)) => *first,
                        None => guards.add(resolved, kind, count, EdgeId(index as u16)),
                    };
                    if scope == Scope::Shared {
                        shared.push((name, first));
                    }
                    let each = if scope == Scope::Callee { callers.callees } else { 1 };
                    Some(Place { first, count, scope, each })
                };
                let (own, budget) = (place(Kind::Own), place(Kind::Budget));
                let draws = own.map(|_| {
                    let component = Component::named(&format!("{} layer {layer}", edge.name));
                    KeyedDraws::new(seed.seed, seed.replication, component)
                });
                places.push(Places { own, budget, draws });
            }
            guards.places.push(places);
        }
        guards
    }

    /// Adds so many states of a kind for a layer; the place of the first.
    fn add(&mut self, layer: &ResolvedLayer, kind: Kind, count: u32, edge: EdgeId) -> u32 {
        match (layer, kind) {
            (ResolvedLayer::Guard(policy), _) => append(&mut self.guards, count, || Guarding {
                guard: policy.kind.start(),
                wakes_at: SimTime::MAX,
                alarm: Timer::NONE,
                gauge: matches!(policy.kind, GuardKind::ConnectionPool(_))
                    .then_some(Gauge { edge, open: 0 }),
            }),
            (ResolvedLayer::Fallback(_), _) => {
                append(&mut self.last_good, count, LastGood::default)
            }
            (ResolvedLayer::Hedge(hedging), Kind::Own) => {
                append(&mut self.hedgers, count, || hedging.kind.hedger())
            }
            (layer, _) => match budget_of(layer) {
                Some(budget) => {
                    append(&mut self.budgets, count, || budget.kind.start(SimTime::ZERO))
                }
                None => 0,
            },
        }
    }

    /// The guard at a place.
    pub(super) fn guard(&self, place: usize) -> &Guard {
        &self.guards[place].guard
    }

    /// Whether calls are waiting for their turn to go on.
    #[inline]
    pub(super) fn has_released(&self) -> bool {
        !self.turn.is_empty()
    }
}

/// Appends so many; the place of the first.
fn append<T>(states: &mut Vec<T>, count: u32, start: impl FnMut() -> T) -> u32 {
    let first = states.len() as u32;
    states.extend(std::iter::repeat_with(start).take(count as usize));
    first
}

/// Whose calls share a layer's state of a kind; `None` if it has none.
fn scope_of(layer: &ResolvedLayer, kind: Kind) -> Option<Scope> {
    if kind == Kind::Budget {
        return budget_of(layer).map(|budget| budget.scope);
    }
    match layer {
        ResolvedLayer::Guard(policy) => Some(policy.scope),
        ResolvedLayer::Fallback(fallback) => Some(fallback.scope),
        ResolvedLayer::Hedge(hedging) => Some(hedging.scope),
        ResolvedLayer::Retry(_) | ResolvedLayer::Timeout(_) | ResolvedLayer::Deadline(_) => None,
    }
}

fn budget_of(layer: &ResolvedLayer) -> Option<&Scoped<Budget>> {
    match layer {
        ResolvedLayer::Retry(RetryPolicy { budget, .. }) => budget.as_ref(),
        ResolvedLayer::Hedge(Hedging { budget, .. }) => budget.as_ref(),
        _ => None,
    }
}

fn callers_along(model: &Model, edge: EdgeId) -> Callers {
    let called = model.endpoints[model.edges[edge.index()].to.index()].service;
    let callees = model.services[called.index()].instances;
    let stands_in = |other: &EdgeSpec| other.substitutes.iter().any(|s| s.edge == edge);
    if let Some(around) = model.edges.iter().position(stands_in) {
        return Callers { callees, ..callers_along(model, EdgeId(around as u16)) };
    }
    if let Some(client) = model.clients.iter().find(|client| client.edge == edge) {
        let clients = match &client.load {
            Load::Open(load) => load.clients,
            Load::Closed(load) => load.users,
        };
        return Callers { instances: 1, clients: clients.max(1), callees };
    }
    let instances =
        caller_along(model, edge).map_or(1, |service| model.services[service.index()].instances);
    Callers { instances, clients: instances, callees }
}

/// The service whose handlers call along an edge, if one does.
fn caller_along(model: &Model, edge: EdgeId) -> Option<ServiceId> {
    let stands_in = |other: &EdgeSpec| other.substitutes.iter().any(|s| s.edge == edge);
    if let Some(around) = model.edges.iter().position(stands_in) {
        return caller_along(model, EdgeId(around as u16));
    }
    let makes_it = |step: &Step| matches!(step, Step::Call { edge: made, .. } if *made == edge);
    let endpoint = model.endpoints.iter().find(|endpoint| endpoint.steps.iter().any(makes_it));
    endpoint.map(|endpoint| endpoint.service)
}

impl Engine<'_> {
    /// The guard, fallback or hedger of a layer that a call meets.
    #[inline]
    pub(super) fn place_of(&self, call: u32, layer: usize) -> usize {
        let edge = self.calls[call].edge;
        self.state_at(call, self.guards.places[edge.index()][layer].own)
    }

    /// The budget of a layer that a call meets.
    #[inline]
    fn budget_of(&self, call: u32, layer: usize) -> usize {
        let edge = self.calls[call].edge;
        self.state_at(call, self.guards.places[edge.index()][layer].budget)
    }

    /// That of the states at a place which a call meets.
    #[inline]
    fn state_at(&self, call: u32, place: Option<Place>) -> usize {
        let Some(Place { first, count, scope, each }) = place else { return 0 };
        // Mostly there is only one, whoever calls.
        if count == 1 {
            return first as usize;
        }
        (first + self.nth_state(call, count, scope, each)) as usize
    }

    /// Which of so many states is that of whoever makes a call.
    #[inline(never)]
    fn nth_state(&self, call: u32, count: u32, scope: Scope, each: u32) -> u32 {
        match (scope, self.who_calls(call)) {
            (Scope::Callee, origin) => {
                let caller = match origin {
                    Origin::Handler { request } => self.requests[request].instance,
                    _ => 0,
                };
                let destination = self.destination(call).unwrap_or(0);
                (caller * each + destination) % count
            }
            (Scope::Shared, _) | (Scope::Caller, Origin::Client { .. }) => 0,
            (Scope::Client, Origin::Client { user, .. }) => user % count,
            (_, Origin::Handler { request }) => self.requests[request].instance % count,
            _ => 0,
        }
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
                Guard::ConnectionPool(pool) => pool.running(),
                Guard::Breaker(_) | Guard::RateLimit(_) | Guard::Throttle(_) => continue,
            };
            assert_eq!(running, inside, "{:?}", guarding.guard);
        }
    }
}
