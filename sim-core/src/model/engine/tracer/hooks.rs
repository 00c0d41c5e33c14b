//! What the engine tells whoever follows calls, and when.
//!
//! Nothing here is inlined: what it would need in registers is not to be had on the paths that it stands on.

use super::super::Engine;
use super::super::calls::{Call, Origin};
use super::super::request::Request;
use super::recorder::{OfCall, OfRequest, Open};
use crate::kernel::SimTime;
use crate::model::trace::{Happened, Made, Place, What};
use crate::policy::gate::Answer;
use crate::policy::{Outcome, ResolvedLayer};

impl Engine<'_> {
    /// The run is over: whoever is still under way is told of.
    #[cold]
    pub(in crate::model::engine) fn tell_of_the_end(&mut self, end: SimTime) {
        let Self { tracer, calls, .. } = self;
        tracer.tell(|recorder| recorder.ends(end));
        tracer.tell_scout(|scout| {
            for slot in calls.slots() {
                let Call { key, started, origin, .. } = calls[slot];
                if let Origin::Client { client, .. } = origin {
                    scout.ended((client, key), started, end, None);
                }
            }
        });
    }

    /// What follows a call from its start: a hedge may copy it, or somebody may follow it.
    #[inline(never)]
    pub(in crate::model::engine) fn note_call(&mut self, call: u32) {
        self.guards.further_copies.put(call, 0);
        self.forget_destination(call);
        self.trace_call(call);
    }

    /// A call starts.
    #[inline(never)]
    pub(in crate::model::engine) fn trace_call(&mut self, call: u32) {
        if !self.tracer.is_on() {
            return;
        }
        let Call { key, edge, origin, .. } = self.calls[call];
        let (place, now) = (self.place_of_caller(call), self.now);
        let is_hedge = |outer: u32, layer: u8| {
            matches!(self.layer_of(outer, layer.into()).policy, ResolvedLayer::Hedge(_))
        };
        let by_hedge = matches!(origin, Origin::Layer { call, layer } if is_hedge(call, layer));
        self.tracer.tell(|r| {
            let (parent, made) = match origin {
                Origin::Client { client, user } => {
                    let whole = r.follow((client, key), user, edge, now);
                    return r.calls.put(call, OfCall { whole, ..OfCall::NOTHING });
                }
                Origin::Handler { request } => {
                    r.steps(request, now);
                    (r.requests[request].inside, Made::ByHandler)
                }
                Origin::Broker { message } => {
                    r.close(r.messages[message].wait, None, now);
                    (r.messages[message].by, Made::ByBroker)
                }
                Origin::Probe { .. } => (Open::NOTHING, Made::ByHandler),
                Origin::Layer { call: outer, .. } => {
                    let outer = r.calls.at(outer);
                    outer.copies += u32::from(by_hedge);
                    let copy = Made::ByHedge(outer.copies);
                    (outer.whole, if by_hedge { copy } else { Made::ByFallback })
                }
            };
            let whole = r.open(parent, What::Call(edge, made), place, now);
            r.calls.put(call, OfCall { whole, ..OfCall::NOTHING });
        });
    }

    /// Where whoever makes a call is; anywhere, if nobody who is followed makes it.
    fn place_of_caller(&self, call: u32) -> Place {
        match self.who_calls(call) {
            Origin::Client { client, user } => Place::Client(client, user),
            Origin::Handler { request } => self.place_of_request(request),
            Origin::Broker { message } => Place::Broker(self.broker_of(message)),
            Origin::Probe { service, instance, .. } => Place::Instance(service, instance),
            Origin::Layer { .. } => Place::Broker(0),
        }
    }

    fn place_of_request(&self, request: u32) -> Place {
        Place::Instance(self.route_of(request).service, self.requests[request].instance)
    }

    /// A call goes on from a guard that has held it back, as it was told to.
    #[inline(never)]
    pub(in crate::model::engine) fn trace_goes_on(
        &mut self,
        call: u32,
        layer: usize,
        answer: Answer,
    ) {
        let now = self.now;
        self.tracer.tell(|r| {
            r.waits_no_more(call, now);
            if let Answer::Reject(outcome) = answer {
                r.notes(call, Happened::TurnedAway(layer as u8, outcome), now);
            }
        });
    }

    /// A call has ended so.
    #[cold]
    pub(in crate::model::engine) fn trace_end_of_call(&mut self, call: u32, outcome: Outcome) {
        let (now, Call { key, started, origin, .. }) = (self.now, self.calls[call]);
        self.tracer.tell(|r| r.call_ends(call, outcome, now));
        if let Origin::Client { client, .. } = origin {
            self.tracer.tell_scout(|scout| scout.ended((client, key), started, now, Some(outcome)));
        }
    }

    /// An attempt of a call is sent.
    #[cold]
    pub(in crate::model::engine) fn trace_attempt(&mut self, request: u32, call: u32) {
        let Call { edge, attempts: number, .. } = self.calls[call];
        let (now, instance) = (self.now, self.requests[request].instance);
        self.tracer.tell(|r| {
            let what = What::Attempt { edge, number, instance };
            let attempt = r.open_there(r.calls[call].whole, what, now);
            let message = r.open_there(attempt, What::Out(edge), now);
            r.requests.put(request, OfRequest { attempt, message, ..OfRequest::NOTHING });
            if r.lost.take() == Some(request) {
                r.message_is_lost(request, now);
            }
        });
    }

    /// A request reaches its instance, or begins in it.
    #[cold]
    pub(in crate::model::engine) fn trace_reaches(&mut self, request: u32) {
        if !self.tracer.is_on() {
            return;
        }
        let (now, route) = (self.now, self.route_of(request));
        let endpoint = route.endpoint;
        let place = self.place_of_request(request);
        let mut is_followed = false;
        self.tracer.tell(|r| {
            let OfRequest { attempt, message, .. } = r.requests[request];
            r.close(message, None, now);
            r.requests.at(request).message = Open::NOTHING;
            let inside = r.open(attempt, What::Served(endpoint), place, now);
            r.requests.at(request).inside = inside;
            is_followed = inside != Open::NOTHING;
        });
        if !is_followed || self.injection.is_calm() {
            return;
        }
        let faults = self.injection.befalling(self.model, self.hit(request), now);
        debug_assert!(route.has_details, "a route that is watched notes details");
        self.tracer.tell(|r| {
            for fault in faults {
                r.note(r.requests[request].inside, Happened::Fault(fault), now);
            }
        });
    }

    /// A request is turned away before anything was asked of it.
    #[cold]
    pub(in crate::model::engine) fn trace_turned_away(&mut self, request: u32, outcome: Outcome) {
        self.trace_reaches(request);
        let now = self.now;
        self.tracer.tell(|r| r.leaves(request, outcome, now));
    }

    /// A request, or a task, leaves its instance, where it has ended so.
    #[cold]
    pub(in crate::model::engine) fn trace_leaves(&mut self, request: u32, outcome: Outcome) {
        let now = self.now;
        let late = outcome == Outcome::Ok && self.requests[request].is_abandoned();
        let outcome = if late { Outcome::OkLate } else { outcome };
        self.tracer.tell(|r| r.leaves(request, outcome, now));
    }

    /// A request inside its instance begins something that takes time.
    #[cold]
    pub(in crate::model::engine) fn trace_step(&mut self, request: u32, what: What) {
        let now = self.now;
        self.tracer.tell(|r| r.begins(request, what, now));
    }

    /// A request waits for a worker of its pool.
    #[cold]
    pub(in crate::model::engine) fn trace_queue(&mut self, request: u32) {
        let endpoint = &self.model.endpoints[self.route_of(request).endpoint.index()];
        self.trace_step(request, What::Queued(endpoint.pool));
    }

    /// A request that waited takes a worker.
    #[inline(never)]
    pub(in crate::model::engine) fn takes_its_first_worker(&mut self, request: u32) {
        if self.route_of(request).is_tied {
            self.copy_starts(request);
        }
        let now = self.now;
        self.tracer.tell(|r| r.steps(request, now));
    }

    /// A request works on its present step.
    #[cold]
    pub(in crate::model::engine) fn trace_work(&mut self, request: u32) {
        let Request { step, .. } = self.requests[request];
        self.trace_step(request, What::Work(step));
    }

    /// A request begins branches, which are there already.
    #[cold]
    pub(in crate::model::engine) fn trace_branches(&mut self, request: u32) {
        if self.tracer.is_on() {
            let branches: Vec<u32> = self.branches_of(request).collect();
            branches.into_iter().for_each(|branch| self.trace_branch(request, branch));
        }
    }

    /// A branch of a request begins.
    #[cold]
    pub(in crate::model::engine) fn trace_branch(&mut self, request: u32, branch: u32) {
        let (now, from) = (self.now, self.requests[branch].step);
        self.tracer.tell(|r| {
            r.steps(request, now);
            let inside = r.open_there(r.requests[request].inside, What::Branch(from), now);
            r.requests.put(branch, OfRequest { inside, ..OfRequest::NOTHING });
        });
    }

    /// A task begins, on behalf of a request.
    #[cold]
    pub(in crate::model::engine) fn trace_task(&mut self, by: u32, task: u32) {
        let now = self.now;
        let to = self.route_of(task).endpoint;
        self.tracer.tell(|r| {
            let inside = r.open_there(r.requests[by].inside, What::Task(to), now);
            r.requests.put(task, OfRequest { inside, ..OfRequest::NOTHING });
        });
    }

    /// The answer of a request is sent.
    #[cold]
    pub(in crate::model::engine) fn trace_answer(&mut self, request: u32) {
        let (now, edge) = (self.now, self.requests[request].edge);
        self.tracer.tell(|r| {
            let message = r.open_there(r.requests[request].attempt, What::Back(edge), now);
            r.requests.at(request).message = message;
        });
    }

    /// A message stands in its queue.
    #[cold]
    pub(in crate::model::engine) fn trace_message_waits(&mut self, message: u32, broker: u16) {
        let now = self.now;
        self.tracer.tell(|r| {
            let by = r.messages[message].by;
            let wait = r.open(by, What::Message(broker), Place::Broker(broker), now);
            r.messages.at(message).wait = wait;
        });
    }
}
