//! Brokers: queues of messages, which are delivered until somebody has handled them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::EdgeId;
use crate::kernel::SimDuration;

/// A queue of messages.
#[derive(Clone, Debug)]
pub struct BrokerSpec {
    /// Its name in the file.
    pub name: Arc<str>,
    /// The call that a delivery is.
    pub edge: EdgeId,
    /// How many deliveries are under way at most.
    pub consumers: u32,
    /// How many messages may wait; one more is turned away. `None` is no limit.
    pub capacity: Option<u32>,
    /// What happens to a message whose delivery has failed.
    pub redelivery: Redelivery,
}

/// What happens to a message whose delivery has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Redelivery {
    /// How often it is delivered at most, the first time included; then it is a dead letter. Without
    /// end if not given.
    #[schemars(range(min = 1))]
    pub max_deliveries: Option<u32>,
    /// After how long it stands in the queue again, behind the others.
    pub delay: SimDuration,
}

impl Default for Redelivery {
    fn default() -> Self {
        Self { max_deliveries: None, delay: SimDuration::from_secs(1) }
    }
}
