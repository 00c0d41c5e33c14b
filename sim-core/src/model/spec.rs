//! A checked model: what a scenario file is compiled to and what the engine runs.
//!
//! Everything is named by small indices into the vectors of [`Model`]; names are kept for
//! results and for the random streams. The engine trusts a model: whoever builds one keeps the
//! rules stated at each field.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::broker::BrokerSpec;
pub use super::cache::CacheSpec;
pub use super::fault::{FaultSpec, Portion, Stage, Target, Withdrawal};
pub use super::handler::Step;
pub use super::machine::MachineSpec;
use super::machine::{Disk, Memory};
pub use super::network::LinkSpec;
pub use super::replication::ReplicationSpec;
pub use super::store::StoreSpec;
use super::workload::Load;
use super::zones::Zones;
use crate::kernel::SimDuration;
use crate::kernel::sample::Keys;
use crate::policy::HealthCheck;
use crate::policy::balancing::Balancing;
use crate::policy::{Autoscaler, ResolvedPolicy, ServerLimit, Shedding};

macro_rules! ids {
    ($( $(#[$doc:meta])* $Id:ident, )+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $Id(pub u16);

        impl $Id {
            /// The place in the model's vector.
            #[inline]
            pub const fn index(self) -> usize { self.0 as usize }
        }
    )+ };
}

ids! {
    /// A population of clients: an index into [`Model::clients`].
    ClientId,
    /// A service: an index into [`Model::services`].
    ServiceId,
    /// An endpoint of a service: an index into [`Model::endpoints`].
    EndpointId,
    /// A caller and what it calls, under a policy: an index into [`Model::edges`].
    EdgeId,
    /// A link of the network: an index into [`Model::links`].
    LinkId,
    /// A versioned row of a store: an index into [`Model::rows`].
    RowId,
    /// An effect: an index into [`Model::effects`].
    EffectId,
}

/// A checked model.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// How long to simulate.
    pub length: SimDuration,
    /// The populations of clients.
    pub clients: Vec<ClientSpec>,
    /// The services.
    pub services: Vec<ServiceSpec>,
    /// The endpoints of all services.
    pub endpoints: Vec<EndpointSpec>,
    /// The call sites: who calls what, under which policy, over which link.
    pub edges: Vec<EdgeSpec>,
    /// The links of the network.
    pub links: Vec<LinkSpec>,
    /// The names of the versioned rows.
    pub rows: Vec<Arc<str>>,
    /// What the calls of some edges carry.
    pub carried: Vec<Carried>,
    /// The stores whose rows are locked.
    pub stores: Vec<StoreSpec>,
    /// What requests bring about.
    pub effects: Vec<EffectSpec>,
    /// What handlers look into before they fetch something.
    pub caches: Vec<CacheSpec>,
    /// Where handlers publish messages.
    pub brokers: Vec<BrokerSpec>,
    /// The machines that services share.
    pub machines: Vec<MachineSpec>,
    /// The memory that the instances of services take, where that matters.
    pub memories: Vec<(ServiceId, Memory)>,
    /// The disks of the instances of services, where they matter.
    pub disks: Vec<(ServiceId, Disk)>,
    /// How many instances of some services have to stay up when others are taken out of service on
    /// purpose.
    pub least_up: Vec<(ServiceId, u32)>,
    /// The services whose instances follow a primary.
    pub replications: Vec<ReplicationSpec>,
    /// The services whose instances come and go.
    pub scaled: Vec<ScaledSpec>,
    /// Services whose probes ask an endpoint, or restart instances.
    pub probes: Vec<ProbeSpec>,
    /// What is injected.
    pub faults: Vec<FaultSpec>,
    /// Who is in which zone.
    pub zones: Zones,
    /// When a run is given up as running away.
    pub limits: Limits,
}

impl Model {
    /// Whether an endpoint is what a background task does ([`Step::Spawn`]): an edge that leads there
    /// knows no network, no policy and no limit, and what happens there is measured by itself alone.
    pub fn is_task(&self, endpoint: EndpointId) -> bool {
        let service = self.endpoints[endpoint.index()].service;
        !self.services[service.index()].endpoints.contains(&endpoint)
    }

    /// The kind of machines that a service runs on, if it shares any.
    pub fn machine_of(&self, service: ServiceId) -> Option<&MachineSpec> {
        let runs = |machine: &&MachineSpec| machine.tenants.iter().any(|t| t.service == service);
        self.machines.iter().find(runs)
    }

    /// The memory that an instance of a service takes, if that matters.
    pub fn memory_of(&self, service: ServiceId) -> Option<&Memory> {
        self.memories.iter().find(|(of, _)| *of == service).map(|(_, memory)| memory)
    }

