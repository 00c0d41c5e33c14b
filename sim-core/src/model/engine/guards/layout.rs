//! Where what layers remember beyond a call lies: laid out before the run, from the model alone.

use super::super::super::spec::{EdgeId, EdgeSpec, Model, ServiceId, Step};
use super::super::super::workload::Load;
use crate::policy::budget::Budget;
use crate::policy::{Hedging, ResolvedLayer, RetryPolicy, Scope, Scoped};

/// Where the states of all layers lie, and what they are at the start of a run.
#[derive(Debug)]
pub(in crate::model::engine) struct Layout<'m> {
    /// By edge: those of its layers.
    pub(in crate::model::engine) places: Vec<Vec<Places>>,
    /// In the order in which their states lie.
    pub(super) starts: Vec<Start<'m>>,
    /// How many states lie in each heap.
    pub(super) sizes: [u32; HEAPS],
}

/// The states that a layer has at its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'m> {
    pub(super) layer: &'m ResolvedLayer,
    pub(super) kind: Kind,
    pub(super) count: u32,
    /// The first that has them.
    pub(super) edge: EdgeId,
}

/// Where the states of a layer are, if it has any.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::engine) struct Places {
    /// The guard, what a fallback remembers, or the hedger.
    pub(in crate::model::engine) own: Place,
    pub(in crate::model::engine) budget: Place,
}

/// States of one kind, side by side, if there are any.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::engine) struct Place {
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) scope: Scope,
    /// How many of them belong to each calling instance: one for each instance that is called.
    pub(super) each: u32,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Own,
    Budget,
}

/// The states that calls under one policy share, whoever makes them: by the policy's name, the
/// layer and the kind.
type Shared<'m> = Vec<((&'m str, usize, Kind), u32)>;

impl Place {
    /// That of no state.
    const NONE: Self = Self { first: 0, count: 0, scope: Scope::Shared, each: 1 };

    #[inline]
    pub(in crate::model::engine) fn is_none(self) -> bool {
        self.count == 0
    }

    /// The only state, if there is one whoever calls.
    #[inline]
    pub(in crate::model::engine) fn only(self) -> Option<usize> {
        (self.count == 1).then_some(self.first as usize)
    }
}

impl<'m> Layout<'m> {
    /// That of all layers of a model.
    pub(in crate::model::engine) fn of(model: &'m Model) -> Self {
        let mut layout = Self { places: Vec::new(), starts: Vec::new(), sizes: [0; HEAPS] };
        let mut shared = Shared::new();
        for (index, edge) in model.edges.iter().enumerate() {
            let id = EdgeId(index as u16);
            let callers = callers_along(model, id);
            let mut places = Vec::new();
            for (number, layer) in edge.policy.layers.iter().enumerate() {
                let mut place = |kind| {
                    let Some(scope) = scope_of(layer, kind) else { return Place::NONE };
                    let name = (&*edge.policy.name, number, kind);
                    // A policy without a name is nobody else's.
                    let known = shared.iter().find(|(known, _)| {
                        scope == Scope::Shared && !name.0.is_empty() && *known == name
                    });
                    let count = callers.states(scope);
                    let first = match known {
                        Some((_, first)) => *first,
                        None => layout.add(Start { layer, kind, count, edge: id }),
                    };
                    if scope == Scope::Shared {
                        shared.push((name, first));
                    }
                    let each = if scope == Scope::Callee { callers.callees } else { 1 };
                    Place { first, count, scope, each }
                };
                places.push(Places { own: place(Kind::Own), budget: place(Kind::Budget) });
            }
            layout.places.push(places);
        }
        layout
    }

    /// Adds states; the place of the first among those that lie together.
    fn add(&mut self, start: Start<'m>) -> u32 {
        self.starts.push(start);
        let size = &mut self.sizes[start.heap() as usize];
        let first = *size;
        *size += start.count;
        first
    }
}

/// What lies together.
#[derive(Clone, Copy)]
pub(super) enum Heap {
    Guards,
    Memories,
    Hedgers,
    Budgets,
}

pub(super) const HEAPS: usize = Heap::Budgets as usize + 1;

impl Start<'_> {
    fn heap(&self) -> Heap {
        match (self.layer, self.kind) {
            (ResolvedLayer::Guard(_), _) => Heap::Guards,
            (ResolvedLayer::Fallback(_), _) => Heap::Memories,
            (ResolvedLayer::Hedge(_), Kind::Own) => Heap::Hedgers,
            _ => Heap::Budgets,
        }
    }
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

pub(in crate::model::engine) fn budget_of(layer: &ResolvedLayer) -> Option<&Scoped<Budget>> {
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
pub(super) fn caller_along(model: &Model, edge: EdgeId) -> Option<ServiceId> {
    let stands_in = |other: &EdgeSpec| other.substitutes.iter().any(|s| s.edge == edge);
    if let Some(around) = model.edges.iter().position(stands_in) {
        return caller_along(model, EdgeId(around as u16));
    }
    let makes_it = |step: &Step| matches!(step, Step::Call { edge: made, .. } if *made == edge);
    let endpoint = model.endpoints.iter().find(|endpoint| endpoint.steps.iter().any(makes_it));
    endpoint.map(|endpoint| endpoint.service)
}
