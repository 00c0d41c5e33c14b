//! The layers of a call's policy, outermost first: the order is the meaning.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::breaker::Breaker;
use super::bulkhead::Bulkhead;
use super::concurrency::ConcurrencyLimit;
use super::connections::ConnectionPool;
use super::fallback::{Fallback, FallbackPolicy};
use super::guard::{GuardPolicy, Scoped};
use super::hedge::Hedging;
use super::limiter::RateLimit;
use super::problem::{Problem, Problems};
use super::retry::{Retry, RetryPolicy};
use super::scope::Scope;
use super::throttle::Throttle;
use crate::kernel::SimDuration;

/// One layer of a policy, as the scenario file states it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Tries again what the layers inside it failed at.
    Retry(Retry),
    /// Gives up on the layers inside it after this time; the outcome is `timeout`.
    Timeout(SimDuration),
    /// Ends the whole call at this time after its start; the outcome is `deadline`. A retry
    /// inside it does not wait for an attempt that could only start past it.
    Deadline(SimDuration),
    /// Turns calls away while what they call fails: a circuit breaker.
    Breaker(Box<Breaker>),
    /// Bounds how many calls are under way at once.
    Bulkhead(Scoped<Bulkhead>),
    /// Bounds how many calls pass in a time.
    RateLimit(RateLimit),
    /// Lets fewer calls through when they fail.
    Throttle(Scoped<Throttle>),
    /// Learns from response times how many calls may be under way.
    ConcurrencyLimit(Scoped<ConcurrencyLimit>),
    /// Has the connections that calls need: one that is open, or one that has to be opened or
    /// waited for.
    ConnectionPool(Scoped<ConnectionPool>),
    /// Makes do with another answer when the layers inside it fail; the outcome is `degraded`.
    Fallback(Fallback),
    /// Sends further copies of a call that has not been answered yet.
    Hedge(Hedging),
}

/// What becomes of work whose caller has stopped waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Abandoned {
    /// The server is not told and does the work all the same (most servers and libraries).
    #[default]
    NotTold,
    /// The connection is closed at once: the message travels to the server, which drops the
    /// request from its queue, or stops working on it, when it arrives.
    Cancelled,
}

/// What becomes of an answer to an attempt that its caller has given up, while the call goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LateAnswers {
    /// It is dropped, and counted as `ok_late`.
    #[default]
    Dropped,
    /// A good answer ends the call, whichever attempt it belongs to.
    Accepted,
}

/// What a request says of the time at which its caller stops waiting: the first of the timeouts and
/// deadlines around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentDeadlines {
    /// Nothing: its caller keeps it to itself.
    #[default]
    Kept,
    /// How much time is left, as in gRPC's `grpc-timeout`; for services whose `deadlines` are
    /// `checked` or `propagated`.
    Sent,
}

/// The policy of a call: layers, and what becomes of abandoned work and of late answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The layers, outermost first.
    #[serde(default)]
    pub layers: Vec<Layer>,
    /// What becomes of work whose caller has stopped waiting.
    #[serde(default)]
    pub abandoned: Abandoned,
    /// What becomes of answers to attempts that were given up.
    #[serde(default)]
    pub late_answers: LateAnswers,
    /// What a request says of the time at which its caller stops waiting.
    #[serde(default)]
    pub deadlines: SentDeadlines,
}

/// One layer of a checked policy: presets and defaults are filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolvedLayer {
    /// Tries again what the layers inside it failed at.
    Retry(RetryPolicy),
    /// Gives up on the layers inside it after this time, which is above zero.
    Timeout(SimDuration),
    /// Ends the whole call at this time after its start, which is above zero.
    Deadline(SimDuration),
    /// Can hold a call back: breaker, bulkhead, rate limit, throttle, concurrency limit.
    Guard(GuardPolicy),
    /// Makes do with another answer when the layers inside it fail.
    Fallback(FallbackPolicy),
    /// Sends further copies of a call that has not been answered yet.
    Hedge(Hedging),
}

/// A checked policy: what the engine follows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResolvedPolicy {
    /// Names the policy: calls under the same name share what has the scope `shared`.
    pub name: Arc<str>,
    /// The layers, outermost first.
    pub layers: Vec<ResolvedLayer>,
    /// What becomes of work whose caller has stopped waiting.
    pub abandoned: Abandoned,
    /// What becomes of answers to attempts that were given up.
    pub late_answers: LateAnswers,
    /// What a request says of the time at which its caller stops waiting.
    pub deadlines: SentDeadlines,
}

