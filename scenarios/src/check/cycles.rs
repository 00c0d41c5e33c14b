//! Calls that lead back to where they came from: no step of this format can end such a cycle.

use sim_core::model::spec::{EdgeId, EndpointId, Model};
use sim_core::policy::{ResolvedLayer, ResolvedPolicy};

use super::Facts;
use crate::diagnostic::Diagnostic;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let model = &facts.compiled.model;
    let mut search =
        Search { model, state: vec![State::New; model.endpoints.len()], found: Vec::new() };
    for start in 0..model.endpoints.len() {
        search.from(start);
    }
    search.found.iter().map(|cycle| message(facts, cycle)).collect()
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

struct Search<'m> {
    model: &'m Model,
    state: Vec<State>,
    found: Vec<Vec<EdgeId>>,
}

/// An endpoint on the way, the calls that it makes, and how many of them have been followed.
struct Visit {
    endpoint: usize,
    calls: Vec<EdgeId>,
    followed: usize,
}

impl Search<'_> {
    /// Follows the calls depth first; with a list instead of recursion, since a file can chain
    /// more services than a stack holds.
    fn from(&mut self, start: usize) {
        let mut way: Vec<Visit> = Vec::new();
        self.enter(start, &mut way);
        while let Some(visit) = way.last_mut() {
            let Some(edge) = visit.calls.get(visit.followed).copied() else {
                self.state[visit.endpoint] = State::Done;
                way.pop();
                continue;
            };
            visit.followed += 1;
            let to = self.model.edges[edge.index()].to;
            match self.state[to.index()] {
                State::New => self.enter(to.index(), &mut way),
                State::Open => self.found.push(cycle(&way, to)),
                State::Done => {}
            }
        }
    }

    fn enter(&mut self, endpoint: usize, way: &mut Vec<Visit>) {
        if self.state[endpoint] == State::New {
            self.state[endpoint] = State::Open;
            way.push(Visit { endpoint, calls: calls(self.model, endpoint), followed: 0 });
        }
    }
}

/// The calls of an endpoint, those that its fallbacks make included, each edge once.
pub(super) fn calls(model: &Model, endpoint: usize) -> Vec<EdgeId> {
    let steps = &model.endpoints[endpoint].steps;
    let mut edges: Vec<EdgeId> =
        steps.iter().filter_map(|step| step.begins(&model.brokers)).collect();
    let mut followed = 0;
    while let Some(edge) = edges.get(followed).copied() {
        followed += 1;
        let spec = &model.edges[edge.index()];
        let substitutes = spec.substitutes.iter().map(|made| made.edge);
        let made = substitutes.chain(deliveries(model, &spec.policy));
        let new: Vec<EdgeId> = made.filter(|made| !edges.contains(made)).collect();
        edges.extend(new);
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// The deliveries of the brokers that the fallbacks of a policy publish to.
fn deliveries(model: &Model, policy: &ResolvedPolicy) -> impl Iterator<Item = EdgeId> {
    let fallbacks = policy.layers.iter().filter_map(|layer| match layer {
        ResolvedLayer::Fallback(fallback) => Some(fallback),
        _ => None,
    });
    let queues = fallbacks.flat_map(|fallback| fallback.queues());
    queues.filter_map(|queue| Some(model.brokers.get(usize::from(queue.broker))?.edge))
}

/// The calls from an endpoint on the way back to it.
fn cycle(way: &[Visit], to: EndpointId) -> Vec<EdgeId> {
    let on_the_way = way.iter().skip_while(|visit| visit.endpoint != to.index());
    on_the_way
        .filter_map(|visit| visit.calls.get(visit.followed.checked_sub(1)?).copied())
        .collect()
}

fn message(facts: &Facts<'_>, cycle: &[EdgeId]) -> Diagnostic {
    let model = &facts.compiled.model;
    let name = |edge: &EdgeId| {
        let to = model.edges[edge.index()].to;
        model.endpoints[to.index()].name.to_string()
    };
    let mut names: Vec<String> = cycle.iter().map(name).collect();
    if let Some(last) = names.last() {
        names.insert(0, last.clone());
    }
    let title = format!("nothing can end this cycle of calls: {}", names.join(" → "));
    let mut diagnostic = Diagnostic::error(title);
    for edge in cycle {
        let place = facts.compiled.sites[edge.index()].place.key("to");
        let label = format!("calls {}", name(edge));
        diagnostic = diagnostic.at(place.value(facts.root), label);
    }
    diagnostic.help("each request makes another: leave one of the calls out")
}
