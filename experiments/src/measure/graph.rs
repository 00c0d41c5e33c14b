//! Who is who in a model: its subjects, its workers, and which clients' calls reach what.

use std::borrow::Cow;

use sim_core::model::machine::MachineSpec;
use sim_core::model::record::SubjectKind;
use sim_core::model::spec::{EdgeId, EndpointId, Model, ServiceSpec};
use sim_core::policy::{GuardKind, ResolvedLayer};

use super::MeasureError;

/// A subject of a model, found by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: SubjectKind,
    /// Its place in the model's vector of that kind.
    pub(super) index: usize,
}

/// Finds the client, call, service or endpoint of that name.
pub(super) fn find(model: &Model, name: &str) -> Result<Found, MeasureError> {
    subjects(model)
        .find(|(_, candidate)| candidate == name)
        .map(|(found, _)| found)
        .ok_or_else(|| MeasureError::UnknownSubject { name: name.into(), known: known(model) })
}

/// The names, each once: the only endpoint of a service has the service's.
fn known(model: &Model) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, name) in subjects(model) {
        if names.iter().all(|known| *known != name) {
            names.push(name.into_owned());
        }
    }
    names
}

/// Everything that has a record, in the order of the records.
fn subjects(model: &Model) -> impl Iterator<Item = (Found, Cow<'_, str>)> {
    let of = |kind| move |(index, name)| (Found { kind, index }, name);
    let made = |kind| move |(index, name)| (Found { kind, index }, Cow::Owned(name));
    let clients = model.clients.iter().map(|c| &*c.name);
    let edges = model.edges.iter().map(|e| &*e.name);
    let services = model.services.iter().map(|s| &*s.name);
    let endpoints = model.endpoints.iter().enumerate().map(|(index, endpoint)| {
        let kind = match model.is_task(EndpointId(index as u16)) {
            true => SubjectKind::Task,
            false => SubjectKind::Endpoint,
        };
        (Found { kind, index }, &*endpoint.name)
    });
    let cores = model.machines.iter().map(MachineSpec::cores_name);
    let memories = model.memories.iter().map(|(service, _)| model.memory_name(*service));
    (clients.enumerate().map(of(SubjectKind::Client)))
        .chain(edges.enumerate().map(of(SubjectKind::Edge)))
        .chain(services.enumerate().map(of(SubjectKind::Service)))
        .chain(endpoints)
        .chain(model.stores.iter().map(|s| &*s.name).enumerate().map(of(SubjectKind::Store)))
        .chain(model.effects.iter().map(|e| &*e.name).enumerate().map(of(SubjectKind::Effect)))
        .chain(model.caches.iter().map(|c| &*c.name).enumerate().map(of(SubjectKind::Cache)))
        .chain(model.brokers.iter().map(|b| &*b.name).enumerate().map(of(SubjectKind::Broker)))
        .chain(
            model.replications.iter().map(|r| &*r.name).enumerate().map(of(SubjectKind::Replicas)),
        )
        .chain(model.scaled.iter().map(|s| &*s.name).enumerate().map(of(SubjectKind::Instances)))
        .map(|(found, name)| (found, Cow::Borrowed(name)))
        .chain(cores.enumerate().map(made(SubjectKind::Cores)))
        .chain(memories.enumerate().map(made(SubjectKind::Memory)))
}

/// Whether it is a call whose policy has a connection pool.
pub(super) fn has_connection_pool(model: &Model, found: Found) -> bool {
    let is_pool = |layer: &ResolvedLayer| match layer {
        ResolvedLayer::Guard(guard) => matches!(guard.kind, GuardKind::ConnectionPool(_)),
        _ => false,
    };
    found.kind == SubjectKind::Edge && model.edges[found.index].policy.layers.iter().any(is_pool)
}

/// How many workers all instances of a service or of an endpoint's pool have together; how many
/// thousandths of cores all machines of a kind have.
pub(super) fn workers(model: &Model, found: Found) -> Option<f64> {
    let of =
        |service: &ServiceSpec, workers: u32| f64::from(service.instances) * f64::from(workers);
    match found.kind {
        SubjectKind::Service => {
            let service = &model.services[found.index];
            let workers: Option<u32> = service.pools.iter().map(|pool| pool.workers).sum();
            Some(of(service, workers?))
        }
        SubjectKind::Endpoint | SubjectKind::Task => {
            let endpoint = &model.endpoints[found.index];
            let service = &model.services[endpoint.service.index()];
            Some(of(service, service.pools[usize::from(endpoint.pool)].workers?))
        }
        SubjectKind::Cores => Some(model.machines[found.index].thousandths()),
        _ => None,
    }
}

/// The places of the clients whose calls can reach a service or an endpoint.
pub(super) fn clients_that_reach(model: &Model, found: Found) -> Vec<usize> {
    let is_there = |endpoint: &EndpointId| match found.kind {
        SubjectKind::Endpoint | SubjectKind::Task => endpoint.index() == found.index,
        _ => model.endpoints[endpoint.index()].service.index() == found.index,
    };
    let reaches = |edge: EdgeId| reached_from(model, edge).iter().any(is_there);
    let clients = model.clients.iter().enumerate();
    clients.filter(|(_, client)| reaches(client.edge)).map(|(index, _)| index).collect()
}

/// Every endpoint that a call over `edge` can lead to.
fn reached_from(model: &Model, edge: EdgeId) -> Vec<EndpointId> {
    let mut reached = vec![model.edges[edge.index()].to];
    let mut next = 0;
    while let Some(endpoint) = reached.get(next).copied() {
        next += 1;
        for step in &model.endpoints[endpoint.index()].steps {
            if let Some(edge) = step.begins(&model.brokers) {
                let to = model.edges[edge.index()].to;
                if !reached.contains(&to) {
                    reached.push(to);
                }
            }
        }
    }
    reached
}