/// A mistake in a layer of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("layer {layer}: {problem}")]
pub struct LayerProblem {
    /// The layer's place in [`Policy::layers`], from 0.
    pub layer: usize,
    /// What is wrong; its path starts with the layer's tag, such as `retry.max_attempts`.
    pub problem: Problem,
}

/// Why a policy cannot be followed: every mistake in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct PolicyError {
    /// The mistakes, in the order of the layers; never empty.
    pub problems: Vec<LayerProblem>,
}

impl Policy {
    /// Checks the policy and fills in its presets and defaults; it has no name yet.
    ///
    /// # Errors
    /// Every mistake in every layer, with the layer's place and the field.
    pub fn resolve(&self) -> Result<ResolvedPolicy, PolicyError> {
        let mut layers = Vec::with_capacity(self.layers.len());
        let mut problems = Vec::new();
        for (place, layer) in self.layers.iter().enumerate() {
            match layer.resolve() {
                Ok(resolved) => layers.push(resolved),
                Err(Problems(found)) => problems.extend(
                    found.into_iter().map(|problem| LayerProblem { layer: place, problem }),
                ),
            }
        }
        problems.extend(self.ties_that_are_not_told());
        problems.extend(self.scopes_that_know_no_callee());
        if !problems.is_empty() {
            return Err(PolicyError { problems });
        }
        Ok(ResolvedPolicy {
            name: Arc::default(),
            layers,
            abandoned: self.abandoned,
            late_answers: self.late_answers,
            deadlines: self.deadlines,
        })
    }
}

impl Policy {
    /// What is asked when it is not known yet which instance is called, or not any more.
    fn scopes_that_know_no_callee(&self) -> impl Iterator<Item = LayerProblem> {
        let message =
            "is not of one instance of what is called: choose `caller`, `client` or `shared`";
        let scopes = |layer: &Layer| match layer {
            Layer::Retry(retry) => {
                vec![("retry.budget.scope", retry.budget.as_ref().map(|budget| budget.scope))]
            }
            Layer::Fallback(fallback) => vec![("fallback.scope", Some(fallback.scope))],
            Layer::Hedge(hedge) => vec![
                ("hedge.scope", Some(hedge.scope)),
                ("hedge.budget.scope", hedge.budget.as_ref().map(|budget| budget.scope)),
            ],
            _ => Vec::new(),
        };
        self.layers.iter().enumerate().flat_map(move |(place, layer)| {
            let wrong = scopes(layer).into_iter().filter(|(_, s)| *s == Some(Scope::Callee));
            wrong.map(move |(at, _)| LayerProblem {
                layer: place,
                problem: Problem::at(at, message),
            })
        })
    }

    /// Tied requests whose servers are not told of each other.
    fn ties_that_are_not_told(&self) -> impl Iterator<Item = LayerProblem> {
        let layers = self.layers.iter().enumerate();
        let tied = layers.filter(|(_, layer)| matches!(layer, Layer::Hedge(h) if h.kind.is_tied()));
        tied.filter(|_| self.abandoned == Abandoned::NotTold).map(|(place, _)| {
            let message = "cancels the other copies on start, but nobody tells their servers: \
                           the policy needs `abandoned = \"cancelled\"`";
            LayerProblem { layer: place, problem: Problem::at("hedge.kind", message) }
        })
    }
}

impl Layer {
    fn resolve(&self) -> Result<ResolvedLayer, Problems> {
        match self {
            Self::Retry(retry) => retry
                .resolve()
                .map(ResolvedLayer::Retry)
                .map_err(|problems| problems.inside("retry")),
            Self::Timeout(after) => above_zero("timeout", *after).map(ResolvedLayer::Timeout),
            Self::Deadline(after) => above_zero("deadline", *after).map(ResolvedLayer::Deadline),
            Self::Breaker(breaker) => guard("breaker", GuardPolicy::of_breaker(breaker)),
            Self::Bulkhead(bulkhead) => guard("bulkhead", GuardPolicy::of_bulkhead(bulkhead)),
            Self::RateLimit(limit) => guard("rate_limit", GuardPolicy::of_rate_limit(limit)),
            Self::Throttle(throttle) => guard("throttle", GuardPolicy::of_throttle(throttle)),
            Self::ConcurrencyLimit(limit) => {
                guard("concurrency_limit", GuardPolicy::of_limit(limit))
            }
            Self::ConnectionPool(pool) => guard("connection_pool", GuardPolicy::of_pool(pool)),
            Self::Fallback(fallback) => fallback
                .resolve()
                .map(ResolvedLayer::Fallback)
                .map_err(|problems| problems.inside("fallback")),
            Self::Hedge(hedging) => hedging
                .resolve()
                .map(ResolvedLayer::Hedge)
                .map_err(|problems| problems.inside("hedge")),
        }
    }
}

