//! What a calling instance has learnt dies with its process.

use std::ops::Range;

use super::super::super::spec::{EdgeId, Model, ServiceId};
use super::super::Engine;
use super::layout::{Kind, Place, budget_of, caller_along};
use crate::policy::fallback::LastGood;
use crate::policy::{ResolvedLayer, Scope};

impl Engine<'_> {
    /// An instance is gone, with all calls that it was making: what the layers of its calls remember on
    /// its behalf alone starts anew, and its connections are closed.
    pub(in crate::model::engine) fn forget_what_callers_remember(
        &mut self,
        service: ServiceId,
        instance: u32,
    ) {
        let model = self.model;
        for (edge, layers) in policies_of(model, service) {
            for (layer, resolved) in layers.iter().enumerate() {
                for kind in [Kind::Own, Kind::Budget] {
                    for state in self.own_states(edge, layer, kind, instance) {
                        self.start_anew(resolved, kind, state);
                    }
                }
            }
        }
    }

    /// Where the states of a kind are that a layer has for an instance alone.
    fn own_states(&self, edge: EdgeId, layer: usize, kind: Kind, instance: u32) -> Range<usize> {
        let layer = &self.routes[edge.index()].layers[layer];
        let place = if kind == Kind::Own { layer.own } else { layer.budget };
        let Place { first, count, scope, each } = place;
        if place.is_none() || scope == Scope::Shared {
            return 0..0;
        }
        let own = (first + instance * each % count) as usize;
        own..own + each as usize
    }

    fn start_anew(&mut self, layer: &ResolvedLayer, kind: Kind, state: usize) {
        match (layer, kind) {
            (ResolvedLayer::Guard(policy), _) => {
                self.guards.guards[state].guard = policy.kind.start();
                self.set_alarm(state);
            }
            (ResolvedLayer::Fallback(_), _) => self.guards.last_good[state] = LastGood::default(),
            (ResolvedLayer::Hedge(hedging), Kind::Own) => {
                self.guards.hedgers[state] = hedging.kind.hedger();
            }
            (layer, _) => {
                if let Some(budget) = budget_of(layer) {
                    self.guards.budgets[state] = budget.kind.start(self.now);
                }
            }
        }
    }
}

/// The layers of the calls that a service makes.
fn policies_of(model: &Model, service: ServiceId) -> Vec<(EdgeId, &[ResolvedLayer])> {
    let edges = (0..model.edges.len()).map(|edge| EdgeId(edge as u16));
    let has_layers = |edge: &EdgeId| !model.edges[edge.index()].policy.layers.is_empty();
    let own = edges.filter(has_layers).filter(|edge| caller_along(model, *edge) == Some(service));
    own.map(|edge| (edge, &*model.edges[edge.index()].policy.layers)).collect()
}
