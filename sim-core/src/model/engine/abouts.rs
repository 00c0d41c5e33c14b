//! What requests are about: a key, the call of a client that they serve in the end, an idempotency key.

use super::super::spec::{Carried, EdgeId, Model};
use super::Engine;
use super::calls::{Call, Origin};
use super::slab::Beside;
use crate::kernel::draw::{Slot, lineage};

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct About {
    /// The key of the call, one for all its attempts.
    pub(super) key: u64,
    /// The client's call that it serves, whoever calls in between.
    pub(super) intent: u64,
    /// What tells a repetition from a new call; 0 is nothing.
    pub(super) idempotency: u64,
}

impl About {
    pub(super) const NOTHING: Self = Self { key: 0, intent: 0, idempotency: 0 };
}

/// What the requests in progress are about; empty where nobody asks.
#[derive(Debug)]
pub(super) struct Abouts {
    is_asked: bool,
    of_requests: Beside<About>,
    /// Of each edge: what its calls carry, by its place in the model.
    carried: Vec<Option<u16>>,
}

impl Abouts {
    pub(super) fn new(model: &Model) -> Self {
        let on = |edge: usize| model.carried.iter().position(|c| c.edge.index() == edge);
        Self {
            is_asked: model.asks_what_requests_are_about(),
            of_requests: Beside::new(About::NOTHING),
            carried: (0..model.edges.len()).map(|edge| Some(on(edge)? as u16)).collect(),
        }
    }
}

impl Abouts {
    /// The key that a request is about.
    pub(super) fn key_of(&self, request: u32) -> u64 {
        self.of_requests[request].key
    }
}

impl Engine<'_> {
    /// What a request is about.
    pub(super) fn about(&self, request: u32) -> About {
        self.abouts.of_requests[request]
    }

    /// A request that is sent on behalf of a call is about what the call is about.
    pub(super) fn note_what_it_is_about(&mut self, request: u32, call: u32, origin: Origin) {
        if self.abouts.is_asked {
            let about = self.about_call(call, origin);
            self.abouts.of_requests.put(request, about);
        }
    }

    /// What a call that is made on this behalf is about.
    pub(super) fn about_call(&self, call: u32, origin: Origin) -> About {
        let Call { key, edge, .. } = self.calls[self.outermost(call)];
        let around = match origin {
            Origin::Handler { request } => self.about(request),
            Origin::Broker { message } => self.about_message(message),
            Origin::Client { .. } | Origin::Probe { .. } | Origin::Layer { .. } => {
                About { intent: lineage(key, self.sites[edge.index()], 0), ..About::NOTHING }
            }
        };
        let about = self.carries(edge, key, around);
        match origin {
            // A message is the same, however often it is delivered.
            Origin::Broker { .. } if about.idempotency != 0 => {
                About { idempotency: around.idempotency, ..about }
            }
            _ => about,
        }
    }

    /// Something that belongs to a request is about the same.
    pub(super) fn share_what_it_is_about(&mut self, request: u32, other: u32) {
        if self.abouts.is_asked {
            self.abouts.of_requests.put(other, self.about(request));
        }
    }

    /// The call of a client or a handler that a call was made for by the layers of policies.
    fn outermost(&self, mut call: u32) -> u32 {
        while let Origin::Layer { call: outer, .. } = self.calls[call].origin {
            call = outer;
        }
        call
    }

    fn carries(&self, edge: EdgeId, call: u64, around: About) -> About {
        let Some(carried) = self.abouts.carried[edge.index()] else {
            // What nobody passes on is lost on the way.
            return About { idempotency: 0, ..around };
        };
        let Carried { keys, idempotency, .. } = &self.model.carried[usize::from(carried)];
        // No attempt has this number.
        let block = self.draws[edge.index()].block(call, 0);
        let key = keys.map_or(around.key, |keys| keys.sample(&mut block.slot(Slot::Branch)));
        let site = self.sites[edge.index()];
        let idempotency = match (idempotency, around.idempotency) {
            (false, _) => 0,
            (true, 0) => lineage(call, site, 0),
            (true, own) => lineage(own, site, 0),
        };
        About { key, idempotency, ..around }
    }
}
