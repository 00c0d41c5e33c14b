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
mod layout;
mod restart;

use std::collections::VecDeque;

use super::super::spec::{EdgeId, Model};
use super::Engine;
#[cfg(debug_assertions)]
use super::calls::LayerState;
use super::calls::Origin;
use super::layer::Layer;
use super::slab::{Beside, Slab};
use crate::kernel::draw::{Component, KeyedDraws};
use crate::kernel::{SimTime, Timer};
use crate::model::RunSeed;
use crate::policy::budget::{BudgetMachine, CallMemory};
use crate::policy::fallback::LastGood;
#[cfg(debug_assertions)]
use crate::policy::gate::Answer;
use crate::policy::gate::{Gate, Released};
use crate::policy::{Guard, GuardKind, Hedger, ResolvedLayer, Scope};
pub(super) use draws::LazyDraws;
use hedges::Hedged;
use layout::{Kind, Start};
pub(super) use layout::{Layout, Place, Places, budget_of};

/// What layers remember beyond a call.
#[derive(Debug)]
pub(super) struct Guards {
    guards: Vec<Guarding>,
    budgets: Vec<BudgetMachine>,
    /// Of each fallback: when those who share it last had a good answer.
    last_good: Vec<LastGood>,
    /// Of each hedge: how long the calls of those who share it take.
    hedgers: Vec<Hedger>,
    /// By number of a layer: what is drawn for calls there.
    draws: Vec<KeyedDraws>,
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
    /// Whether somebody wants to know after each visit when it is to be woken, or what it holds.
    is_followed: bool,
    wakes_at: SimTime,
    alarm: Timer,
    /// Of a connection pool.
    gauge: Option<Gauge>,
}

impl Guarding {
    /// A guard at its start; `edge` is the first that it guards.
    fn new(kind: &GuardKind, edge: EdgeId) -> Self {
        let guard = kind.start();
        let is_pool = matches!(kind, GuardKind::ConnectionPool(_));
        Self {
            is_followed: is_pool || guard.may_wake(),
            guard,
            wakes_at: SimTime::MAX,
            alarm: Timer::NONE,
            gauge: is_pool.then_some(Gauge { edge, open: 0 }),
        }
    }
}

/// Where the connections of a pool are counted, and how many have been.
#[derive(Debug)]
struct Gauge {
    /// The first that shares the pool.
    edge: EdgeId,
    open: u32,
}

impl Guards {
    /// What all layers remember at the start of a run.
    pub(super) fn new(model: &Model, seed: RunSeed) -> Self {
        let mut guards = Self {
            guards: Vec::new(),
            budgets: Vec::new(),
            last_good: Vec::new(),
            hedgers: Vec::new(),
            draws: Vec::new(),
            memories: Vec::new(),
            hedged: Slab::new(),
            further_copies: Beside::new(0),
            released: Released::new(),
            turn: VecDeque::new(),
        };
        let layout = Layout::of(model);
        layout.starts.iter().for_each(|start| guards.add(start));
        debug_assert_eq!(guards.sizes(), layout.sizes, "states lie elsewhere than was laid out");
        for edge in &model.edges {
            guards.draws.extend((0..edge.policy.layers.len()).map(|layer| {
                let component = Component::named(&format!("{} layer {layer}", edge.name));
                KeyedDraws::new(seed.seed, seed.replication, component)
            }));
        }
        guards
    }

    /// How many states lie in each [`layout::Heap`].
    fn sizes(&self) -> [u32; layout::HEAPS] {
        let Self { guards, last_good, hedgers, budgets, .. } = self;
        [guards.len(), last_good.len(), hedgers.len(), budgets.len()].map(|size| size as u32)
    }

    /// Adds the states that a layer has at its start.
    fn add(&mut self, start: &Start<'_>) {
        let Start { layer, kind, count, edge } = *start;
        match (layer, kind) {
            (ResolvedLayer::Guard(policy), _) => {
                append(&mut self.guards, count, || Guarding::new(&policy.kind, edge));
            }
            (ResolvedLayer::Fallback(_), _) => {
                append(&mut self.last_good, count, LastGood::default);
            }
            (ResolvedLayer::Hedge(hedging), Kind::Own) => {
                append(&mut self.hedgers, count, || hedging.kind.hedger());
            }
            (layer, _) => {
                if let Some(budget) = budget_of(layer) {
                    append(&mut self.budgets, count, || budget.kind.start(SimTime::ZERO));
                }
            }
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

fn append<T>(states: &mut Vec<T>, count: u32, start: impl FnMut() -> T) {
    states.extend(std::iter::repeat_with(start).take(count as usize));
}

impl<'m> Engine<'m> {
    /// The guard, fallback or hedger of a layer that a call meets.
    #[inline]
    pub(super) fn place_of(&self, call: u32, layer: usize) -> usize {
        self.state_at(call, &self.layer_of(call, layer).own)
    }

    /// A layer of a call.
    #[inline]
    pub(super) fn layer_of(&self, call: u32, layer: usize) -> &'m Layer<'m> {
        &self.routes[self.calls[call].edge.index()].layers[layer]
    }

    /// That of the states at a place which a call meets.
    #[inline]
    fn state_at(&self, call: u32, place: &Place) -> usize {
        place.only().unwrap_or_else(|| self.state_of_caller(call, place))
    }

    /// As [`Engine::state_at`], where there are several.
    #[inline(never)]
    fn state_of_caller(&self, call: u32, place: &Place) -> usize {
        let Place { first, count, scope, each } = *place;
        let nth = match (scope, self.who_calls(call)) {
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
        };
        (first + nth) as usize
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
