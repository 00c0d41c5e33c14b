//! What faults do to the messages of a link.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::draw::unit_f64;
use crate::kernel::{DrawBlock, SimDuration, Slot};
use crate::model::network::{Bandwidth, Loss};
use crate::policy::Outcome;

/// Which messages a fault of a link hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Requests and answers.
    #[default]
    Both,
    /// Requests only: whoever is called hears nothing.
    Requests,
    /// Answers only: the work is done, and nobody hears of it.
    Answers,
}

impl Direction {
    /// Whether messages that go this way are among them. Opening a connection goes both ways.
    pub(crate) fn holds(self, way: Way) -> bool {
        match way {
            Way::Connect => true,
            Way::Request => self != Self::Answers,
            Way::Answer => self != Self::Requests,
        }
    }
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// There and back: the opening of a connection.
    Connect,
    /// From the caller.
    Request,
    /// To the caller.
    Answer,
}

/// A message, as a fault sees it.
pub(crate) struct Message<'a> {
    pub(crate) way: Way,
    /// Which of how many callers sends or hears it.
    pub(crate) caller: (u32, u32),
    /// How much of its intensity the fault has, 0 to 1.
    pub(crate) intensity: f64,
    /// The fault's own draws for the message.
    pub(crate) draws: &'a DrawBlock,
}

impl Message<'_> {
    /// Whether the message is among a share of all.
    pub(crate) fn is_in(&self, share: f64) -> bool {
        let slot = if self.way == Way::Answer { Slot::LossBack } else { Slot::LossOut };
        share >= 1.0 || unit_f64(self.draws.slot(slot).next_u64()) < share
    }

    /// Where the draws of its latency come from.
    pub(crate) fn latency_slot(&self) -> Slot {
        if self.way == Way::Answer { Slot::LatencyBack } else { Slot::LatencyOut }
    }
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fate {
    /// The latency is so many times as long, and so much longer.
    pub(crate) factor: f64,
    pub(crate) add: SimDuration,
    /// It is dropped, and nobody hears of it.
    pub(crate) is_dropped: bool,
    /// It waits until the fault is withdrawn.
    pub(crate) is_held: bool,
    /// The attempt ends so, after a round trip or after a time.
    pub(crate) ends: Option<(Outcome, Option<SimDuration>)>,
    /// The link carries no more than this.
    pub(crate) bandwidth: Option<Bandwidth>,
}

impl Fate {
    /// Nothing happens to it.
    pub(crate) const PLAIN: Self = Self {
        factor: 1.0,
        add: SimDuration::ZERO,
        is_dropped: false,
        is_held: false,
        ends: None,
        bandwidth: None,
    };
}

/// What a fault of the network does, beside [`super::Injected`].
pub(crate) trait OnWire {
    /// What it does to a message.
    fn befalls(&self, _message: &Message<'_>, _fate: &mut Fate) {}

    /// Which messages it makes a link lose, and which way.
    fn loses(&self, _intensity: f64) -> Option<(Loss, Direction)> {
        None
    }
}
