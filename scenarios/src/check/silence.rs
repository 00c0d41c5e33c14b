//! Retries that wait for ever for an answer that never comes.

use sim_core::kernel::SimDuration;
use sim_core::model::fault::Fault;
use sim_core::model::network::Transport;
use sim_core::model::spec::{EdgeSpec, FaultSpec, Model, Target};
use sim_core::policy::ResolvedLayer;

use super::Facts;
use crate::diagnostic::Diagnostic;
use crate::tree::Place;
use crate::warning::Trap;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let model = &facts.compiled.model;
    let mut found = Vec::new();
    for (edge, site) in model.edges.iter().zip(&facts.compiled.sites) {
        let Some(policy) = &site.policy else { continue };
        let layers = &edge.policy.layers;
        let is_retry = |layer: &ResolvedLayer| matches!(layer, ResolvedLayer::Retry(_));
        let Some(retry) = layers.iter().rposition(is_retry) else { continue };
        if retry + 1 < layers.len() {
            continue;
        }
        if let Some(why) = silence(model, edge) {
            let place = Place::keys(["policies", policy, "layers"]).index(retry);
            let title =
                "this retry has no timeout inside it: what is met with silence is not tried again";
            found.push(
                Diagnostic::warning(Trap::RetryWithoutTimeout, title)
                    .at(place.value(facts.root), "")
                    .note(format!("`{}` can be met with silence: {why}", edge.name))
                    .help("put `{ timeout = \"…\" }` after it"),
            );
        }
    }
    found
}

/// Why an attempt over this edge can be met with silence.
fn silence(model: &Model, edge: &EdgeSpec) -> Option<String> {
    let link = &model.links[edge.link.index()];
    if !link.loss.is_none() && link.transport == Transport::Silent {
        return Some(format!("messages are lost, and are missed after {} only", link.give_up));
    }
    let service = model.endpoints[edge.to.index()].service;
    let on_the_way = |fault: &FaultSpec| {
        fault
            .targets
            .iter()
            .any(|target| target.service() == Some(service) || *target == Target::Link(edge.link))
    };
    let silences = |fault: &Fault| matches!(fault, Fault::Partition(_) | Fault::Drop(_));
    if let Some(fault) = model.faults.iter().find(|f| silences(&f.fault) && on_the_way(f)) {
        return Some(format!("messages vanish during `{}`", fault.name));
    }
    let target = Target::Service(service);
    let hangs = |fault: &Fault| matches!(fault, Fault::Hang(hang) if hang.hold.is_none_or(|hold| hold > SimDuration::ZERO));
    let fault = model.faults.iter().find(|f| f.hits(target) && hangs(&f.fault))?;
    Some(format!("`{}` makes its callee hang", fault.name))
}
