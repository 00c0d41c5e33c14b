//! Primaries and replicas: one instance of a service takes the writes, and the others follow.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::{EndpointId, ServiceId};
use crate::kernel::{Distribution, SimDuration};

/// How the instances of a service follow one of them, the primary, and who takes its place. The first
/// instance is the primary at first. A replica that was one before rejoins without what it alone had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replication {
    /// How long it takes a write to get to the replicas, all of them at once. Writes come in order: a slow
    /// one holds those behind it up. At once, if not given.
    #[serde(default)]
    pub lag: Distribution,
    /// How long after the death of the primary a replica takes its place: the time to notice, and to
    /// promote one. A primary that is back before then stays it. If no replica is up, the next that
    /// comes up takes it.
    pub failover: SimDuration,
    /// When a write is answered.
    #[serde(default)]
    pub commit: Commit,
    /// How callers find the primary.
    #[serde(default)]
    pub callers: Callers,
}

/// When a write is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Commit {
    /// When the primary has it: what the replicas do not have yet is lost if it dies.
    #[default]
    Asynchronous,
    /// When the replicas have it, too: it takes as long, and keeps its worker meanwhile.
    Synchronous,
}

/// How callers find the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Callers {
    /// They look its name up again and again.
    Follow(Lookups),
    /// They looked it up once, and call for ever what was the primary then.
    Pinned,
}

/// How often callers look a name up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookups {
    /// For how long they believe what they have heard: each caller looks again so long after it did, one
    /// caller after another. For no time, if not given: they know at once.
    #[serde(default)]
    pub ttl: SimDuration,
}

impl Default for Callers {
    fn default() -> Self {
        Self::Follow(Lookups::default())
    }
}

/// Which of the instances of a replicated service an endpoint is served by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Any of them.
    #[default]
    Any,
    /// The primary: each request that ends well is a write. An instance that is not the primary (any more)
    /// answers `server_error`: it is read-only.
    Primary,
    /// One that the balancer does not take for the primary.
    Replica,
}

/// A replicated service in a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicationSpec {
    /// The name under which it is measured: `db.replicas` of the service `db`.
    pub name: Arc<str>,
    /// The service, with two instances at least.
    pub service: ServiceId,
    /// How its instances follow each other.
    pub how: Replication,
    /// The endpoints that are not served by any instance; those for the primary end with
    /// [`super::handler::Step::Replicate`].
    pub roles: Vec<(EndpointId, Role)>,
}

impl ReplicationSpec {
    /// By which of the instances an endpoint is served.
    pub fn role_of(&self, endpoint: EndpointId) -> Role {
        let role = self.roles.iter().find(|(of, _)| *of == endpoint);
        role.map_or(Role::Any, |(_, role)| *role)
    }
}