    /// What the memory of a service's instances is called where it is measured.
    pub fn memory_name(&self, service: ServiceId) -> String {
        format!("{}.memory", self.services[service.index()].name)
    }

    /// How the instances of a service come and go, if they do.
    pub fn scaled_of(&self, service: ServiceId) -> Option<&ScaledSpec> {
        self.scaled.iter().find(|spec| spec.service == service)
    }

    /// How the instances of a service follow a primary, if they do.
    pub fn replication_of(&self, service: ServiceId) -> Option<&ReplicationSpec> {
        self.replications.iter().find(|spec| spec.service == service)
    }

    /// How many instances of a service a rollout leaves up, if anybody says so.
    pub fn least_up_of(&self, service: ServiceId) -> Option<u32> {
        self.least_up.iter().find(|(of, _)| *of == service).map(|(_, least)| *least)
    }

    /// Whether an edge is a probe, which asks an instance that no balancer chooses.
    pub fn is_probe(&self, edge: &EdgeSpec) -> bool {
        let is_it = |other: EdgeId| self.edges[other.index()].name == edge.name;
        let edges = |probe: &ProbeSpec| {
            [probe.readiness, probe.liveness.as_ref().and_then(|liveness| liveness.edge)]
        };
        self.probes.iter().flat_map(edges).flatten().any(is_it)
    }

    /// Whether anybody asks what a request is about.
    pub fn asks_what_requests_are_about(&self) -> bool {
        let nobody = self.stores.is_empty() && self.effects.is_empty() && self.caches.is_empty();
        let nobody = nobody && self.replications.is_empty();
        !(nobody && self.carried.is_empty() && self.brokers.is_empty())
    }

    /// How many classes its calls are of.
    pub fn classes(&self) -> usize {
        self.edges
            .iter()
            .filter_map(|edge| edge.priority)
            .max()
            .map_or(1, |most| usize::from(most) + 1)
    }
}

/// A population of clients that behave alike.
#[derive(Clone, Debug)]
pub struct ClientSpec {
    /// Its name in the file: `shop` for `[clients.shop]`.
    pub name: Arc<str>,
    /// When its calls start.
    pub load: Load,
    /// What it calls.
    pub edge: EdgeId,
}

/// A caller and what it calls.
#[derive(Clone, Debug)]
pub struct EdgeSpec {
    /// `caller->callee`, such as `shop->payment` or `api.checkout->payment`.
    pub name: Arc<str>,
    /// The endpoint that is called.
    pub to: EndpointId,
    /// The policy around the call.
    pub policy: ResolvedPolicy,
    /// The link its messages travel over.
    pub link: LinkId,
    /// The class of its calls, 0 the most important; `None` is that of the request whose handler
    /// makes the call, and 0 of a client's.
    pub priority: Option<u8>,
    /// The calls that the fallbacks of the policy make.
    pub substitutes: Vec<Substitution>,
}

/// A call that a fallback makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Substitution {
    /// The layer of the fallback, from 0.
    pub layer: u8,
    /// The place of the call in its chain, from 0.
    pub place: u8,
    /// The call.
    pub edge: EdgeId,
}

/// What the calls of an edge carry, beside their class.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    /// The edge.
    pub edge: EdgeId,
    /// Which of many things a call is about, the same for all its attempts. `None` is what the request is
    /// about whose handler makes the call, and one thing for all calls of clients.
    pub keys: Option<Keys>,
    /// Whether the calls carry an idempotency key: that of the request whose handler makes them, made
    /// one of their own, or if that has none, one of the call.
    pub idempotency: bool,
}

/// Something that requests bring about, and that should come about once: a charge, a mail.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectSpec {
    /// Its name in the file.
    pub name: Arc<str>,
    /// What it should come about once for.
    pub per: Per,
    /// Whether whoever applies it knows an idempotency key again, and does nothing the second time.
    pub recognises: bool,
}

/// What an effect should come about once for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Each call of a client, however often it is tried.
    #[default]
    Call,
    /// Each key that calls are about.
    Key,
}

/// What the probes of a service ask, and what they do.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeSpec {
    /// The service.
    pub service: ServiceId,
    /// The call that a health check of its balancer is: a deep one. `None` sees only whether the process
    /// of the instance answers.
    pub readiness: Option<EdgeId>,
    /// Who restarts an instance that does not answer.
    pub liveness: Option<Liveness>,
}

/// A probe that restarts an instance which fails it.
#[derive(Clone, Debug, PartialEq)]
pub struct Liveness {
    /// How often it asks, and what it makes of the answers.
    pub check: HealthCheck,
    /// The call that it is; `None` sees only whether the process of the instance answers.
    pub edge: Option<EdgeId>,
    /// How long an instance is down that is restarted.
    pub restart: SimDuration,
    /// The share of the instances that may be down, 0 to 1: no restart takes more away.
    pub at_most_down: f64,
}

