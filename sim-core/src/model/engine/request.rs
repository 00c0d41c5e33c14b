//! A request: one attempt of a call, from the moment it is sent until nothing refers to it.

use super::super::spec::{EdgeId, ServiceId};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// One attempt of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// Names the draws of the call it belongs to.
    pub(super) key: u64,
    /// When it was sent.
    pub(super) sent: SimTime,
    /// When it reached its instance.
    pub(super) reached: SimTime,
    /// When it took its worker; before that, when it came to its queue, if it did.
    pub(super) worker_since: SimTime,
    /// The demand of its first step, where that is work.
    pub(super) demand: SimDuration,
    /// The call that it belongs to, and the generation of that slot.
    pub(super) call: u32,
    pub(super) call_generation: u32,
    /// The number of the attempt, from 1.
    pub(super) attempt: u32,
    /// The instance it goes to.
    pub(super) instance: u32,
    /// The version of the row that was last read on its behalf.
    pub(super) version: u32,
    /// The call that its handler waits for.
    pub(super) nested: u32,
    /// Its neighbours in the queue of its pool.
    pub(super) previous: u32,
    pub(super) next: u32,
    pub(super) edge: EdgeId,
    pub(super) service: ServiceId,
    /// The step of the handler that is next.
    pub(super) step: u16,
    /// Its class: 0 is the most important.
    pub(super) class: u8,
    /// How many scheduled events name this request.
    pub(super) pending: u8,
    pub(super) stage: Stage,
    /// Its answer, once there is one.
    pub(super) outcome: Outcome,
    /// Whether its caller has stopped waiting.
    pub(super) abandoned: bool,
    /// Whether its caller has closed the connection.
    pub(super) closed: bool,
    /// Whether it holds a worker.
    pub(super) has_worker: bool,
}

impl Request {
    /// No request.
    pub(super) const BLANK: Self = Self {
        key: 0,
        sent: SimTime::ZERO,
        reached: SimTime::ZERO,
        worker_since: SimTime::ZERO,
        demand: SimDuration::ZERO,
        call: NONE,
        call_generation: 0,
        attempt: 0,
        instance: 0,
        version: 0,
        nested: NONE,
        previous: NONE,
        next: NONE,
        edge: EdgeId(0),
        service: ServiceId(0),
        step: 0,
        class: 0,
        pending: 0,
        stage: Stage::Outbound,
        outcome: Outcome::Ok,
        abandoned: false,
        closed: false,
        has_worker: false,
    };
}

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// On its way to the instance, or lost on it.
    Outbound,
    /// Inside its instance, where it waits for a limit to let it pass.
    AtLimit,
    /// In the queue of its pool.
    Queued,
    /// Held up before its first step: by a fault that hangs it or slows it down.
    HeldUp,
    /// Working on a step.
    Working,
    /// Waiting for a call of its handler.
    Calling,
    /// Waiting for a worker after a call of its handler, in an asynchronous service.
    Resuming,
    /// Answered; the answer is on its way to the caller, or lost on it.
    Inbound,
    /// Done; kept only until the last event that names it has passed.
    Dead,
}

impl Stage {
    /// Whether the request is inside its instance.
    pub(super) fn is_inside(self) -> bool {
        !matches!(self, Self::Outbound | Self::Inbound | Self::Dead)
    }
}

#[cfg(test)]
mod tests {
    use super::super::calls::{Call, LayerState};
    use super::*;

    #[test]
    fn a_request_its_call_and_the_state_of_a_layer_have_these_sizes() {
        assert_eq!(size_of::<Request>(), 88);
        assert_eq!(size_of::<Call>(), 48);
        assert_eq!(size_of::<LayerState>(), 24);
    }
}
