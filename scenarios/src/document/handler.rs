//! The steps of a handler: what a request does.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::Distribution;
use sim_core::model::handler::Rest;

use super::{Callee, PolicyName, RowName};

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
