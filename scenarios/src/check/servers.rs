//! What a server does about overload against what it has to do with: queues that outlast the
//! patience of callers, limits that are wider than what they stand before.

use std::collections::BTreeSet;

use sim_core::model::spec::{EdgeSpec, Model, ServiceSpec};
use sim_core::policy::{ServerLimit, ServerScope};

use super::Facts;
use super::patience::patience;
use crate::compile::Site;
use crate::diagnostic::Diagnostic;
use crate::tree::Place;
use crate::warning::Trap;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let model = &facts.compiled.model;
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    for (edge, site) in model.edges.iter().zip(&facts.compiled.sites) {
        let endpoint = &model.endpoints[edge.to.index()];
        // One caller of a pool is enough to see it.
        if !told.contains(&(endpoint.service, endpoint.pool))
            && let Some(warning) = queue(facts, edge, site)
        {
            told.insert((endpoint.service, endpoint.pool));
            found.push(warning);
        }
    }
    found.extend(model.services.iter().flat_map(|service| limits(facts, service)));
    found
}

/// A request may wait in the queue for so long that its caller has gone when it is served.
fn queue(facts: &Facts<'_>, edge: &EdgeSpec, site: &Site) -> Option<Diagnostic> {
    let model: &Model = &facts.compiled.model;
    let endpoint = &model.endpoints[edge.to.index()];
    let service = &model.services[endpoint.service.index()];
    let pool = &service.pools[usize::from(endpoint.pool)];
    let shedding = pool.shedding.as_ref()?;
    let (waits, patience) = (shedding.longest_wait()?, patience(&edge.policy)?);
    if waits < patience {
        return None;
    }
    let title = format!(
        "a request may wait {waits} in the queue of `{}`, and `{}` waits {patience} for an answer",
        service.name, edge.name
    );
    let place = Place::keys(["services", &service.name, "pools", &pool.name, "shedding"]);
    let warning = Diagnostic::warning(Trap::QueueOutlastsCaller, title)
        .at(place.value(facts.root), "waits as long or longer")
        .at(site.place.value(facts.root), "its caller")
        .note("who is served after such a wait is served for a caller that has gone");
    Some(warning)
}

/// Limits on requests at once that are never below what workers and queues hold.
fn limits(facts: &Facts<'_>, service: &ServiceSpec) -> Vec<Diagnostic> {
    let Some(holds) = holds(service) else { return Vec::new() };
    let place = Place::keys(["services", &service.name, "limits"]);
    let mut found = Vec::new();
    for (index, limit) in service.limits.iter().enumerate() {
        let ServerLimit::ConcurrencyLimit(limit) = limit else { continue };
        let (holds, of) = match limit.scope {
            ServerScope::Instance => (holds, "an instance"),
            ServerScope::Service => (holds * u64::from(service.instances), "the service"),
        };
        let least = limit.kind.least();
        if u64::from(least) <= holds {
            continue;
        }
        let title =
            format!("this limit is never below {least}, and {of} holds {holds} requests at most");
        let span = place.index(index).value(facts.root);
        found.push(
            Diagnostic::warning(Trap::LimitNeverReached, title)
                .at(span, "")
                .note("its workers and queues turn requests away before the limit does"),
        );
    }
    found
}

/// How many requests an instance can hold, if workers and queues are bounded.
fn holds(service: &ServiceSpec) -> Option<u64> {
    let pool = |pool: &sim_core::model::spec::PoolSpec| {
        let queue = match &pool.shedding {
            Some(shedding) => shedding.capacity().or(pool.queue.capacity)?,
            None => pool.queue.capacity?,
        };
        Some(u64::from(pool.workers?) + u64::from(queue))
    };
    service.pools.iter().map(pool).sum()
}
