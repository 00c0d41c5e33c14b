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
}
