//! `[stores.X]`, `[effects.X]`, `[caches.X]` and `[brokers.X]`: what handlers lock, bring about, look into
//! and publish to.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::SimDuration;
use sim_core::model::broker::Redelivery;
use sim_core::model::cache::{CacheScope, Contents};
use sim_core::model::spec::Per;
use sim_core::model::store::Detection;

use super::{Callee, PolicyName};

/// A store whose rows are locked. It takes no time itself: what its work takes is said by the steps
/// around it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Store {
    /// Its tables; one without a name if not given.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub(crate) tables: Vec<String>,
    /// How it finds deadlocks; if not given, it does not, and whoever waits in a circle waits until
    /// somebody gives up.
    #[serde(default)]
    pub(crate) deadlocks: Option<Detection>,
    /// How long a lock waits that says nothing of it: 50 s in InnoDB (`innodb_lock_wait_timeout`). For
    /// ever if not given, as PostgreSQL does.
    #[serde(default)]
    pub(crate) lock_wait: Option<SimDuration>,
}

/// Something that requests bring about and that should come about once, such as a charge.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Effect {
    /// What it should come about once for.
    #[serde(default)]
    pub(crate) per: Per,
    /// Whether whoever applies it knows an idempotency key again, and does nothing the second time.
    #[serde(default)]
    pub(crate) recognises_keys: bool,
}

/// A cache.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cache {
    /// What is in it.
    pub(crate) contents: Contents,
    /// Whose it is.
    #[serde(default)]
    pub(crate) scope: CacheScope,
    /// Whether of several requests that miss the same key at the same time one fetches it, and the
    /// others wait for that (Go's `singleflight`).
    #[serde(default)]
    pub(crate) single_flight: bool,
    /// For how long after its time an entry is still served, while it is fetched anew in the
    /// background (RFC 5861); not at all if not given.
    #[serde(default)]
    pub(crate) stale_while_revalidate: Option<SimDuration>,
    /// For how long after its time an entry is still served, degraded, if fetching it fails (RFC 5861);
    /// not at all if not given.
    #[serde(default)]
    pub(crate) stale_if_error: Option<SimDuration>,
}

/// A queue of messages. Publishing takes no time itself: put the way to the broker, and its work, into
/// the steps of a service that publishes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Broker {
    /// The call that a delivery is.
    pub(crate) deliver: Delivery,
    /// How many deliveries are under way at most.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) consumers: u32,
    /// How many messages may wait; then publishing fails. No limit if not given.
    #[serde(default)]
    pub(crate) capacity: Option<u32>,
    /// What happens to a message whose delivery has failed.
    #[serde(default)]
    pub(crate) redelivery: Redelivery,
}

/// The call that a delivery is. It has been handled when the call ends well.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delivery {
    /// Who handles the messages: a service, or one of its endpoints as `service.endpoint`.
    pub(crate) to: Callee,
    /// The policy of the call; without one, the broker waits for as long as it takes.
    #[serde(default)]
    pub(crate) policy: Option<PolicyName>,
    /// Whether it carries an idempotency key, the same for all deliveries of a message: that of the call
    /// or the request that published it, if that has one.
    #[serde(default)]
    pub(crate) idempotency_key: bool,
}

fn one() -> u32 {
    1
}
