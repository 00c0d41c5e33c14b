//! `[network]` and `[links."a->b"]`: how long messages travel, and how many are lost.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::{Distribution, SimDuration};

/// What every link is like that `links` does not name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Network {
    /// The latency of one message, one way.
    pub(crate) latency: Distribution,
    /// The share of messages that are lost, each way on its own, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) loss: f64,
    /// When the operating system gives up on a connection that stays silent because a message
    /// was lost; the outcome is `lost`.
    pub(crate) give_up: SimDuration,
}

/// The link from one caller to one service. What is not given is as in `network`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    /// The latency of one message, one way.
    #[serde(default)]
    pub(crate) latency: Option<Distribution>,
    /// The share of messages that are lost, each way on its own, 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub(crate) loss: Option<f64>,
    /// When the operating system gives up on a connection that stays silent because a message
    /// was lost; the outcome is `lost`.
    #[serde(default)]
    pub(crate) give_up: Option<SimDuration>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            latency: Distribution::Constant(SimDuration::ZERO),
            loss: 0.0,
            // Linux gives a SYN up after six retransmissions: 1 + 2 + 4 + … + 64 s.
            give_up: SimDuration::from_secs(127),
        }
    }
}
