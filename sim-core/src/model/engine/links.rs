//! The state of the links on which messages need more than their latency and their luck.

use std::collections::BTreeMap;

use super::super::fault::wire::Way;
use super::super::network::{Channel, Loss, Pipe, RoundTrips};
use super::super::spec::{LinkId, Model};
use super::slab::Beside;
use crate::kernel::{Component, Purpose, SimTime, Stream};
use crate::model::RunSeed;

/// The links, and what is under way on them.
#[derive(Debug)]
pub(super) struct Links {
    links: Vec<Link>,
    /// By slot of requests.
    pub(super) flights: Beside<Flight>,
    /// The channels of faults on links.
    of_faults: BTreeMap<(u16, u16, bool), Channel<Stream>>,
    seed: RunSeed,
}

/// A link.
#[derive(Debug)]
struct Link {
    /// There and back.
    channels: [Channel<Stream>; 2],
    pipes: [Pipe; 2],
    trips: RoundTrips,
    /// The requests whose messages stand still.
    held: Vec<u32>,
}

/// A message that is under way, or is sent again until it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) way: Way,
    /// When it was sent first.
    pub(super) since: SimTime,
    /// When it arrives, once that is known.
    pub(super) arrives: SimTime,
    /// Of one that opens a connection and is on its way: when its caller hears of it.
    pub(super) opens: Option<Opens>,
    /// How many of its segments have not come through.
    pub(super) missing: u32,
    /// How often it was sent before, and how often because a timeout had passed.
    pub(super) sent: u32,
    pub(super) timeouts: u32,
    /// Which of how many callers sends it or is sent it.
    pub(super) caller: (u32, u32),
    /// When the connection was opened that it goes over.
    pub(super) opened: SimTime,
    /// Whether caller and instance are in different zones.
    pub(super) is_far: bool,
    /// The faults that have hit the attempt, one bit each as far as there are bits.
    pub(super) hit_by: u64,
}

/// A connection that is about to be opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opens {
    /// When its caller asked for it, the last time.
    pub(super) asked: SimTime,
    /// When it is open for its caller.
    pub(super) open: SimTime,
}

impl Flight {
    /// Of no message.
    const NONE: Self = Self {
        way: Way::Request,
        since: SimTime::ZERO,
        arrives: SimTime::MAX,
        opens: None,
        missing: 1,
        sent: 0,
        timeouts: 0,
        caller: (0, 1),
        opened: SimTime::ZERO,
        is_far: false,
        hit_by: 0,
    };

    /// The first message of an attempt.
    pub(super) fn new(now: SimTime, way: Way) -> Self {
        Self { way, since: now, ..Self::NONE }
    }

    /// The next message of the same attempt.
    pub(super) fn followed_by(self, now: SimTime, way: Way, segments: u32) -> Self {
        Self {
            way,
            since: now,
            missing: segments,
            sent: 0,
            timeouts: 0,
            arrives: SimTime::MAX,
            opens: None,
            ..self
        }
    }
}

/// Which of the two directions of a link; a connection is opened in both.
fn side(way: Way) -> usize {
    usize::from(way == Way::Answer)
}

impl Links {
    pub(super) fn new(model: &Model, seed: RunSeed) -> Self {
        let draws = |name: &str, way: &str| {
            let component = Component::named(&format!("link {name} {way}"));
            Stream::new(seed.seed, seed.replication, component, Purpose::Faults)
        };
        let link = |name: &str| Link {
            channels: ["there", "back"].map(|way| Channel::new(draws(name, way))),
            pipes: [Pipe::default(); 2],
            trips: RoundTrips::default(),
            held: Vec::new(),
        };
        Self {
            links: model.links.iter().map(|spec| link(&spec.name)).collect(),
            flights: Beside::new(Flight::NONE),
            of_faults: BTreeMap::new(),
            seed,
        }
    }

    /// Whether a link that remembers loses the next message.
    pub(super) fn loses(&mut self, link: LinkId, way: Way, loss: &Loss) -> bool {
        self.links[link.index()].channels[side(way)].loses(loss)
    }

    /// Whether a fault that remembers loses the next message of a link.
    pub(super) fn fault_loses(
        &mut self,
        (fault, name): (u16, &str),
        link: LinkId,
        way: Way,
        loss: &Loss,
    ) -> bool {
        let seed = self.seed;
        let back = way == Way::Answer;
        let channel = self.of_faults.entry((fault, link.0, back)).or_insert_with(|| {
            let component = Component::named(&format!("fault {name} {} {back}", link.0));
            Channel::new(Stream::new(seed.seed, seed.replication, component, Purpose::Faults))
        });
        channel.loses(loss)
    }

    pub(super) fn pipe(&mut self, link: LinkId, way: Way) -> &mut Pipe {
        &mut self.links[link.index()].pipes[side(way)]
    }

    pub(super) fn trips(&mut self, link: LinkId) -> &mut RoundTrips {
        &mut self.links[link.index()].trips
    }

    /// The message of a request stands still.
    pub(super) fn hold(&mut self, link: LinkId, request: u32) {
        self.links[link.index()].held.push(request);
    }

    /// The requests whose messages stood still.
    pub(super) fn release(&mut self, link: LinkId) -> Vec<u32> {
        std::mem::take(&mut self.links[link.index()].held)
    }
}
