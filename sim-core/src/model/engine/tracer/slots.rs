//! What becomes of calls and requests that are followed, by their slots.

use super::Recorder;
use super::recorder::{OfCall, OfMessage, OfRequest, Open};
use crate::kernel::SimTime;
use crate::model::trace::{Happened, What};
use crate::policy::Outcome;

impl Recorder {
    /// A call begins to wait.
    #[cold]
    pub(in crate::model::engine) fn waits(&mut self, call: u32, what: What, now: SimTime) {
        let wait = self.open_there(self.calls[call].whole, what, now);
        self.calls.at(call).wait = wait;
    }

    /// A call waits no more, if it did.
    #[cold]
    pub(in crate::model::engine) fn waits_no_more(&mut self, call: u32, now: SimTime) {
        let wait = std::mem::replace(&mut self.calls.at(call).wait, Open::NOTHING);
        self.close(wait, None, now);
    }

    /// Something happens to a call.
    #[cold]
    pub(in crate::model::engine) fn notes(&mut self, call: u32, what: Happened, now: SimTime) {
        self.note(self.calls[call].whole, what, now);
    }

    /// A call has ended so.
    #[cold]
    pub(in crate::model::engine) fn call_ends(
        &mut self,
        call: u32,
        outcome: Outcome,
        now: SimTime,
    ) {
        self.waits_no_more(call, now);
        let OfCall { whole, .. } = std::mem::replace(self.calls.at(call), OfCall::NOTHING);
        self.close(whole, Some(outcome), now);
    }

    /// A request's step is over, if it was at one that took time.
    #[cold]
    pub(in crate::model::engine) fn steps(&mut self, request: u32, now: SimTime) {
        let step = std::mem::replace(&mut self.requests.at(request).step, Open::NOTHING);
        self.close(step, None, now);
    }

    pub(super) fn begins(&mut self, request: u32, what: What, now: SimTime) {
        self.steps(request, now);
        let step = self.open_there(self.requests[request].inside, what, now);
        self.requests.at(request).step = step;
    }

    /// A request, a task or a branch is over inside its instance.
    #[cold]
    pub(in crate::model::engine) fn leaves(
        &mut self,
        request: u32,
        outcome: Outcome,
        now: SimTime,
    ) {
        self.steps(request, now);
        let inside = std::mem::replace(&mut self.requests.at(request).inside, Open::NOTHING);
        self.close(inside, Some(outcome), now);
    }

    /// Something happens to a message of a request.
    #[cold]
    pub(in crate::model::engine) fn message(&mut self, request: u32, what: Happened, now: SimTime) {
        self.note(self.requests[request].message, what, now);
    }

    /// Something happens to an attempt.
    #[cold]
    pub(in crate::model::engine) fn attempt(&mut self, request: u32, what: Happened, now: SimTime) {
        self.note(self.requests[request].attempt, what, now);
    }

    /// A message of a request is lost, the first perhaps before it is known whose it is.
    #[cold]
    pub(in crate::model::engine) fn message_is_lost(&mut self, request: u32, now: SimTime) {
        let of = self.requests.at(request);
        let message = std::mem::replace(&mut of.message, Open::NOTHING);
        if message == Open::NOTHING {
            self.lost = Some(request);
        }
        self.note(message, Happened::Lost, now);
        self.close(message, Some(Outcome::Lost), now);
    }

    /// The answer of a request has come, or will never come: its attempt has ended so; `None` if that was
    /// given up before.
    #[cold]
    pub(in crate::model::engine) fn hears(
        &mut self,
        request: u32,
        outcome: Option<Outcome>,
        now: SimTime,
    ) {
        let OfRequest { attempt, message, .. } =
            std::mem::replace(self.requests.at(request), OfRequest::NOTHING);
        if outcome.is_some() {
            self.close(attempt, outcome, now);
        }
        self.close(message, None, now);
    }

    /// The answer of a request that was given up has come.
    #[cold]
    pub(in crate::model::engine) fn comes_late(&mut self, request: u32, now: SimTime) {
        self.message(request, Happened::Late, now);
        self.hears(request, None, now);
    }

    /// The caller of an attempt gives it up.
    #[cold]
    pub(in crate::model::engine) fn is_given_up(
        &mut self,
        request: u32,
        outcome: Outcome,
        now: SimTime,
    ) {
        self.close(self.requests[request].attempt, Some(outcome), now);
    }

    /// What a request is inside its instance.
    #[cold]
    pub(in crate::model::engine) fn inside_of(&self, request: u32) -> Open {
        self.requests[request].inside
    }

    /// What a call is as a whole.
    #[cold]
    pub(in crate::model::engine) fn whole_of(&self, call: u32) -> Open {
        self.calls[call].whole
    }

    /// Somebody is about to publish a message.
    #[cold]
    pub(in crate::model::engine) fn publishes(&mut self, by: Open) {
        self.publisher = by;
    }

    /// The broker has taken the message.
    #[cold]
    pub(in crate::model::engine) fn is_published(&mut self, message: u32) {
        self.messages.put(message, OfMessage { by: self.publisher, wait: Open::NOTHING });
    }

    /// A message that waits is lost.
    #[cold]
    pub(in crate::model::engine) fn is_lost_at_broker(&mut self, message: u32, now: SimTime) {
        self.close(self.messages[message].wait, Some(Outcome::Lost), now);
    }
}
