//! Where calls come from: which of the callers makes one, and in which zone it is.

use super::super::spec::{ClientId, Model, ServiceId};
use super::super::workload::Load;
use super::calls::Origin;
use super::request::Request;
use super::route::Route;
use super::slab::Slab;
use crate::policy::balancing::CallerZones;

/// Where the callers of all edges are.
#[derive(Debug)]
pub(super) struct Zoned {
    clients: Vec<Option<CallerZones>>,
    /// Of each service, by the zones that its instances are in, in turn.
    services: Vec<Vec<CallerZones>>,
}

impl Zoned {
    pub(super) fn new(model: &Model) -> Self {
        let client = |index: usize| model.zones.callers_of_client(ClientId(index as u16));
        let service = |(index, spec): (usize, &super::super::spec::ServiceSpec)| {
            let id = ServiceId(index as u16);
            let zones = model.zones.of_service(id).iter();
            zones.map(|own| model.zones.callers_of_service(id, spec.instances, *own)).collect()
        };
        Self {
            clients: (0..model.clients.len()).map(client).collect(),
            services: model.services.iter().enumerate().map(service).collect(),
        }
    }

    /// Where whoever makes a call is, if in a zone.
    pub(super) fn of(
        &self,
        origin: Origin,
        requests: &Slab<Request>,
        routes: &[Route<'_>],
    ) -> Option<&CallerZones> {
        match origin {
            Origin::Client { client, .. } => self.clients[client.index()].as_ref(),
            Origin::Handler { request } => {
                let Request { edge, instance, .. } = requests[request];
                let zones = &self.services[routes[edge.index()].service.index()];
                zones.get(instance as usize % zones.len().max(1))
            }
            Origin::Broker { .. } | Origin::Probe { .. } | Origin::Layer { .. } => None,
        }
    }
}

/// Which of so many callers makes a call: clients of a population, or instances of a service.
pub(super) fn number_of(
    origin: Origin,
    model: &Model,
    requests: &Slab<Request>,
    routes: &[Route<'_>],
) -> (u32, u32) {
    match origin {
        Origin::Client { client, user } => match &model.clients[client.index()].load {
            Load::Open(load) => (user, load.clients.max(1)),
            Load::Closed(load) => (user, load.users.max(1)),
        },
        Origin::Handler { request } => {
            let Request { edge, instance, .. } = requests[request];
            let service = routes[edge.index()].service;
            (instance, model.services[service.index()].instances)
        }
        Origin::Broker { .. } | Origin::Probe { .. } | Origin::Layer { .. } => (0, 1),
    }
}
