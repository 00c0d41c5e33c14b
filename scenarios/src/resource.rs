//! What of a model can be used up: pools of workers, the layers of calls that hold callers back, rows that
//! are locked, consumers of messages, cores, memory.

use sim_core::model::record::SubjectKind;
use sim_core::model::spec::{EndpointId, EndpointSpec, Model, ServiceId};
use sim_core::policy::{GuardKind, ResolvedLayer};

/// Something that can be used up, so that others wait for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its name: `payment.main` for a pool of workers, `shop->payment` for the layers of a call, that of the
    /// store or of the broker.
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
        /// Where what the pool does is measured: the service, or its endpoints that work there, and the
        /// background tasks that do.
        measured: Vec<(SubjectKind, String)>,
    },
    /// The layers of a call that hold callers back until their turn comes.
    Calls {
        /// What they are: `connection pool`, `bulkhead`, …; the outermost first.
        layers: Vec<&'static str>,
    },
    /// The rows of a store that others hold locked.
    Rows,
    /// The cores of machines.
    Cores {
        /// How many thousandths of cores there are, which is what is measured.
        thousandths: f64,
        /// The services that run there.
        services: Vec<String>,
    },
    /// The memory of a service's instances.
    Memory {
        /// The service.
        service: String,
        /// How many instances it has.
        instances: f64,
    },
    /// The consumers of a broker's messages.
    Consumers {
        /// How many deliveries are under way at most.
        consumers: f64,
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

/// Everything in a model that can be used up: pools of workers, callees after their callers, then calls, then
/// stores, brokers, machines and memories.
pub fn resources(model: &Model) -> Vec<Resource> {
    let mut found = pools(model);
    for edge in &model.edges {
        let layers: Vec<_> = edge.policy.layers.iter().filter_map(holding).collect();
        if !layers.is_empty() && found.iter().all(|known| *known.name != *edge.name) {
            found.push(Resource {
                name: edge.name.to_string(),
                what: ResourceKind::Calls { layers },
            });
        }
    }
    found.extend(
        model
            .stores
            .iter()
            .map(|store| Resource { name: store.name.to_string(), what: ResourceKind::Rows }),
    );
    found.extend(model.brokers.iter().map(|broker| Resource {
        name: broker.name.to_string(),
        what: ResourceKind::Consumers { consumers: f64::from(broker.consumers) },
    }));
    let name_of = |service: ServiceId| model.services[service.index()].name.to_string();
    found.extend(model.machines.iter().map(|machine| Resource {
        name: machine.cores_name(),
        what: ResourceKind::Cores {
            thousandths: machine.thousandths(),
            services: machine.tenants.iter().map(|tenant| name_of(tenant.service)).collect(),
        },
    }));
    found.extend(model.memories.iter().map(|(service, _)| Resource {
        name: model.memory_name(*service),
        what: ResourceKind::Memory {
            service: name_of(*service),
            instances: f64::from(model.services[service.index()].instances),
        },
    }));
    found
}

fn pools(model: &Model) -> Vec<Resource> {
    let mut found = Vec::new();
    for (index, service) in model.services.iter().enumerate() {
        for (place, pool) in service.pools.iter().enumerate() {
            let works_there =
                |e: &EndpointSpec| e.service.index() == index && usize::from(e.pool) == place;
            let endpoints = model.endpoints.iter().enumerate().filter(|(_, e)| works_there(e));
            let measured: Vec<_> = endpoints.map(|(id, _)| measured(model, id)).collect();
            let (Some(workers), false) = (pool.workers, measured.is_empty()) else { continue };
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

/// Where the work of an endpoint is measured.
fn measured(model: &Model, id: usize) -> (SubjectKind, String) {
    let endpoint = &model.endpoints[id];
    let service = &model.services[endpoint.service.index()];
    match (model.is_task(EndpointId(id as u16)), service.endpoints.len()) {
        (true, _) => (SubjectKind::Task, endpoint.name.to_string()),
        // The only endpoint of a service is not measured apart from it.
        (false, 1) => (SubjectKind::Service, service.name.to_string()),
        (false, _) => (SubjectKind::Endpoint, endpoint.name.to_string()),
    }
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
