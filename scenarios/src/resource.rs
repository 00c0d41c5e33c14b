//! What of a model can be used up: pools of workers, and the layers of calls that hold callers back.

use sim_core::model::record::SubjectKind;
use sim_core::model::spec::{EndpointSpec, Model};
use sim_core::policy::{GuardKind, ResolvedLayer};

/// Something that can be used up, so that others wait for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its name: `payment.main` for a pool of workers, `shop->payment` for the layers of a call.
    pub name: String,
    /// What it is.
    pub what: ResourceKind,
}

/// What can be used up.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceKind {
    /// A pool of workers, the pools of all instances together.
    Pool {
        /// The service.
        service: String,
        /// How many workers all instances have.
        workers: f64,
        /// Where what the pool does is measured: the service, or its endpoints that work there.
        measured: (SubjectKind, Vec<String>),
    },
    /// The layers of a call that hold callers back until their turn comes.
    Calls {
        /// What they are: `connection pool`, `bulkhead`, …; the outermost first.
        layers: Vec<&'static str>,
    },
}

impl Resource {
    /// Whether `name` means this, or the service whose pool it is.
    pub fn is_meant_by(&self, name: &str) -> bool {
        let is_service = |service: &str| service == name;
        self.name == name
            || matches!(&self.what, ResourceKind::Pool { service, .. } if is_service(service))
    }
}

/// Everything in a model that can be used up: pools of workers, callees after their callers, then calls.
pub fn resources(model: &Model) -> Vec<Resource> {
    let mut found = pools(model);
    for edge in &model.edges {
        let layers: Vec<_> = edge.policy.layers.iter().filter_map(holding).collect();
        if !layers.is_empty() && found.iter().all(|known| *known.name != *edge.name) {
            found.push(Resource { name: edge.name.to_string(), what: ResourceKind::Calls { layers } });
        }
    }
    found
}

fn pools(model: &Model) -> Vec<Resource> {
    let mut found = Vec::new();
    for (index, service) in model.services.iter().enumerate() {
        let own = || model.endpoints.iter().filter(move |e| e.service.index() == index);
        for (place, pool) in service.pools.iter().enumerate() {
            let works_there = |e: &&EndpointSpec| usize::from(e.pool) == place;
            let endpoints: Vec<String> =
                own().filter(works_there).map(|e| e.name.to_string()).collect();
            let (Some(workers), false) = (pool.workers, endpoints.is_empty()) else { continue };
            let measured = match own().count() {
                // The only endpoint of a service is not measured apart from it.
                1 => (SubjectKind::Service, vec![service.name.to_string()]),
                _ => (SubjectKind::Endpoint, endpoints),
            };
            found.push(Resource {
                name: format!("{}.{}", service.name, pool.name),
                what: ResourceKind::Pool {
                    service: service.name.to_string(),
                    workers: f64::from(service.instances) * f64::from(workers),
                    measured,
                },
            });
        }
    }
    found
}

fn holding(layer: &ResolvedLayer) -> Option<&'static str> {
    let ResolvedLayer::Guard(guard) = layer else { return None };
    match &guard.kind {
        GuardKind::Bulkhead(_) => Some("bulkhead"),
        GuardKind::ConnectionPool(_) => Some("connection pool"),
        GuardKind::ConcurrencyLimit(_) => Some("concurrency limit"),
        GuardKind::RateLimit(_) => Some("rate limit"),
        // What they turn away waits for nobody.
        GuardKind::Breaker(_) | GuardKind::Throttle(_) => None,
    }
}
