//! Follows the calls that are chosen, and keeps what happens to them.

use std::collections::BTreeSet;

use super::super::slab::Beside;
use super::scout::{CallName, Chosen};
use crate::kernel::SimTime;
use crate::kernel::draw::{Component, lineage};
use crate::model::RunSeed;
use crate::model::spec::{ClientId, ClientSpec, EdgeId, Model};
use crate::model::trace::{Event, Happened, Made, Place, Span, Trace, TracedCall, What};
use crate::policy::Outcome;

/// A span that is open, by its place in the trace; or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model::engine) struct Open(u32);

impl Open {
    /// Of what nobody follows.
    pub(super) const NOTHING: Self = Self(u32::MAX);
    /// Of what is followed, but not kept: there are too many spans already.
    const LEFT_OUT: Self = Self(u32::MAX - 1);
}

/// The spans of a call in progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfCall {
    /// The call itself.
    pub(super) whole: Open,
    /// What it waits for, if it does: a layer, or its next attempt.
    pub(super) wait: Open,
    /// How many copies of it have been sent.
    pub(super) copies: u32,
}

impl OfCall {
    pub(super) const NOTHING: Self = Self { whole: Open::NOTHING, wait: Open::NOTHING, copies: 0 };
}

/// The spans of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfRequest {
    /// The attempt that it is, as its caller sees it.
    pub(super) attempt: Open,
    /// Its message on the network.
    pub(super) message: Open,
    /// All that happens inside its instance; of a branch, what happens in that.
    pub(super) inside: Open,
    /// What it is doing there, if that takes time: one thing after the other.
    pub(super) step: Open,
}

impl OfRequest {
    pub(super) const NOTHING: Self = Self {
        attempt: Open::NOTHING,
        message: Open::NOTHING,
        inside: Open::NOTHING,
        step: Open::NOTHING,
    };
}

/// The spans of a message at a broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfMessage {
    /// What published it.
    pub(super) by: Open,
    /// Its wait to be delivered.
    pub(super) wait: Open,
}

/// See the module.
#[derive(Debug)]
pub(in crate::model::engine) struct Recorder {
    chosen: BTreeSet<CallName>,
    /// Of each client: what its trace identifiers begin with.
    prefixes: Vec<u64>,
    most_spans: usize,
    trace: Trace,
    /// Of each call that is traced: how many spans it has begun.
    begun: Vec<u32>,
    /// By slot.
    pub(super) calls: Beside<OfCall>,
    pub(super) requests: Beside<OfRequest>,
    pub(super) messages: Beside<OfMessage>,
    /// The request whose first message was lost just now, before its attempt was known.
    pub(super) lost: Option<u32>,
    /// Who is about to publish a message.
    pub(super) publisher: Open,
}

impl Recorder {
    /// One who follows these calls of a run, and keeps so many spans.
    pub(in crate::model) fn new(
        model: &Model,
        seed: RunSeed,
        Chosen { calls, among }: Chosen,
        most_spans: u32,
    ) -> Self {
        let nothing = Open::NOTHING;
        let prefix = |client: &ClientSpec| {
            let site = Component::named(&client.name).id();
            lineage(seed.seed, site, seed.replication)
        };
        Self {
            chosen: calls,
            prefixes: model.clients.iter().map(prefix).collect(),
            most_spans: most_spans as usize,
            trace: Trace { calls: Vec::new(), spans: Vec::new(), among, spans_left_out: 0 },
            begun: Vec::new(),
            calls: Beside::new(OfCall::NOTHING),
            requests: Beside::new(OfRequest::NOTHING),
            messages: Beside::new(OfMessage { by: nothing, wait: nothing }),
            lost: None,
            publisher: nothing,
        }
    }

    /// A client makes a call: it is followed if it is chosen.
    pub(super) fn follow(
        &mut self,
        (client, key): CallName,
        user: u32,
        edge: EdgeId,
        now: SimTime,
    ) -> Open {
        if !self.chosen.contains(&(client, key)) {
            return Open::NOTHING;
        }
        let ClientId(number) = client;
        let high = self.prefixes[usize::from(number)];
        // An identifier of nothing but zeros means none.
        let id = u128::from(high) << 64 | u128::from(lineage(high, key, 0).max(1));
        let call = self.trace.calls.len() as u32;
        self.trace.calls.push(TracedCall { client, user, key, id });
        self.begun.push(0);
        self.begin(call, None, What::Call(edge, Made::ByClient), Place::Client(client, user), now)
    }

    /// Something begins that is a part of this, or is brought about by it.
    pub(super) fn open(&mut self, parent: Open, what: What, at: Place, now: SimTime) -> Open {
        match self.trace.spans.get(parent.0 as usize) {
            Some(span) => self.begin(span.call, Some(parent.0), what, at, now),
            None if parent == Open::LEFT_OUT => self.leave_out(),
            None => Open::NOTHING,
        }
    }

    /// As [`Recorder::open`], where the parent is.
    pub(super) fn open_there(&mut self, parent: Open, what: What, now: SimTime) -> Open {
        match self.trace.spans.get(parent.0 as usize) {
            Some(span) => self.open(parent, what, span.at, now),
            None if parent == Open::LEFT_OUT => self.leave_out(),
            None => Open::NOTHING,
        }
    }

    fn leave_out(&mut self) -> Open {
        self.trace.spans_left_out += 1;
        Open::LEFT_OUT
    }

    fn begin(
        &mut self,
        call: u32,
        parent: Option<u32>,
        what: What,
        at: Place,
        now: SimTime,
    ) -> Open {
        let nth = &mut self.begun[call as usize];
        *nth += 1;
        let TracedCall { id, .. } = self.trace.calls[call as usize];
        let id = lineage(id as u64, (id >> 64) as u64, *nth).max(1);
        let place = self.trace.spans.len();
        if place >= self.most_spans {
            return self.leave_out();
        }
        self.trace.spans.push(Span {
            call,
            id,
            parent,
            what,
            at,
            start: now,
            end: SimTime::MAX,
            has_ended: false,
            outcome: None,
            events: Vec::new(),
            events_left_out: 0,
        });
        Open(place as u32)
    }

    /// What is open ends.
    pub(super) fn close(&mut self, open: Open, outcome: Option<Outcome>, now: SimTime) {
        if let Some(span) = self.trace.spans.get_mut(open.0 as usize)
            && !span.has_ended
        {
            (span.end, span.has_ended, span.outcome) = (now, true, outcome);
        }
    }

    /// Something happens meanwhile.
    pub(super) fn note(&mut self, open: Open, what: Happened, now: SimTime) {
        let Some(span) = self.trace.spans.get_mut(open.0 as usize) else { return };
        if span.events.len() < Span::MOST_EVENTS {
            span.events.push(Event { at: now, what });
        } else {
            span.events_left_out += 1;
        }
    }

    /// The run is over.
    pub(super) fn ends(&mut self, end: SimTime) {
        for span in self.trace.spans.iter_mut().filter(|span| !span.has_ended) {
            span.end = end;
        }
    }

    /// What was followed.
    pub(super) fn into_trace(self) -> Trace {
        self.trace
    }
}
