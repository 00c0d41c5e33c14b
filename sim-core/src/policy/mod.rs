//! Floor 2: the policies of a call, as state machines that know no events.

pub mod autoscaler;
pub mod backoff;
pub mod balancing;
pub mod breaker;
pub mod budget;
pub mod bulkhead;
pub mod concurrency;
pub mod connections;
pub mod deadline;
pub mod fallback;
pub mod gate;
pub mod guard;
pub mod health;
pub mod hedge;
pub mod layer;
pub mod limit;
pub mod limiter;
pub mod outcome;
pub mod preset;
pub mod problem;
pub mod retry;
pub mod scope;
pub mod server_limit;
pub mod shedding;
#[cfg(test)]
mod shortcuts;
pub mod throttle;
pub mod vectors;

pub use autoscaler::Autoscaler;
pub use backoff::{Backoff, BackoffState, Jitter};
pub use balancing::{Algorithm, Balancing, HostBalancer};
pub use breaker::{
    Breaker, BreakerMachine, BreakerPolicy, BreakerPreset, BreakerState, OutlierDetection,
    OutlierMachine, OutlierPolicy,
};
pub use bulkhead::{Bulkhead, BulkheadGate};
pub use concurrency::{ConcurrencyGate, ConcurrencyLimit};
pub use connections::{ConnectionPool, Connections};
pub use deadline::Deadline;
pub use fallback::{Fallback, FallbackPolicy, MadeDo};
pub use guard::{Guard, GuardKind, GuardPolicy, Scoped};
pub use health::{HealthCheck, HealthChecker};
pub use hedge::{Hedge, HedgedCall, Hedger, Hedging};
pub use layer::{
    Abandoned, LateAnswers, Layer, LayerProblem, Policy, PolicyError, ResolvedLayer,
    ResolvedPolicy, SentDeadlines,
};
pub use limit::Limit;
pub use outcome::{Outcome, OutcomeSet};
pub use preset::Preset;
pub use problem::{Problem, Problems};
pub use retry::{Retry, RetryPolicy};
pub use scope::Scope;
pub use server_limit::{ServerLimit, ServerScope};
pub use shedding::{Shedder, Shedding};
