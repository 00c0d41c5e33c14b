//! Bulkheads of the wrong size: wider than the pool behind them, where the calls then wait instead,
//! than the connections inside them, likewise, or than the pool before them, which never makes so many
//! calls.

use sim_core::model::spec::{EdgeId, EndpointSpec, Model, ServiceMode, Step};
use sim_core::policy::{GuardKind, ResolvedLayer, Scope};

use super::Facts;
use crate::diagnostic::Diagnostic;
use crate::tree::Place;
use crate::warning::Trap;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let model = &facts.compiled.model;
    let mut found = Vec::new();
    for (index, (edge, site)) in model.edges.iter().zip(&facts.compiled.sites).enumerate() {
        let Some(name) = &site.policy else { continue };
        for (layer, width, scope) in bulkheads(&edge.policy.layers) {
            let place = Place::keys(["policies", name, "layers"]).index(layer);
            let Some(why) = inside(&edge.policy.layers[layer..], width, scope)
                .or_else(|| behind(model, edge.to.index(), width, scope))
                .or_else(|| before(model, EdgeId(index as u16), width, scope))
            else {
                continue;
            };
            let title = format!("this bulkhead of {width} is too wide: {}", why.title);
            found.push(
                Diagnostic::warning(Trap::BulkheadWiderThanPool, title)
                    .at(place.value(facts.root), "")
                    .note(why.note),
            );
        }
    }
    found
}

/// Why a bulkhead turns nobody away, or too late.
struct Why {
    title: String,
    note: &'static str,
}

/// The bulkheads among some layers: where, how wide, and who shares them.
fn bulkheads(layers: &[ResolvedLayer]) -> impl Iterator<Item = (usize, u64, Scope)> {
    layers.iter().enumerate().filter_map(|(index, layer)| match layer {
        ResolvedLayer::Guard(guard) => match &guard.kind {
            GuardKind::Bulkhead(bulkhead) => {
                Some((index, bulkhead.most_at_once().into(), guard.scope))
            }
            _ => None,
        },
        _ => None,
    })
}

/// A connection pool further inside, for the same callers, has fewer connections.
fn inside(layers: &[ResolvedLayer], width: u64, shared_by: Scope) -> Option<Why> {
    let connections = layers.iter().find_map(|layer| match layer {
        ResolvedLayer::Guard(guard) if guard.scope == shared_by => match &guard.kind {
            GuardKind::ConnectionPool(pool) => pool.most_at_once(),
            _ => None,
        },
        _ => None,
    });
    connections.filter(|connections| width > u64::from(*connections)).map(|connections| Why {
        title: format!("the connection pool inside it has {connections} connections"),
        note: "calls that it lets pass wait for a connection, and hold what they have taken",
    })
}

/// The pool that is called has fewer workers in all its instances, or in the one that the bulkhead is for:
/// calls pass and wait there.
fn behind(model: &Model, endpoint: usize, width: u64, scope: Scope) -> Option<Why> {
    let (workers, name) = pool_of(model, &model.endpoints[endpoint])?;
    let instances = match scope {
        Scope::Callee => 1,
        _ => model.services[model.endpoints[endpoint].service.index()].instances,
    };
    let workers = workers * u64::from(instances);
    let whose = if scope == Scope::Callee { "an instance of " } else { "" };
    let in_all = if scope == Scope::Callee { "" } else { " in all" };
    (width > workers).then(|| Why {
        title: format!("{whose}`{name}` behind it has {workers} workers{in_all}"),
        note: "calls that it lets pass wait for a worker there, and hold what they have taken",
    })
}

/// The pool that calls has no more workers, each of which makes one call at a time.
fn before(model: &Model, edge: EdgeId, width: u64, scope: Scope) -> Option<Why> {
    if scope == Scope::Shared {
        return None;
    }
    let makes_it = |step: &Step| matches!(step, Step::Call { edge: made, .. } if *made == edge);
    let mut callers = model.endpoints.iter().filter(|e| e.steps.iter().any(makes_it));
    let caller = callers.next()?;
    let service = &model.services[caller.service.index()];
    // Endpoints that share an edge may share a pool or not: one says enough.
    if service.mode != ServiceMode::Blocking || callers.any(|other| other.pool != caller.pool) {
        return None;
    }
    let (workers, name) = pool_of(model, caller)?;
    (width >= workers).then(|| Why {
        title: format!("an instance of `{name}` before it has {workers} workers"),
        note: "each worker makes one call at a time: all of them can hang in this one",
    })
}

/// The workers that an endpoint's pool has in one instance, if they are limited, and its service.
fn pool_of<'m>(model: &'m Model, endpoint: &EndpointSpec) -> Option<(u64, &'m str)> {
    let service = &model.services[endpoint.service.index()];
    let workers = service.pools.get(usize::from(endpoint.pool))?.workers?;
    Some((workers.into(), &service.name))
}
