//! Services that look at deadlines of which nobody tells them.

use sim_core::model::spec::{Deadlines, EdgeId, Model, ServiceId};
use sim_core::policy::{ResolvedLayer, SentDeadlines};

use super::Facts;
use super::cycles::calls;
use crate::diagnostic::Diagnostic;
use crate::tree::Place;
use crate::warning::Trap;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let model = &facts.compiled.model;
    let mut found = Vec::new();
    for (index, service) in model.services.iter().enumerate() {
        let id = ServiceId(index as u16);
        let looks = service.deadlines != Deadlines::Ignored;
        if looks && !edges_to(model, id).any(|edge| tells(model, edge)) {
            let place = Place::keys(["services", &service.name, "deadlines"]);
            let title = format!("nobody tells `{}` of a deadline", service.name);
            found.push(
                Diagnostic::warning(Trap::DeadlineNeverSent, title)
                    .at(place.value(facts.root), "")
                    .help("a policy of its callers needs a time and `deadlines = \"sent\"`"),
            );
        }
    }
    found
}

fn edges_to(model: &Model, service: ServiceId) -> impl Iterator<Item = EdgeId> {
    let edges = (0..model.edges.len()).map(|edge| EdgeId(edge as u16));
    edges.filter(move |edge| {
        let to = model.edges[edge.index()].to;
        model.endpoints[to.index()].service == service
    })
}

/// Whether calls along an edge can say of a time that is left: their own, or that of a request whose
/// handler makes them.
fn tells(model: &Model, edge: EdgeId) -> bool {
    let policy = &model.edges[edge.index()].policy;
    let is_time = |layer: &ResolvedLayer| {
        matches!(layer, ResolvedLayer::Timeout(_) | ResolvedLayer::Deadline(_))
    };
    let inherits = |endpoint: &usize| {
        let service = model.endpoints[*endpoint].service;
        model.services[service.index()].deadlines == Deadlines::Propagated
            && calls(model, *endpoint).contains(&edge)
    };
    policy.deadlines == SentDeadlines::Sent
        && (policy.layers.iter().any(is_time)
            || (0..model.endpoints.len()).any(|endpoint| inherits(&endpoint)))
}
