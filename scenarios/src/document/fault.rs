//! `[[faults]]`: what is injected, where, and when.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::SimDuration;
use sim_core::model::fault;

use super::{BrokerName, CacheName, ClientName, ConditionText, LinkName, MachineName, ServiceName};

/// Something that is injected and withdrawn.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// Its name, in charts and in the paths of variants.
    pub(crate) name: String,
    /// When it starts.
    pub(crate) at: SimDuration,
    /// How long it lasts; that is up to its `stages`, if it has any.
    #[serde(rename = "for", default)]
    pub(crate) lasts: Option<SimDuration>,
    /// How long it takes from nothing to its full intensity; at once if not given.
    #[serde(default)]
    pub(crate) ramp: SimDuration,
    /// On which share of the calls (of `crash`: of the instances) it is, stage by stage; all the time
    /// on all, if not given.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) stages: Vec<fault::Stage>,
    /// Whether it comes again.
    #[serde(default)]
    pub(crate) repeat: Option<Repeat>,
    /// What it hits.
    pub(crate) on: On,
    /// What it does.
    pub(crate) fault: fault::Fault,
    /// Whether calls over connections that were opened before it started do not meet it; for faults
    /// of links. Connections are opened by a `connection_pool` of the policy, or for each attempt
    /// (`transport = { tcp = { handshake = "per_attempt" } }`).
    #[serde(default)]
    pub(crate) spares_open_connections: bool,
    /// How its withdrawal fails; it does not, if not given.
    #[serde(default)]
    pub(crate) withdrawal: Option<fault::Withdrawal>,
    /// The condition that withdraws it before its time, such as "share(shop:failed, 10s) > 5%": looked
    /// at each second while it lasts.
    #[serde(default)]
    pub(crate) stop_when: Option<ConditionText>,
}

impl Fault {
    /// How long it lasts.
    pub(crate) fn length(&self) -> SimDuration {
        let stages = || self.stages.iter().map(|stage| stage.lasts);
        self.lasts.unwrap_or_else(|| stages().fold(SimDuration::ZERO, SimDuration::saturating_add))
    }

    /// When it is withdrawn for the last time.
    pub(crate) fn ends(&self) -> SimDuration {
        let again = self.repeat.as_ref().map_or(SimDuration::ZERO, |repeat| {
            repeat.every.saturating_mul(u64::from(repeat.times.saturating_sub(1)))
        });
        self.at.saturating_add(again).saturating_add(self.length())
    }
}

/// A fault that comes again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repeat {
    /// How long after its start it starts again.
    pub(crate) every: SimDuration,
    /// How often it comes, the first time included.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) times: u32,
}

/// What a fault hits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum On {
    /// All instances of a service.
    Service(ServiceName),
    /// A population of clients.
    Client(ClientName),
    /// A link: `caller->callee`.
    Link(LinkName),
    /// A cache.
    Cache(CacheName),
    /// A broker.
    Broker(BrokerName),
    /// Some of the instances of a service.
    Instances(Instances),
    /// The primary of a service with `replication`: whichever instance is it when the fault comes.
    Primary(ServiceName),
    /// All instances in a zone, of whatever service.
    Zone(String),
    /// All instances that run on a kind of machines, of whatever service.
    Machine(MachineName),
    /// All instances that run on some of the machines of a kind, of whatever service.
    Machines(Machines),
    /// A share of the calls: the same calls under every policy, with all their attempts.
    Traffic(Traffic),
    /// All services whose names fit a pattern: `checkout-*`.
    Services(String),
    /// All links whose names fit a pattern: `*->payment`.
    Links(String),
}

/// Some of the instances of a service: the first ones.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instances {
    /// The service.
    pub(crate) of: ServiceName,
    /// How many.
    #[serde(default)]
    pub(crate) number: Option<u32>,
    /// Which share of them, rounded up to whole ones, 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub(crate) share: Option<f64>,
}

/// Some of the machines of a kind: the first ones. On the first of three run the first instance of each
/// service, the fourth, the seventh, and so on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Machines {
    /// The kind, one of `machines`.
    pub(crate) of: MachineName,
    /// How many.
    #[serde(default)]
    pub(crate) number: Option<u32>,
    /// Which share of them, rounded up to whole ones, 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub(crate) share: Option<f64>,
}

/// A share of the calls.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Traffic {
    /// Of which: those to a service, or those of a call, `caller->callee`.
    pub(crate) of: String,
    /// The share of them, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) share: f64,
}
