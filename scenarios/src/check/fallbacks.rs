//! Fallbacks that call under a policy whose fallback makes the same call again.

use sim_core::model::spec::{EdgeId, Model, Substitution};

use super::Facts;
use crate::diagnostic::Diagnostic;
use crate::tree::Place;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let model = &facts.compiled.model;
    let mut found = Vec::new();
    for (index, edge) in model.edges.iter().enumerate() {
        let id = EdgeId(index as u16);
        let leads_back = |made: &&Substitution| comes_to(model, made.edge, id);
        if let Some(made) = edge.substitutes.iter().find(leads_back) {
            found.push(message(facts, id, made));
        }
    }
    found
}

/// Whether a call is another, or its fallbacks, and theirs in turn, come to make it.
fn comes_to(model: &Model, call: EdgeId, other: EdgeId) -> bool {
    let mut reached = vec![call];
    let mut followed = 0;
    while let Some(edge) = reached.get(followed).copied() {
        followed += 1;
        let made = model.edges[edge.index()].substitutes.iter().map(|made| made.edge);
        let new: Vec<EdgeId> = made.filter(|made| !reached.contains(made)).collect();
        reached.extend(new);
    }
    reached.contains(&other)
}

fn message(facts: &Facts<'_>, edge: EdgeId, made: &Substitution) -> Diagnostic {
    let (compiled, index) = (facts.compiled, edge.index());
    let name = &compiled.model.edges[index].name;
    let site = &compiled.sites[index];
    let policy = site.policy.as_deref().unwrap_or_default();
    let place = Place::keys(["policies", policy, "layers"])
        .index(made.layer.into())
        .key("fallback")
        .key("chain")
        .index(made.place.into())
        .key("call");
    Diagnostic::error(format!(
        "the fallback of the call `{name}` comes to make the same call again"
    ))
    .at(place.value(facts.root), "")
    .note("if all of them fail, nothing ends it")
    .help("give the call of the fallback a policy without that fallback")
}
