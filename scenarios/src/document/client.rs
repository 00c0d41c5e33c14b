//! `[clients.X]`: who calls, when, and what.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::sample::Keys;
use sim_core::kernel::{Distribution, SimDuration};
use sim_core::model::workload::Start;

use super::{Callee, FileName, PolicyName, Rate};

/// A population of clients that behave alike.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    /// When its calls start.
    pub(crate) load: Load,
    /// What it calls.
    pub(crate) call: Call,
    /// The zone that it is in, one of those that services have; none, if not given.
    #[serde(default)]
    pub(crate) zone: Option<String>,
}

/// A call of a client: what, and under which policy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// What is called: a service, or one of its endpoints as `service.endpoint`.
    pub(crate) to: Callee,
    /// The policy of the call; without one, the caller waits as long as it takes and tries once.
    #[serde(default)]
    pub(crate) policy: Option<PolicyName>,
    /// The class of the calls for limits and queues that tell classes from each other: 0, the most
    /// important, if not given.
    #[serde(default)]
    pub(crate) priority: Option<u8>,
    /// What the calls are about, such as "zipf(1.1, 10000)", the same for all attempts of a call; all
    /// the same thing if not given.
    #[serde(default)]
    pub(crate) key: Option<Keys>,
    /// Whether the calls carry an idempotency key, the same for all attempts of a call.
    #[serde(default)]
    pub(crate) idempotency_key: bool,
}

/// When calls start.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Load {
    /// Arrivals that do not depend on answers.
    Open(Open),
    /// Users who call, wait for the answer, think, and call again.
    Closed(Closed),
}

/// Arrivals that do not depend on answers. One of `rate`, `stages`, `bursts` and `replay` says
/// how many there are.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Open {
    /// A steady rate of all clients together, such as "400/s".
    #[serde(default)]
    pub(crate) rate: Option<Rate>,
    /// A rate that changes in stages; after the last it stays as it is.
    #[serde(default)]
    pub(crate) stages: Option<Vec<Stage>>,
    /// Many calls at once, again and again.
    #[serde(default)]
    pub(crate) bursts: Option<Bursts>,
    /// A CSV file with the columns `time_s` and `rate_per_s`; between its rows the rate is linear.
    #[serde(default)]
    pub(crate) replay: Option<FileName>,
    /// Among how many clients the calls are dealt; matters to policies that keep state per client.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(crate) clients: u32,
    /// How calls follow each other at a rate; `poisson` if not given.
    #[serde(default)]
    pub(crate) arrivals: Option<ArrivalProcess>,
    /// Of paced arrivals: whether the clients call in turn or all at once; `spread` if not given.
    #[serde(default)]
    pub(crate) start: Option<Start>,
}

/// How calls follow each other at a rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ArrivalProcess {
    /// At random, each independent of the others: a Poisson process.
    #[default]
    Poisson,
    /// Evenly spaced.
    Paced,
}

/// A stage of a changing rate: `rate` holds one rate, `to` goes there in a straight line.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stage {
    /// How long it lasts.
    #[serde(rename = "for")]
    pub(crate) lasts: SimDuration,
    /// The rate throughout the stage.
    #[serde(default)]
    pub(crate) rate: Option<Rate>,
    /// The rate at the end of the stage, reached in a straight line from the rate before it
    /// (from zero if it is the first).
    #[serde(default)]
    pub(crate) to: Option<Rate>,
}

/// Many calls at once, again and again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bursts {
    /// How many calls a burst has.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(crate) size: u32,
    /// From one burst to the next; the first comes after this time too.
    pub(crate) every: SimDuration,
    /// Over how long a burst is spread; not given, all its calls come at once.
    #[serde(default)]
    pub(crate) spread: SimDuration,
}

/// Users who call, wait for the answer, think, and call again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closed {
    /// How many users there are.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(crate) users: u32,
    /// How long a user thinks between an answer and the next call.
    #[serde(default = "no_time")]
    pub(crate) think: Distribution,
    /// Whether the users think before their first call, or all call at the start of the run.
    #[serde(default)]
    pub(crate) start: Start,
    /// After how many calls a user leaves; if not given, never.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) calls_per_user: Option<u32>,
}

fn one() -> u32 {
    1
}

fn no_time() -> Distribution {
    Distribution::Constant(SimDuration::ZERO)
}
