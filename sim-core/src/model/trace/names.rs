//! What spans and what happened in them are called.

use super::{Event, Happened, Made, Place, Span, What};
use crate::model::spec::{EdgeId, Model};
use crate::policy::{GuardKind, ResolvedLayer};

impl Span {
    /// What a reader sees: `shop->payment`, `attempt 2`, `queue main`.
    pub fn name(&self, model: &Model) -> String {
        let service = match self.at {
            Place::Instance(service, _) => Some(&model.services[service.index()]),
            Place::Client(..) | Place::Broker(_) => None,
        };
        match self.what {
            What::Call(edge, made) => {
                let edge = &model.edges[edge.index()].name;
                match made {
                    Made::ByClient | Made::ByHandler => edge.to_string(),
                    Made::ByHedge(number) => format!("{edge} copy {number}"),
                    Made::ByFallback => format!("{edge} fallback"),
                    Made::ByBroker => format!("{edge} delivery"),
                }
            }
            What::Layer(edge, layer) => layer_name(model, edge, layer).to_owned(),
            What::Backoff(_) => "backoff".to_owned(),
            What::Attempt { number, .. } => format!("attempt {number}"),
            What::Out(_) => "network out".to_owned(),
            What::Back(_) => "network back".to_owned(),
            What::Served(endpoint) | What::Task(endpoint) => {
                model.endpoints[endpoint.index()].name.to_string()
            }
            What::AtLimit => "server limit".to_owned(),
            What::Queued(pool) => {
                let pool = service.and_then(|service| service.pools.get(usize::from(pool)));
                pool.map_or("queue".to_owned(), |pool| format!("queue {}", pool.name))
            }
            What::HeldUp => "held up".to_owned(),
            What::Work(_) => "work".to_owned(),
            What::Row(store, table) => {
                let store = &model.stores[usize::from(store)];
                let table = store.tables.get(usize::from(table)).map_or("", |table| table);
                format!("row {}.{table}", store.name)
            }
            What::Cache(cache) => format!("cache {}", model.caches[usize::from(cache)].name),
            What::Resumes => "wait for a worker".to_owned(),
            What::Branch(step) => format!("branch from step {step}"),
            What::Message(broker) => format!("queue {}", model.brokers[usize::from(broker)].name),
        }
    }

    /// What a reader sees of something that happened meanwhile.
    pub fn event_name(&self, event: &Event, model: &Model) -> String {
        match event.what {
            Happened::TurnedAway(layer, outcome) => match self.what {
                What::Call(edge, _) => {
                    format!("{} by {}", outcome.name(), layer_name(model, edge, layer))
                }
                _ => outcome.name().to_owned(),
            },
            Happened::TimeIsUp(outcome) => outcome.name().to_owned(),
            Happened::NoInstance => "no instance may be chosen".to_owned(),
            Happened::NoTimeToRetry => "no time left to try again".to_owned(),
            Happened::BudgetIsEmpty => "the retry budget does not pay".to_owned(),
            Happened::Lost => "lost".to_owned(),
            Happened::StandsStill => "stands still".to_owned(),
            Happened::Late => "late answer".to_owned(),
            Happened::LateAccepted => "late answer accepted".to_owned(),
            Happened::Fault(fault) => format!("fault {}", model.faults[usize::from(fault)].name),
        }
    }
}

impl What {
    /// One word for its kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Call(..) => "call",
            Self::Layer(..) => "layer",
            Self::Backoff(_) => "backoff",
            Self::Attempt { .. } => "attempt",
            Self::Out(_) | Self::Back(_) => "network",
            Self::Served(_) => "request",
            Self::Task(_) => "task",
            Self::AtLimit => "limit",
            Self::Queued(_) | Self::Resumes | Self::Message(_) => "queue",
            Self::HeldUp => "fault",
            Self::Work(_) => "work",
            Self::Row(..) => "row",
            Self::Cache(_) => "cache",
            Self::Branch(_) => "branch",
        }
    }
}

impl Place {
    /// The name of the client, service or broker.
    pub fn name(self, model: &Model) -> &str {
        match self {
            Self::Client(client, _) => &model.clients[client.index()].name,
            Self::Instance(service, _) => &model.services[service.index()].name,
            Self::Broker(broker) => &model.brokers[usize::from(broker)].name,
        }
    }
}

/// The name of a layer in files.
fn layer_name(model: &Model, edge: EdgeId, layer: u8) -> &'static str {
    match model.edges[edge.index()].policy.layers.get(usize::from(layer)) {
        None => "layer",
        Some(ResolvedLayer::Retry(_)) => "retry",
        Some(ResolvedLayer::Timeout(_)) => "timeout",
        Some(ResolvedLayer::Deadline(_)) => "deadline",
        Some(ResolvedLayer::Fallback(_)) => "fallback",
        Some(ResolvedLayer::Hedge(_)) => "hedge",
        Some(ResolvedLayer::Guard(guard)) => match guard.kind {
            GuardKind::Breaker(_) => "breaker",
            GuardKind::Bulkhead(_) => "bulkhead",
            GuardKind::RateLimit(_) => "rate_limit",
            GuardKind::Throttle(_) => "throttle",
            GuardKind::ConcurrencyLimit(_) => "concurrency_limit",
            GuardKind::ConnectionPool(_) => "connection_pool",
        },
    }
}
