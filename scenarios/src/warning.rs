//! The traps: what is legal but probably not meant, by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! traps {
    ($( $(#[doc = $doc:literal])+ $Variant:ident = $name:literal, )+) => {
        /// A trap: legal, but probably not meant. `allow = ["…"]` silences it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Trap {
            $( $(#[doc = $doc])+ #[serde(rename = $name)] $Variant, )+
        }

        impl Trap {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$Variant, )+ ];

            /// The name in `allow = ["…"]`.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$Variant => $name, )+ }
            }

            /// What it is, in one sentence.
            pub const fn summary(self) -> &'static str {
                match self { $( Self::$Variant => concat!($($doc),+).trim_ascii(), )+ }
            }
        }
    };
}

traps! {
    /// Retries with their timeouts and waits can take longer than the timeout around them.
    RetriesOutlastTimeout = "retries_outlast_timeout",
    /// A timeout is not shorter than the timeout around it, and so never fires.
    TimeoutNeverFires = "timeout_never_fires",
    /// A service waits longer for its own calls than its caller waits for it.
    CalleeOutlastsCaller = "callee_outlasts_caller",
    /// Requests may wait in a queue for as long as their caller waits for an answer, or longer.
    QueueOutlastsCaller = "queue_outlasts_caller",
    /// A concurrency limit of a server is never below what its pools hold.
    LimitNeverReached = "limit_never_reached",
    /// A retry follows a failure at once.
    RetryWithoutWait = "retry_without_wait",
    /// A retry has no timeout inside it, so an attempt that is met with silence is never repeated.
    RetryWithoutTimeout = "retry_without_timeout",
    /// A retry repeats what the deadline inside it has ended, which counts from the start of the call.
    RetriesPastDeadline = "retries_past_deadline",
    /// A breaker inside a retry counts attempts, so that a few calls' retries open it.
    BreakerCountsAttempts = "breaker_counts_attempts",
    /// A retry repeats what an open breaker inside it turns away.
    RetriesRejections = "retries_rejections",
    /// A breaker has no timeout inside it, so calls that hang are no failures to it.
    BreakerWithoutTimeout = "breaker_without_timeout",
    /// A bulkhead is wider than the pool behind it or the connection pool inside it, or not narrower than
    /// the pool before it.
    BulkheadWiderThanPool = "bulkhead_wider_than_pool",
    /// A probe asks an endpoint that calls other services: when one of them fails, all instances are taken
    /// for dead.
    ProbeAsksDependencies = "probe_asks_dependencies",
    /// A probe asks through a breaker: when that opens, an instance that is well is taken for dead.
    ProbeThroughBreaker = "probe_through_breaker",
    /// A service looks at deadlines, but nobody who calls it tells it of one.
    DeadlineNeverSent = "deadline_never_sent",
    /// The run ends so soon after its last fault that nobody can say whether it recovers.
    EndsTooSoon = "ends_too_soon",
    /// Nobody uses the policy.
    UnusedPolicy = "unused_policy",
    /// Nobody calls the service or the endpoint.
    UnusedService = "unused_service",
    /// Nobody reads or writes the row.
    UnusedRow = "unused_row",
}
