//! Services that look at deadlines of which nobody tells them, and retries after a deadline.

use sim_core::model::spec::{Deadlines, EdgeId, Model, ServiceId};
use sim_core::policy::{Outcome, ResolvedLayer, SentDeadlines};

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
    found.extend(retries_too_late(facts));
    found
}

/// Retries of what the deadline inside them has ended: it counts from the start of the call, so that
/// no later attempt goes out.
fn retries_too_late(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (edge, site) in facts.compiled.model.edges.iter().zip(&facts.compiled.sites) {
        let Some(name) = &site.policy else { continue };
        let layers = Place::keys(["policies", name, "layers"]);
        let at = |index: usize| layers.index(index).value(facts.root);
        let is_deadline = |layer: &ResolvedLayer| matches!(layer, ResolvedLayer::Deadline(_));
        for (around, layer) in edge.policy.layers.iter().enumerate() {
            let ResolvedLayer::Retry(retry) = layer else { continue };
            let inside = edge.policy.layers.iter().skip(around).position(is_deadline);
            if let (true, Some(inside)) = (retry.on.contains(Outcome::Deadline), inside) {
                let title = "this deadline is inside of a retry that repeats what it ends";
                found.push(
                    Diagnostic::warning(Trap::RetriesPastDeadline, title)
                        .at(at(around + inside), "counts from the start of the call")
                        .at(at(around), "no attempt goes out once it is over")
                        .help("`timeout` gives each attempt a time of its own"),
                );
            }
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
