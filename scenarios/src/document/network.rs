//! `[network]` and `[links."a->b"]`: how long messages travel, which are lost, how much is carried.

use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::kernel::{ByteRate, Bytes, Distribution, SimDuration};
use sim_core::model::network::{GilbertElliott, Sizes, Transport};

/// What every link is like that `links` does not name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Network {
    /// The latency of one message, one way.
    pub(crate) latency: Distribution,
    /// The share of messages that are lost, each way on its own, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) loss: f64,
    /// How much a message's luck is that of the one before it, 0 to 1, as Linux's netem has it: then
    /// far less than `loss` is lost.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) loss_correlation: f64,
    /// Loss in bursts, instead of `loss`.
    pub(crate) gilbert_elliott: Option<GilbertElliott>,
    /// When the operating system gives up on a connection that stays silent because a message
    /// was lost; the outcome is `lost`. TCP has its own.
    pub(crate) give_up: SimDuration,
    /// What becomes of lost messages: they are silence, or `tcp` sends them again.
    pub(crate) transport: Transport,
    /// How much each link carries each way; no limit, if not given.
    pub(crate) bandwidth: Option<ByteRate>,
    /// How much may wait in front of a link that has a `bandwidth`; more is dropped. No limit, if not
    /// given.
    pub(crate) queue: Option<Bytes>,
    /// How large messages are: for the bandwidth, and for the segments of TCP.
    pub(crate) sizes: Sizes,
    /// What a message takes longer, one way, whose caller and callee are in different zones.
    pub(crate) between_zones: SimDuration,
}

/// The link from one caller to one service. What is not given is as in `network`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Link {
    /// The latency of one message, one way.
    pub(crate) latency: Option<Distribution>,
    /// The share of messages that are lost, each way on its own, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) loss: Option<f64>,
    /// How much a message's luck is that of the one before it, 0 to 1, as Linux's netem has it: then
    /// far less than `loss` is lost.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) loss_correlation: Option<f64>,
    /// Loss in bursts, instead of `loss`.
    pub(crate) gilbert_elliott: Option<GilbertElliott>,
    /// When the operating system gives up on a connection that stays silent because a message
    /// was lost; the outcome is `lost`. TCP has its own.
    pub(crate) give_up: Option<SimDuration>,
    /// What becomes of lost messages: they are silence, or `tcp` sends them again.
    pub(crate) transport: Option<Transport>,
    /// How much the link carries each way; no limit, if not given.
    pub(crate) bandwidth: Option<ByteRate>,
    /// How much may wait in front of a link that has a `bandwidth`; more is dropped. No limit, if not
    /// given.
    pub(crate) queue: Option<Bytes>,
    /// How large messages are: for the bandwidth, and for the segments of TCP.
    pub(crate) sizes: Option<Sizes>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            latency: Distribution::Constant(SimDuration::ZERO),
            loss: 0.0,
            loss_correlation: 0.0,
            gilbert_elliott: None,
            // Linux gives a SYN up after six retransmissions: 1 + 2 + 4 + … + 64 s.
            give_up: SimDuration::from_secs(127),
            transport: Transport::Silent,
            bandwidth: None,
            queue: None,
            sizes: Sizes::default(),
            between_zones: SimDuration::ZERO,
        }
    }
}
