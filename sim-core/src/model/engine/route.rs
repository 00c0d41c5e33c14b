//! What the engine asks of an edge at every step of every request, looked up once.

use super::super::spec::{EdgeSpec, EndpointId, Model, ServiceId, Step};
use crate::kernel::{Distribution, SimDuration};

/// Where the requests of an edge go, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    /// The latency of its link, if it is constant.
    pub(super) constant_latency: Option<SimDuration>,
    /// The first instance of its service among those of all services.
    first_instance: u32,
    /// The pool of its endpoint in that instance, among those of all instances.
    first_pool: u32,
    pools_per_instance: u32,
    pub(super) service: ServiceId,
    pub(super) endpoint: EndpointId,
    /// Whether its endpoint is measured apart from its service.
    pub(super) is_measured_apart: bool,
    /// Whether its link loses messages.
    pub(super) loses: bool,
    /// Whether something is drawn for every attempt: an instance, a latency, a loss, or the demand
    /// of the first step.
    pub(super) draws: bool,
}

impl Route {
    /// The routes of all edges.
    pub(super) fn all(model: &Model) -> Vec<Self> {
        let (first_instances, first_pools) = places(model);
        let of = |edge: &EdgeSpec| {
            let endpoint = &model.endpoints[edge.to.index()];
            let service = &model.services[endpoint.service.index()];
            let link = &model.links[edge.link.index()];
            let constant_latency = constant(&link.latency);
            let loses = link.loss > 0.0;
            let first_demand = match endpoint.steps.first() {
                Some(Step::Work(demand)) => constant(demand).is_none(),
                _ => false,
            };
            let chooses = service.balancer.draws() && service.instances > 1;
            Self {
                constant_latency,
                first_instance: first_instances[endpoint.service.index()],
                first_pool: first_pools[endpoint.service.index()] + u32::from(endpoint.pool),
                pools_per_instance: service.pools.len() as u32,
                service: endpoint.service,
                endpoint: edge.to,
                is_measured_apart: service.endpoints.len() > 1,
                loses,
                draws: chooses || loses || constant_latency.is_none() || first_demand,
            }
        };
        model.edges.iter().map(of).collect()
    }

    /// The latency of its link, if nothing is drawn for it.
    #[inline]
    pub(super) fn sure_latency(&self) -> Option<SimDuration> {
        self.constant_latency.filter(|_| !self.loses)
    }

    /// The place of an instance of its service among all instances.
    #[inline]
    pub(super) fn instance(&self, instance: u32) -> usize {
        (self.first_instance + instance) as usize
    }

    /// The place of its pool in an instance of its service among all pools.
    #[inline]
    pub(super) fn pool(&self, instance: u32) -> usize {
        (self.first_pool + instance * self.pools_per_instance) as usize
    }
}

/// Of each service: the place of its first instance, and of the first pool of that.
pub(super) fn places(model: &Model) -> (Vec<u32>, Vec<u32>) {
    let (mut instances, mut pools) = (0, 0);
    let place = |service: &super::super::spec::ServiceSpec| {
        let first = (instances, pools);
        instances += service.instances;
        pools += service.instances * service.pools.len() as u32;
        first
    };
    model.services.iter().map(place).unzip()
}

fn constant(distribution: &Distribution) -> Option<SimDuration> {
    match distribution {
        Distribution::Constant(always) => Some(*always),
        _ => None,
    }
}