/// A service whose instances come and go. Its [`ServiceSpec::instances`] are as many as there may be.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaledSpec {
    /// The name under which its instances are counted: `api.instances` of the service `api`.
    pub name: Arc<str>,
    /// The service.
    pub service: ServiceId,
    /// What they come and go by.
    pub how: Autoscaler,
    /// How many there are at first.
    pub at_first: u32,
}

/// A service: instances behind a balancer.
#[derive(Clone, Debug)]
pub struct ServiceSpec {
    /// Its name in the file.
    pub name: Arc<str>,
    /// How many instances it has; at least 1.
    pub instances: u32,
    /// How callers choose an instance.
    pub balancer: Balancing,
    /// Whether a worker is held while its request waits for a call.
    pub mode: ServiceMode,
    /// Whom an instance turns away before a pool is asked: its limits, in the order in which they are
    /// asked.
    pub limits: Vec<ServerLimit>,
    /// The pools of every instance; at least one.
    pub pools: Vec<PoolSpec>,
    /// Its endpoints; at least one. What its background tasks do are endpoints of the model too,
    /// but not among these.
    pub endpoints: Vec<EndpointId>,
    /// When an instance is overrun and crashes, if it does.
    pub overrun: Option<Overrun>,
    /// How slowly an instance starts after a restart, if it does.
    pub cold_start: Option<ColdStart>,
    /// What its instances make of the deadlines of requests.
    pub deadlines: Deadlines,
    /// What each request inside an instance adds to the work of one that begins a step of work:
    /// see [`Step::Work`]. Zero is nothing.
    pub contention: SimDuration,
}

/// Whether a worker is held while its request waits for a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceMode {
    /// The worker is held for the whole request, through every wait (a thread per request).
    #[default]
    Blocking,
    /// The worker is released while the request waits for a call; a request whose call is
    /// answered takes a worker before any new request does.
    Async,
}

/// What a service makes of the deadlines that its requests come with: of the time at which nobody
/// waits for an answer any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deadlines {
    /// Nothing: it works for callers that have gone.
    #[default]
    Ignored,
    /// It looks before each stage: when a request arrives, before each of its steps, and after each
    /// call. A request whose time is over ends as `deadline`.
    Checked,
    /// It looks, and its own calls end when the request's time is over. What they say of that to
    /// the next service is up to their policy: `deadlines = "sent"`.
    Propagated,
}

/// A pool of workers of one instance.
#[derive(Clone, Debug)]
pub struct PoolSpec {
    /// Its name in the file: `main` for `pools.main`.
    pub name: Arc<str>,
    /// How many requests it works on at once; `None` is no limit.
    pub workers: Option<u32>,
    /// What waits for a worker, and in which order.
    pub queue: QueueSpec,
    /// Who sheds what waits, if anybody does; it also says from which end the queue is served,
    /// whatever its discipline.
    pub shedding: Option<Shedding>,
}

/// A bounded queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Who is served next.
    pub discipline: Discipline,
    /// How many may wait; one more is turned away with `overflow`. `None` is no limit.
    pub capacity: Option<u32>,
}

/// Who is served next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First come, first served.
    Fifo,
    /// Last come, first served.
    Lifo,
}

/// When an instance is overrun: it crashes, every request in it is reset, and it restarts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overrun {
    /// The number of requests in one instance (waiting or worked on) above which it crashes.
    pub requests_above: u32,
    /// How long it is down: connections are refused.
    pub restart: SimDuration,
}

/// How slowly an instance works after a restart: work takes `factor` times as long at first, and
/// falls linearly to its normal time over `warm_up`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColdStart {
    /// How many times as long work takes just after a restart; at least 1.
    pub factor: f64,
    /// How long it takes to be warm.
    pub warm_up: SimDuration,
}

/// An endpoint of a service.
#[derive(Clone, Debug)]
pub struct EndpointSpec {
    /// `service` for a service with one endpoint, else `service.endpoint`.
    pub name: Arc<str>,
    /// Whose it is.
    pub service: ServiceId,
    /// The pool of the service it works in: an index into [`ServiceSpec::pools`].
    pub pool: u16,
    /// What a request does.
    pub steps: Vec<Step>,
}

/// When a run is given up as running away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many events may be handled.
    pub events: u64,
    /// How many calls and requests may be in flight at once, which bounds the memory.
    pub in_flight: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 2_000_000_000, in_flight: 8_000_000 }
    }
}
