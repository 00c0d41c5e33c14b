//! The steps of a handler: what a request does.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::sample::Keys;
use sim_core::kernel::{Distribution, SimDuration};
use sim_core::model::handler::Rest;

use super::{BrokerName, CacheName, Callee, EffectName, PolicyName, RowName, StoreName};

/// One step of what a request does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Works for this long: the service demand.
    Work(Distribution),
    /// Calls another service and waits for the answer.
    Call(StepCall),
    /// Goes one of several ways, at random; with what is left of the shares, it goes none of them.
    Branch(Vec<Way>),
    /// Goes several ways side by side, and waits until enough of them have ended well.
    Parallel(Parallel),
    /// Begins a background task and goes on at once: nobody hears how it ends.
    Spawn(Spawn),
    /// Takes the row that the request is about, does these steps, and gives it back.
    Lock(Lock),
    /// Does these steps as a transaction: rows that are locked in it are held to its end, and effects
    /// are there when it ends well, or never were.
    Transaction(Transaction),
    /// Looks into a cache; if what is looked for is missing, does these steps and puts it there.
    Cache(Cached),
    /// Publishes a message at a broker; if there is no room for it, the request ends as
    /// `server_error`.
    Publish(Publish),
    /// Brings an effect about.
    Apply(EffectStep),
    /// Does some steps if an effect has come about for what the request is about, and others if not.
    IfApplied(IfApplied),
    /// Reads a row: the answer carries its version to the caller.
    Read(RowStep),
    /// Writes a row if its version is still the one that the caller last read, and raises the
    /// version; otherwise the request ends as `client_error` (a conflict).
    WriteIfUnchanged(RowStep),
}

/// A call of a handler.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepCall {
    /// What is called: a service, or one of its endpoints as `service.endpoint`.
    pub(crate) to: Callee,
    /// The policy of the call; without one, the caller waits as long as it takes and tries once.
    #[serde(default)]
    pub(crate) policy: Option<PolicyName>,
    /// Whether the request goes on when the call fails; otherwise it ends as `server_error`.
    #[serde(default)]
    pub(crate) optional: bool,
    /// The class of the call for limits and queues that tell classes from each other: 0 is the most
    /// important. If not given, that of the request whose handler makes the call.
    #[serde(default)]
    pub(crate) priority: Option<u8>,
    /// What the call is about, such as "zipf(1.1, 10000)": the same for all its attempts. If not given,
    /// what the request is about whose handler makes the call.
    #[serde(default)]
    pub(crate) key: Option<Keys>,
    /// Whether the call carries an idempotency key, the same for all its attempts: made of the one of
    /// the request whose handler makes the call, if that has one.
    #[serde(default)]
    pub(crate) idempotency_key: bool,
}

/// A row that is held around some steps.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    /// The store, one of `stores`.
    #[serde(rename = "in")]
    pub(crate) store: StoreName,
    /// Which table; can be left out where the store has one. The row there is the one of the key that
    /// the call is about.
    #[serde(default)]
    pub(crate) table: Option<String>,
    /// Whether others may share the row.
    #[serde(default)]
    pub(crate) mode: LockMode,
    /// How long it waits; then the request ends as `server_error`. "0s" is not at all (`NOWAIT`). As the
    /// store says if not given.
    #[serde(default)]
    pub(crate) wait: Option<SimDuration>,
    /// What is done while the row is held; in a transaction it is held longer.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) steps: Vec<Step>,
}

/// Whether others may share a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LockMode {
    /// Nobody else has it: `SELECT … FOR UPDATE`.
    #[default]
    Exclusive,
    /// Others may share it: `SELECT … FOR SHARE`.
    Shared,
}

/// Steps of which all take effect, or none.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transaction {
    /// What is done in it; its calls are made while it is open.
    #[schemars(length(max = 1_000))]
    pub(crate) steps: Vec<Step>,
}

/// A look into a cache.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cached {
    /// The cache, one of `caches`. What is looked for is the key that the call is about.
    #[serde(rename = "in")]
    pub(crate) cache: CacheName,
    /// How what is missing is fetched.
    #[schemars(length(max = 1_000))]
    pub(crate) otherwise: Vec<Step>,
}

/// Where a message is published.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publish {
    /// The broker, one of `brokers`.
    pub(crate) to: BrokerName,
}

/// Which effect a step is about.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EffectStep {
    /// The effect, one of `effects`.
    pub(crate) effect: EffectName,
}

/// Steps that depend on whether an effect has come about.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IfApplied {
    /// The effect, one of `effects`.
    pub(crate) effect: EffectName,
    /// What is done if it has.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) then: Vec<Step>,
    /// What is done if it has not.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) otherwise: Vec<Step>,
}

/// One of several ways that a request can go.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Way {
    /// How many of the requests go it, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) share: f64,
    /// What they do there.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) steps: Vec<Step>,
}

/// Ways that a request goes side by side. A worker that it has, it keeps meanwhile (in an asynchronous
/// service it gives it back); what is worked on there takes time, and no further worker.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parallel {
    /// What is done on each of the ways.
    #[schemars(length(min = 1, max = 1_000))]
    pub(crate) branches: Vec<Vec<Step>>,
    /// How many of them have to end well before the request goes on. When too few can any more, it
    /// ends as the one did that failed last.
    #[serde(default)]
    pub(crate) wait_for: WaitFor,
    /// What becomes of the others then.
    #[serde(default)]
    pub(crate) rest: Rest,
}

/// How many branches have to end well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitFor {
    /// Each of them.
    #[default]
    All,
    /// One, whichever is first.
    Any,
    /// So many.
    Quorum(u16),
}

/// A background task: it works in the instance that began it, apart from the request, and dies with
/// the instance. It is measured under its name, and counts neither among the requests nor among the
/// answers of its service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spawn {
    /// Its name, one for each kind of tasks of a service: `mail` of `[services.api]` is measured as
    /// `api.mail`.
    pub(crate) name: String,
    /// The pool it works in, one that no endpoint works in; if not given, nothing limits how many
    /// run at once.
    #[serde(default)]
    pub(crate) pool: Option<String>,
    /// What it does.
    #[schemars(length(max = 1_000))]
    pub(crate) steps: Vec<Step>,
}

/// Which row a step is about.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowStep {
    /// The row, one of `rows`.
    pub(crate) row: RowName,
}
