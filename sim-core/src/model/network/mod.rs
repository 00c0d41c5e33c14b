//! The links of the network: how long messages travel, which are lost, and what comes of that.

mod loss;
mod pipe;
mod tcp;

use std::sync::Arc;

pub(crate) use loss::Channel;
pub use loss::{GilbertElliott, Loss};
pub use pipe::Bandwidth;
pub(crate) use pipe::Pipe;
pub(crate) use tcp::RoundTrips;
pub use tcp::{Handshake, Tcp};

use crate::kernel::{Bytes, Distribution, SimDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A link of the network.
#[derive(Clone, Debug)]
pub struct LinkSpec {
    /// Its name in the file, or the name of the edge it was made for.
    pub name: Arc<str>,
    /// The latency of one message, one way.
    pub latency: Distribution,
    /// Which messages are lost, each way on its own.
    pub loss: Loss,
    /// How long after a lost message the operating system gives up on the connection, which has
    /// been silent since: the outcome is `lost`. TCP has its own.
    pub give_up: SimDuration,
    /// What becomes of lost messages.
    pub transport: Transport,
    /// How much it carries each way; `None` is no limit.
    pub bandwidth: Option<Bandwidth>,
    /// How large messages are.
    pub sizes: Sizes,
}

/// How large the messages of a link are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Of a request.
    #[serde(default)]
    pub request: Bytes,
    /// Of an answer.
    #[serde(default)]
    pub answer: Bytes,
}

/// What becomes of lost messages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// A lost message is silence: nobody sends it again.
    #[default]
    Silent,
    /// Lost segments are sent again after a while: a loss is latency.
    Tcp(Tcp),
}

impl LinkSpec {
    /// A link on which messages take no time, and none is lost.
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            latency: Distribution::Constant(SimDuration::ZERO),
            loss: Loss::NONE,
            // Linux gives a SYN up after six retransmissions: 1 + 2 + 4 + … + 64 s.
            give_up: SimDuration::from_secs(127),
            transport: Transport::Silent,
            bandwidth: None,
            sizes: Sizes::default(),
        }
    }

    /// Whether a message needs no more than its latency and its luck.
    pub fn is_plain(&self) -> bool {
        !self.loss.remembers() && self.transport == Transport::Silent && self.bandwidth.is_none()
    }

    /// What TCP does on it, if it is TCP.
    pub(crate) fn tcp(&self) -> Option<&Tcp> {
        match &self.transport {
            Transport::Silent => None,
            Transport::Tcp(tcp) => Some(tcp),
        }
    }
}
