//! A request: one attempt of a call, from the moment it is sent until nothing refers to it.
//!
//! Its slot holds what every request needs; what only some need lies beside it, in [`Details`].

use super::super::spec::EdgeId;
use super::slab::Slotted;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// One attempt of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// When it was sent.
    pub(super) sent: SimTime,
    /// When it reached its instance.
    pub(super) reached: SimTime,
    /// Of one that has had no worker yet, the demand of its first step, where that is work; of any
    /// other, when it took its worker, or its last one.
    demand_or_since: u64,
    /// The call that it belongs to, which may be over once it is abandoned.
    pub(super) call: u32,
    /// The instance it goes to.
    pub(super) instance: u32,
    /// Its neighbours in the queue of its pool.
    pub(super) previous: u32,
    pub(super) next: u32,
    pub(super) edge: EdgeId,
    /// The step of the handler that is next.
    pub(super) step: u16,
    /// How many scheduled events name this request.
    pub(super) pending: u8,
    pub(super) stage: Stage,
    /// Its answer, once there is one.
    pub(super) outcome: Outcome,
    marks: u8,
}

const ABANDONED: u8 = 1;
const CLOSED: u8 = 2;
const HAS_WORKER: u8 = 4;
const BRANCH: u8 = 8;

impl Request {
    /// An attempt that is sent now, named by what is scheduled next.
    #[inline(always)]
    pub(super) fn sent(
        now: SimTime,
        edge: EdgeId,
        call: u32,
        instance: u32,
        demand: SimDuration,
    ) -> Self {
        Self {
            sent: now,
            reached: now,
            demand_or_since: demand.as_nanos(),
            call,
            instance,
            edge,
            pending: 1,
            stage: Stage::Outbound,
            ..Self::GONE
        }
    }

    /// The demand of the first step of one that has had no worker yet.
    #[inline]
    pub(super) fn demand(&self) -> SimDuration {
        SimDuration::from_nanos(self.demand_or_since)
    }

    /// When one that has had a worker took it.
    #[inline]
    pub(super) fn worker_since(&self) -> SimTime {
        SimTime::from_nanos(self.demand_or_since)
    }

    /// Takes a worker now, and gives the demand away if it is the first.
    #[inline]
    pub(super) fn take_worker(&mut self, now: SimTime) {
        self.marks |= HAS_WORKER;
        self.demand_or_since = now.as_nanos();
    }

    /// Whether it holds a worker.
    #[inline]
    pub(super) fn has_worker(&self) -> bool {
        self.marks & HAS_WORKER != 0
    }

    /// It has given its worker back, if it held one.
    #[inline]
    pub(super) fn lose_worker(&mut self) {
        self.marks &= !HAS_WORKER;
    }

    /// Whether its caller has stopped waiting.
    #[inline]
    pub(super) fn is_abandoned(&self) -> bool {
        self.marks & ABANDONED != 0
    }

    /// Its caller stops waiting.
    #[inline]
    pub(super) fn abandon(&mut self) {
        self.marks |= ABANDONED;
    }

    /// Whether its caller has closed the connection.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.marks & CLOSED != 0
    }

    /// Whether it is a branch of another request's handler.
    #[inline]
    pub(super) fn is_branch(&self) -> bool {
        self.marks & BRANCH != 0
    }

    /// A branch of this request's handler, from this step on.
    pub(super) fn branch(&self, step: u16) -> Self {
        Self {
            sent: self.sent,
            reached: self.reached,
            edge: self.edge,
            instance: self.instance,
            step,
            stage: Stage::Ready,
            marks: BRANCH,
            ..Self::GONE
        }
    }

    /// Its caller closes the connection.
    #[inline]
    pub(super) fn close(&mut self) {
        self.marks |= CLOSED;
    }
}

impl Slotted for Request {
    const GONE: Self = Self {
        sent: SimTime::ZERO,
        reached: SimTime::ZERO,
        demand_or_since: 0,
        call: NONE,
        instance: 0,
        previous: NONE,
        next: NONE,
        edge: EdgeId(0),
        step: 0,
        pending: 0,
        stage: Stage::Gone,
        outcome: Outcome::Ok,
        marks: 0,
    };

    #[inline]
    fn is_gone(&self) -> bool {
        self.stage == Stage::Gone
    }

    #[inline(always)]
    fn give_way_to(&mut self, value: Self) {
        *self = value;
    }

    #[inline]
    fn go(&mut self) {
        self.stage = Stage::Gone;
    }
}

/// What is known of a request beside its slot, where its route says that somebody may ask
/// ([`super::Route::has_details`]).
#[derive(Clone, Copy, Debug)]
pub(super) struct Details {
    /// Names the draws of the call it belongs to.
    pub(super) key: u64,
    /// When it came to its queue, if a shedder manages that.
    pub(super) queued: SimTime,
    /// The number of the attempt, from 1.
    pub(super) attempt: u32,
    /// The generation of its call.
    pub(super) generation: u32,
    /// The version of the row that was last read on its behalf.
    pub(super) version: u32,
    /// The call that its handler waits for.
    pub(super) nested: u32,
    /// Its class: 0 is the most important.
    pub(super) class: u8,
}

impl Details {
    /// Of no request.
    pub(super) const NONE: Self = Self {
        key: 0,
        queued: SimTime::ZERO,
        attempt: 0,
        generation: 0,
        version: 0,
        nested: NONE,
        class: 0,
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
    /// Working on a step, on a machine that it shares with others.
    Sharing,
    /// Done with that, and about to go on.
    Turned,
    /// Waiting for a call of its handler.
    Calling,
    /// A branch that has not begun.
    Ready,
    /// Waiting for the branches of its handler.
    Forked,
    /// Waiting for a row.
    AtRow,
    /// Waiting for somebody else who fetches what it has not found in a cache.
    AtCache,
    /// Fails as soon as the event in progress is handled.
    Fails,
    /// Goes on with its next step as soon as the event in progress is handled.
    GoesOn,
    /// Waiting for a worker after a call of its handler, in an asynchronous service.
    Resuming,
    /// Answered; the answer is on its way to the caller, or lost on it.
    Inbound,
    /// Done; kept only until the last event that names it has passed.
    Dead,
    /// There is none: the slot is free.
    Gone,
}

impl Stage {
    /// Whether the request is inside its instance.
    pub(super) fn is_inside(self) -> bool {
        !matches!(self, Self::Outbound | Self::Inbound | Self::Dead | Self::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::super::calls::{Call, LayerState};
    use super::*;

    #[test]
    fn a_request_its_call_and_the_state_of_a_layer_have_these_sizes() {
        assert_eq!((size_of::<Request>(), size_of::<Details>()), (48, 40));
        assert_eq!(size_of::<Call>(), 48);
        assert_eq!(size_of::<LayerState>(), 16);
    }
}
