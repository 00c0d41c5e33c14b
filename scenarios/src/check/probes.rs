//! Probes that say more of others than of the instance that they ask.

use sim_core::model::spec::{EdgeId, Model};
use sim_core::policy::{GuardKind, ResolvedLayer};

use super::Facts;
use super::cycles::calls;
use crate::diagnostic::Diagnostic;
use crate::warning::Trap;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let model = &facts.compiled.model;
    let mut found = Vec::new();
    for probes in &model.probes {
        let of_life = probes.liveness.as_ref().and_then(|liveness| liveness.edge);
        let asked = [(probes.readiness, "taken out"), (of_life, "restarted")];
        for (edge, what) in asked.into_iter().filter_map(|(edge, what)| Some((edge?, what))) {
            found.extend(asks_others(facts, edge, what));
        }
    }
    found
}

fn asks_others(facts: &Facts<'_>, probe: EdgeId, what: &str) -> Option<Diagnostic> {
    let model = &facts.compiled.model;
    let made = calls(model, model.edges[probe.index()].to.index());
    let first = made.first()?;
    let span = facts.compiled.sites[probe.index()].place.value(facts.root);
    let guarded = made.iter().find(|edge| has_breaker(model, **edge));
    Some(match guarded {
        Some(edge) => {
            let title = format!(
                "this probe asks through the breaker of `{}`: when it opens, an instance that is \
                 well is {what}",
                model.edges[edge.index()].name
            );
            Diagnostic::warning(Trap::ProbeThroughBreaker, title)
                .at(span, "")
                .help("let probes ask an endpoint that calls nobody")
        }
        None => {
            let title = format!(
                "this probe asks `{}`, too: when that fails, all instances are {what}",
                model.endpoints[model.edges[first.index()].to.index()].name
            );
            Diagnostic::warning(Trap::ProbeAsksDependencies, title)
                .at(span, "")
                .help("let probes ask an endpoint that calls nobody")
        }
    })
}

fn has_breaker(model: &Model, edge: EdgeId) -> bool {
    let is_breaker = |layer: &ResolvedLayer| match layer {
        ResolvedLayer::Guard(guard) => matches!(guard.kind, GuardKind::Breaker(_)),
        _ => false,
    };
    model.edges[edge.index()].policy.layers.iter().any(is_breaker)
}
