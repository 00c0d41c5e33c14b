//! Whose calls share the state of a policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose calls share the state of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Those of one calling instance; all those of a population of clients.
    #[default]
    Caller,
    /// Those of one client or user of a population; those of one calling instance.
    Client,
    /// All calls under the policy, whoever makes them.
    Shared,
    /// Those of one calling instance, or of a population of clients, to one instance of what they call: a
    /// breaker, or a pool of connections, for each host. The instance is chosen when a call comes to the
    /// layer, and a retry inside of it stays there.
    Callee,
}
