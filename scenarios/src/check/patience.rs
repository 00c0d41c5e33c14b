//! Who waits longer than whoever waits for him: retries that outlast the timeout around them,
//! timeouts that never fire, services that wait longer than their callers.

use sim_core::kernel::SimDuration;
use sim_core::model::spec::EdgeSpec;
use sim_core::policy::{ResolvedLayer, ResolvedPolicy};

use super::Facts;
use super::cycles::calls;
use super::waits::waits;
use crate::compile::Site;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::tree::Place;
use crate::warning::Trap;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (edge, site) in facts.compiled.model.edges.iter().zip(&facts.compiled.sites) {
        if let Some(name) = &site.policy {
            policy(facts, name, &edge.policy, &mut found);
        }
        callees(facts, edge, site, &mut found);
    }
    found
}

/// How long some layers together can keep a call waiting; `None` is as long as it takes.
fn longest(layers: &[ResolvedLayer]) -> Option<SimDuration> {
    let mut longest: Option<SimDuration> = None;
    for layer in layers.iter().rev() {
        longest = match layer {
            ResolvedLayer::Timeout(after) | ResolvedLayer::Deadline(after) => {
                Some(longest.map_or(*after, |inner| inner.min(*after)))
            }
            ResolvedLayer::Retry(retry) => match (longest, retry.max_attempts) {
                (Some(attempt), Some(attempts)) => {
                    let attempts = attempt.saturating_mul(attempts.get().into());
                    Some(attempts + waits(retry).longest)
                }
                _ => None,
            },
            // When the last copy is sent depends on how long calls take.
            ResolvedLayer::Hedge(_) => None,
            // What is asked instead may take as long as it likes.
            ResolvedLayer::Fallback(fallback) if fallback.calls().next().is_some() => None,
            // How long a guard makes a call wait depends on the others.
            ResolvedLayer::Guard(_) | ResolvedLayer::Fallback(_) => longest,
        };
    }
    longest
}

/// The layers of one policy against each other.
fn policy(facts: &Facts<'_>, name: &str, policy: &ResolvedPolicy, found: &mut Vec<Diagnostic>) {
    let place = Place::keys(["policies", name, "layers"]);
    let span = |index: usize| place.index(index).value(facts.root);
    for (index, layer) in policy.layers.iter().enumerate() {
        if let ResolvedLayer::Retry(retry) = layer {
            if waits(retry).some_is_nothing {
                let place = place.index(index).key("retry").key("backoff");
                found.push(without_wait(place.value(facts.root)));
            }
            continue;
        }
        let (ResolvedLayer::Timeout(outer) | ResolvedLayer::Deadline(outer)) = layer else {
            continue;
        };
        let inner = &policy.layers[index + 1..];
        let Some(inside) = longest(inner) else { continue };
        let retry = inner.iter().position(|layer| matches!(layer, ResolvedLayer::Retry(_)));
        match retry {
            Some(retry) if inside > *outer => {
                let title = format!(
                    "the retries can take {inside}, and the time around them ends after {outer}"
                );
                found.push(
                    Diagnostic::warning(Trap::RetriesOutlastTimeout, title)
                        .at(span(index + 1 + retry), "all attempts and waits at their longest")
                        .at(span(index), "")
                        .note(
                            "the last attempts are never made, or nobody waits for their answers",
                        ),
                );
            }
            None if inside >= *outer => {
                let title =
                    format!("this time of {inside} never ends before the {outer} around it");
                found.push(
                    Diagnostic::warning(Trap::TimeoutNeverFires, title)
                        .at(span(index + 1), "")
                        .at(span(index), "the time around it"),
                );
            }
            _ => {}
        }
    }
}

fn without_wait(span: Span) -> Diagnostic {
    Diagnostic::warning(Trap::RetryWithoutWait, "a retry follows a failure at once")
        .at(span, "")
        .note("what fails now mostly fails again in the next instant, and the attempts are load")
}

/// The calls that a callee makes against the patience of its caller.
fn callees(facts: &Facts<'_>, edge: &EdgeSpec, site: &Site, found: &mut Vec<Diagnostic>) {
    let model = &facts.compiled.model;
    let Some(patience) = patience(&edge.policy) else { return };
    for call in calls(model, edge.to.index()) {
        let (inner, inner_site) = (&model.edges[call.index()], &facts.compiled.sites[call.index()]);
        let Some(waits) = longest(&inner.policy.layers).filter(|waits| *waits > patience) else {
            continue;
        };
        let title = format!(
            "`{}` can wait {waits}, longer than the {patience} that `{}` waits",
            inner.name, edge.name
        );
        found.push(
            Diagnostic::warning(Trap::CalleeOutlastsCaller, title)
                .at(inner_site.place.value(facts.root), "waits longer")
                .at(site.place.value(facts.root), "its caller")
                .note("it goes on working for a caller that has gone"),
        );
    }
}

/// How long one attempt is waited for: the shortest time inside of the innermost retry.
pub(super) fn patience(policy: &ResolvedPolicy) -> Option<SimDuration> {
    let is_retry = |layer: &ResolvedLayer| matches!(layer, ResolvedLayer::Retry(_));
    let innermost = policy.layers.iter().rposition(is_retry).map_or(0, |retry| retry + 1);
    longest(&policy.layers[innermost..]).or_else(|| shortest_around(policy))
}

/// The shortest time around the whole call.
fn shortest_around(policy: &ResolvedPolicy) -> Option<SimDuration> {
    let times = policy.layers.iter().filter_map(|layer| match layer {
        ResolvedLayer::Timeout(after) | ResolvedLayer::Deadline(after) => Some(*after),
        ResolvedLayer::Retry(_)
        | ResolvedLayer::Guard(_)
        | ResolvedLayer::Fallback(_)
        | ResolvedLayer::Hedge(_) => None,
    });
    times.min()
}
