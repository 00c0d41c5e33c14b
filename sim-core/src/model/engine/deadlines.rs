//! Deadlines that travel: what an attempt says of the time that its caller will wait, who looks at
//! it, and the calls of handlers that end by it.
//!
//! On the wire is what is left, rounded as gRPC rounds it; at the callee it counts from the arrival,
//! so that its deadline is later than the caller's by the latency of the link.

use super::super::spec::Deadlines as Checks;
use super::Engine;
use super::calls::{Call, LayerState, Origin};
use super::event::Event;
use super::request::NONE;
use super::route::Route;
use crate::kernel::{SimTime, Timer};
use crate::policy::{Deadline, Outcome};

/// What requests know of their deadlines; empty where nobody looks at them.
#[derive(Debug)]
pub(super) struct Deadlines {
    /// Whether attempts say how long their caller waits, anywhere in the model.
    pub(super) are_sent: bool,
    /// By slot: what is left, until the request has reached its instance; then its deadline.
    of_requests: Vec<SimTime>,
    /// By slot: the timer of the deadline that the call of its handler ends by.
    timers: Vec<Timer>,
}

impl Deadlines {
    /// Those of no request yet.
    pub(super) fn new(routes: &[Route<'_>]) -> Self {
        let are_sent = |r: &Route<'_>| r.sends_deadline && r.deadlines != Checks::Ignored;
        Self { are_sent: routes.iter().any(are_sent), of_requests: Vec::new(), timers: Vec::new() }
    }

    /// Notes what is known of the deadline of a request that comes into its slot.
    fn note(&mut self, request: u32, deadline: SimTime) {
        let slots = request as usize + 1;
        if self.of_requests.len() < slots {
            self.of_requests.resize(slots, SimTime::MAX);
            self.timers.resize(slots, Timer::NONE);
        }
        self.of_requests[request as usize] = deadline;
    }
}

impl Engine<'_> {
    /// Notes what an attempt that is being sent says of the time that is left to it.
    #[inline(never)]
    pub(super) fn send_deadline(&mut self, call: u32, request: u32) {
        let sends = self.routes[self.calls[call].edge.index()].sends_deadline;
        let ends = if sends { self.is_given_up_at(call) } else { SimTime::MAX };
        // A timer that has come fires before anything is sent, so that something is left.
        let left = match ends {
            SimTime::MAX => SimTime::MAX,
            ends => Deadline::at_time(ends)
                .sent(self.now)
                .map_or(SimTime::ZERO, |left| SimTime::ZERO + left.duration()),
        };
        self.deadlines.note(request, left);
    }

    /// A request has reached its instance: what is left of its time counts from now.
    pub(super) fn receive_deadline(&mut self, request: u32) {
        let deadline = &mut self.deadlines.of_requests[request as usize];
        if *deadline != SimTime::MAX {
            *deadline = self.now + deadline.since(SimTime::ZERO);
        }
    }

    /// A branch of a request's handler has the deadline of the request.
    pub(super) fn share_deadline(&mut self, request: u32, branch: u32) {
        let deadline = self.deadlines.of_requests[request as usize];
        self.deadlines.note(branch, deadline);
    }

    /// Whether nobody waits any more for whatever a request would do now.
    pub(super) fn deadline_has_passed(&self, request: u32) -> bool {
        self.now >= self.deadlines.of_requests[request as usize]
    }

    /// When whoever makes a call gives up on an attempt that is sent now: when the first of the
    /// times around it is over, those of the call that it is made for included.
    fn is_given_up_at(&self, mut call: u32) -> SimTime {
        let mut ends = SimTime::MAX;
        loop {
            let Call { edge, origin, .. } = self.calls[call];
            for layer in 0..self.routes[edge.index()].layers.len() {
                let place = self.layer_place(call, layer);
                if let LayerState::Timed { .. } = self.layer_states[place] {
                    ends = ends.min(self.layer_times[place as u32]);
                }
            }
            match origin {
                Origin::Layer { call: outer, .. } => call = outer,
                Origin::Handler { request } if self.passes_deadlines_on(request) => {
                    return ends.min(self.deadlines.of_requests[request as usize]);
                }
                _ => return ends,
            }
        }
    }

    /// Whether the calls of a request's handler end by its deadline.
    fn passes_deadlines_on(&self, request: u32) -> bool {
        self.route_of(request).deadlines == Checks::Propagated
    }

    /// The handler of a request is about to make a call, which ends by the request's deadline.
    pub(super) fn set_inherited_deadline(&mut self, request: u32) {
        let at = self.deadlines.of_requests[request as usize];
        if at < SimTime::MAX && self.passes_deadlines_on(request) {
            let timer = self.queue.schedule_timer(at, Event::DeadlinePasses { request });
            self.deadlines.timers[request as usize] = timer;
        }
    }

    /// The call of a handler is over.
    pub(super) fn clear_inherited_deadline(&mut self, request: u32) {
        let timer = &mut self.deadlines.timers[request as usize];
        self.queue.cancel(std::mem::replace(timer, Timer::NONE));
    }

    /// The deadline of a request passes while its handler waits for a call.
    #[cold]
    pub(super) fn deadline_passes(&mut self, request: u32) {
        let nested = self.details[request].nested;
        if nested != NONE {
            self.stop_call(nested, Outcome::Deadline);
            self.handler_was_answered(request, Outcome::Deadline);
        }
    }
}