fn guard(tag: &str, guard: Result<GuardPolicy, Problems>) -> Result<ResolvedLayer, Problems> {
    guard.map(ResolvedLayer::Guard).map_err(|problems| problems.inside(tag))
}

fn above_zero(tag: &str, after: SimDuration) -> Result<SimDuration, Problems> {
    if after.is_zero() {
        return Err(Problem::at(tag, "must be above zero: no answer comes at once").into());
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mistakes_name_the_layer_and_the_field() {
        let policy: Policy = serde_json::from_value(json!({ "layers": [
            { "deadline": "0s" },
            { "retry": { "max_attempts": 2, "backoff": { "fixed": { "delay": "0s" } } } },
            { "timeout": "2s" },
        ] }))
        .unwrap();
        let error = policy.resolve().unwrap_err();
        let places: Vec<_> =
            error.problems.iter().map(|p| (p.layer, p.problem.path.as_str())).collect();
        assert_eq!(places, [(0, "deadline"), (1, "retry.backoff.fixed.delay")]);
        assert_eq!(
            error.to_string(),
            "layer 0: `deadline` must be above zero: no answer comes at once; \
             layer 1: `retry.backoff.fixed.delay` must be above zero"
        );
    }

    #[test]
    fn what_is_asked_before_an_instance_is_chosen_has_no_state_for_each() {
        let places = |scope: &str| -> Vec<(usize, String)> {
            let budget = json!({ "kind": { "grpc": {} }, "scope": scope });
            let policy: Policy = serde_json::from_value(json!({ "layers": [
                { "fallback": { "chain": [{ "value": {} }], "scope": scope } },
                { "retry": { "max_attempts": 2, "backoff": { "immediate": {} }, "budget": budget } },
                { "hedge": { "kind": { "fixed": { "delay": "1s" } }, "scope": scope, "budget": budget } },
                { "bulkhead": { "kind": { "semaphore": { "max_concurrent": 1 } }, "scope": scope } },
            ] }))
            .unwrap();
            let problems = policy.resolve().err().map(|error| error.problems).unwrap_or_default();
            problems.into_iter().map(|p| (p.layer, p.problem.path)).collect()
        };
        let wrong = [
            (0, "fallback.scope"),
            (1, "retry.budget.scope"),
            (2, "hedge.scope"),
            (2, "hedge.budget.scope"),
        ];
        assert_eq!(places("callee"), wrong.map(|(layer, path)| (layer, path.to_owned())));
        assert_eq!(places("client"), []);
    }

    #[test]
    fn a_right_policy_keeps_its_layers_in_their_order() {
        let policy: Policy = serde_json::from_value(json!({
            "layers": [{ "deadline": "5s" }, { "retry": { "preset": "aws-sdk" } }, { "timeout": "2s" }],
            "abandoned": "cancelled",
            "late_answers": "accepted",
        }))
        .unwrap();
        let resolved = policy.resolve().unwrap();
        assert_eq!(resolved.layers[0], ResolvedLayer::Deadline(SimDuration::from_secs(5)));
        assert!(
            matches!(&resolved.layers[1], ResolvedLayer::Retry(r) if r.backoff.name() == "aws-sdk")
        );
        assert_eq!(resolved.layers[2], ResolvedLayer::Timeout(SimDuration::from_secs(2)));
        assert_eq!(
            (resolved.abandoned, resolved.late_answers),
            (Abandoned::Cancelled, LateAnswers::Accepted)
        );
    }

    #[test]
    fn copies_that_cancel_each_other_need_servers_that_are_told() {
        let places = |abandoned: &str, cancel: &str| -> Vec<(usize, String)> {
            let policy: Policy = serde_json::from_value(json!({
                "layers": [
                    { "timeout": "2s" },
                    { "hedge": { "kind": { "fixed": { "delay": "5ms", "cancel": cancel } } } },
                ],
                "abandoned": abandoned,
            }))
            .unwrap();
            let problems = policy.resolve().map_or_else(|error| error.problems, |_| Vec::new());
            problems.into_iter().map(|problem| (problem.layer, problem.problem.path)).collect()
        };
        assert_eq!(places("not_told", "on_start"), [(1, "hedge.kind".to_owned())]);
        assert_eq!(places("cancelled", "on_start"), []);
        assert_eq!(places("not_told", "on_answer"), []);
    }
}
