//! Vectors: what the libraries themselves answered, and whether Squall answers the same.
//!
//! Their file is `tests/data/vectors.json`; whoever has read it, or another of its shape, into a
//! [`VectorFile`] can run it. Nothing is read here.

use serde::Deserialize;

mod aws;
mod balancing;
mod breaker;
mod budgets;
mod bulkheads;
mod compare;
mod concurrency;
mod deadlines;
mod envoy;
mod formulas;
#[cfg(test)]
mod guard_tests;
mod hedging;
#[cfg(test)]
mod limit_tests;
mod limiters;
mod name;
mod polly;
mod resilience4j;
mod scripts;
mod shedding;
mod throttles;

/// A file of vectors, as far as Squall has the policies; the rest of it is skipped.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VectorFile {
    backoff_jitter: BackoffVectors,
    circuit_breakers: breaker::Breakers,
    retry_budgets: budgets::RetryBudgets,
    rate_limiters: limiters::RateLimiters,
    bulkheads: bulkheads::Bulkheads,
    load_shedding: LoadShedding,
    concurrency_limits: concurrency::Limits,
    hedging: hedging::Hedging,
    load_balancing: balancing::Balancers,
    deadline_propagation: Vec<deadlines::Travel>,
}

/// What sheds at the client, and what sheds from a queue.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct LoadShedding {
    #[serde(flatten)]
    throttles: throttles::LoadShedding,
    #[serde(flatten)]
    queues: shedding::Queues,
}

/// The vectors of the backoffs, by library.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct BackoffVectors {
    aws: aws::Simulator,
    botocore: aws::Botocore,
    polly_v8: polly::Polly,
    articles: formulas::Articles,
    grpc: formulas::Grpc,
    envoy: envoy::Envoy,
    resilience4j: resilience4j::Resilience4j,
    js: scripts::Values,
    python: scripts::Values,
}

/// Whether one vector holds.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorOutcome {
    /// Whose vector it is, such as `resilience4j`.
    pub library: &'static str,
    /// Its name within the library, such as `ofExponentialBackoff(500,1.5)`.
    pub name: String,
    /// Whether every number of it is what Squall answers.
    pub held: bool,
    /// If not, where they part.
    pub detail: String,
}

impl VectorFile {
    /// Runs every vector against the policy it names, in the order of the libraries.
    pub fn run(&self) -> Vec<VectorOutcome> {
        let vectors = &self.backoff_jitter;
        let mut outcomes = Vec::new();
        vectors.aws.run(&mut outcomes);
        vectors.botocore.run(&mut outcomes);
        vectors.polly_v8.run(&mut outcomes);
        vectors.articles.run(&mut outcomes);
        vectors.grpc.run(&mut outcomes);
        vectors.envoy.run(&mut outcomes);
        vectors.resilience4j.run(&mut outcomes);
        vectors.js.run(&mut outcomes);
        vectors.python.run(&mut outcomes);
        self.circuit_breakers.run(&mut outcomes);
        self.retry_budgets.run(&mut outcomes);
        self.rate_limiters.run(&mut outcomes);
        self.bulkheads.run(&mut outcomes);
        self.load_shedding.throttles.run(&mut outcomes);
        self.load_shedding.queues.run(&mut outcomes);
        self.concurrency_limits.run(&mut outcomes);
        self.hedging.run(&mut outcomes);
        self.load_balancing.run(&mut outcomes);
        self.deadline_propagation.iter().for_each(|travel| travel.run(&mut outcomes));
        outcomes
    }
}

/// A value of a section that holds numbers and, between them, rules in prose: `None`.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "NumbersOrProse")]
struct Entry(Option<Vec<f64>>);

#[derive(Deserialize)]
#[serde(untagged)]
enum NumbersOrProse {
    Numbers(Vec<f64>),
    Prose(serde::de::IgnoredAny),
}

impl From<NumbersOrProse> for Entry {
    fn from(value: NumbersOrProse) -> Self {
        match value {
            NumbersOrProse::Numbers(numbers) => Self(Some(numbers)),
            NumbersOrProse::Prose(_) => Self(None),
        }
    }
}

impl Entry {
    fn numbers(&self) -> Option<&[f64]> {
        self.0.as_deref()
    }
}
