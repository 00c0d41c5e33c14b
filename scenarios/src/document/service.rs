//! `[services.X]`: instances, their workers, and what a request does there.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::{Bytes, SimDuration};
use sim_core::model::machine::{Disk, Memory};
use sim_core::model::replication::{Replication, Role};
use sim_core::model::spec::{ColdStart, Deadlines, Overrun, ServiceMode};
use sim_core::policy::balancing::Balancing;
use sim_core::policy::{Autoscaler, HealthCheck, ServerLimit, Shedding};

use super::{MachineName, Step};

/// A service: instances behind a balancer. One of `steps` and `endpoints` says what it does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    /// How many instances it has.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) instances: u32,
    /// The zones that its instances are in, in turn: with `["a", "b", "c"]` the first, the fourth, …
    /// are in zone a. None, if not given.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) zones: Vec<String>,
    /// How callers choose an instance: each in turn if not given.
    #[serde(default)]
    pub(crate) balancer: Balancing,
    /// Whether a worker is held while its request waits for a call.
    #[serde(default)]
    pub(crate) mode: ServiceMode,
    /// Whom the service turns away before a pool is asked: limits, in the order in which a request
    /// asks them. Those that let it pass hear when it leaves the instance, and how it ended there.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub(crate) limits: Vec<ServerLimit>,
    /// The pools of workers of every instance, by name; without any, nothing limits how many
    /// requests an instance works on at once.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 100))]
    pub(crate) pools: IndexMap<String, Pool>,
    /// What a request does, in order: a service with one endpoint.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) steps: Option<Vec<Step>>,
    /// The endpoints, by name: a service with several. They are measured apart.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 100))]
    pub(crate) endpoints: Option<IndexMap<String, Endpoint>>,
    /// When an instance is overrun and crashes; if not given, never.
    #[serde(default)]
    pub(crate) overrun: Option<Overrun>,
    /// How slowly an instance starts after a restart; if not given, it starts warm.
    #[serde(default)]
    pub(crate) cold_start: Option<ColdStart>,
    /// The machines that its instances run on, one of `machines`, in turn; what they work on is done
    /// there, at the pace that is left to them. If not given, work takes its time whoever else works.
    #[serde(default)]
    pub(crate) runs_on: Option<MachineName>,
    /// Of the machine: how many of its cores an instance may use at most (a CPU limit); as many as there
    /// are if not given.
    #[serde(default)]
    pub(crate) cpu_limit: Option<f64>,
    /// Of the machine: the weight of an instance where cores are short (CPU shares). If not given, one for
    /// each of its requests that work.
    #[serde(default)]
    pub(crate) cpu_shares: Option<f64>,
    /// The memory that an instance takes, and when that is too much; it does not matter if not given.
    #[serde(default)]
    pub(crate) memory: Option<Memory>,
    /// The disk of an instance, and what becomes of requests when it is full; it has room for ever if not
    /// given.
    #[serde(default)]
    pub(crate) disk: Option<Disk>,
    /// What its instances come and go by; `instances` are those at first. If not given, they stay.
    #[serde(default)]
    pub(crate) autoscaler: Option<Autoscaler>,
    /// How its instances follow one of them, the primary, which takes the writes: those of the endpoints
    /// with `role = "primary"`. If not given, they are all alike.
    #[serde(default)]
    pub(crate) replication: Option<Replication>,
    /// How many of its instances have to be up for one more to be taken out of service on purpose: `deploy`
    /// waits for them (a disruption budget; as many as there are let nobody ever be taken out). It
    /// helps against nothing that dies. None, if not given.
    #[serde(default)]
    pub(crate) min_available: Option<u32>,
    /// What those ask who want to know whether an instance is well, and whether it is restarted if
    /// not.
    #[serde(default)]
    pub(crate) probes: Option<Probes>,
    /// What it makes of the deadlines that its requests come with.
    #[serde(default)]
    pub(crate) deadlines: Deadlines,
    /// How much longer a `work` step takes for each request inside the instance when it begins, its
    /// own included, those that wait for a worker or for a call as well; nothing if not given. With
    /// "10ms" and 40 others inside, work of 1 s takes 1.41 s.
    #[serde(default)]
    pub(crate) contention: SimDuration,
}

/// What those ask who want to know whether an instance is well, and what they do.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Probes {
    /// The endpoint of the service that health checks of the balancer ask: it waits for a worker, works
    /// and calls as any request does there, and ends well or not within the check's timeout. If not
    /// given, they see only whether the process of the instance answers.
    #[serde(default)]
    pub(crate) readiness: Option<String>,
    /// Who restarts an instance that does not answer; nobody if not given.
    #[serde(default)]
    pub(crate) liveness: Option<Liveness>,
}

/// A probe that restarts an instance which fails it, with all that is in it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Liveness {
    /// How often it asks, and after how many failures it restarts.
    pub(crate) check: HealthCheck,
    /// The endpoint that it asks; if not given, it sees only whether the process answers.
    #[serde(default)]
    pub(crate) endpoint: Option<String>,
    /// How long an instance is down that is restarted.
    #[serde(default = "ten_seconds")]
    pub(crate) restart: SimDuration,
    /// The share of the instances that may be down, 0 to 1: no restart takes more away. All of them
    /// if not given, as in Kubernetes.
    #[serde(default = "all")]
    #[schemars(range(min = 0, max = 1))]
    pub(crate) at_most_down: f64,
}

fn ten_seconds() -> SimDuration {
    SimDuration::from_secs(10)
}

fn all() -> f64 {
    1.0
}

/// An endpoint of a service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Endpoint {
    /// What a request does, in order.
    #[schemars(length(max = 1_000))]
    pub(crate) steps: Vec<Step>,
    /// The pool it works in; needed where the service has several.
    #[serde(default)]
    pub(crate) pool: Option<String>,
    /// Which of the instances it is served by, where the service has `replication`.
    #[serde(default)]
    pub(crate) role: Role,
}

/// A pool of workers of one instance.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pool {
    /// How many requests it works on at once; if not given, there is no limit.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(crate) workers: Option<u32>,
    /// Who waits for a worker, and in which order; if not given, first come, first served,
    /// without a limit.
    #[serde(default)]
    pub(crate) queue: Option<Queue>,
    /// Who sheds requests that wait, which then end as `rejected_shed`; if not given, nobody. It
    /// also says from which end the queue is served.
    #[serde(default)]
    pub(crate) shedding: Option<Shedding>,
}

/// Who is served next.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Queue {
    /// First come, first served.
    Fifo(Bounds),
    /// Last come, first served.
    Lifo(Bounds),
}

/// How long a queue may get.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bounds {
    /// How many may wait; one more is turned away with `overflow`. If not given, there is no
    /// limit; 0 means that nobody waits.
    #[serde(default)]
    pub(crate) capacity: Option<u32>,
}

/// A versioned row; it has nothing to set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {}

fn one() -> u32 {
    1
}

/// A kind of machines, whose processors all share who work on them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Machine {
    /// How many there are.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) count: u32,
    /// How many cores each has: not more requests than that work at full speed; more share them (processor
    /// sharing).
    #[serde(default = "one_core")]
    pub(crate) cores: f64,
    /// How fast a core is: 1 does a second of service demand in a second.
    #[serde(default = "one_core")]
    pub(crate) speed: f64,
    /// How much memory each has: when the instances on it take more, the one that takes most is killed.
    /// No limit if not given.
    #[serde(default)]
    pub(crate) memory: Option<Bytes>,
}

fn one_core() -> f64 {
    1.0
}
