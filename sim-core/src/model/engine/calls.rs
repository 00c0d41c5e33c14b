//! What is remembered of a call in progress, and of it by each layer.

use super::super::spec::{ClientId, EdgeId};
use super::request::NONE;
use crate::kernel::{SimDuration, SimTime, Timer};
use crate::policy::Outcome;
use crate::policy::backoff::BackoffState;
use crate::policy::gate::{Answer, Pass};

/// A call in progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// Names its draws: the number of the call or, of a handler's, its lineage.
    pub(super) key: u64,
    pub(super) started: SimTime,
    pub(super) origin: Origin,
    pub(super) edge: EdgeId,
    /// The first layer that it goes through: those outside are its maker's.
    pub(super) outermost: u8,
    /// Whether it is a further copy of a hedged call.
    pub(super) is_further: bool,
    /// How many attempts it has made, those of further copies not included.
    pub(super) attempts: u32,
    /// How many further copies hedges have made of it.
    pub(super) further_copies: u32,
    /// The attempt that it waits for.
    pub(super) request: u32,
    /// How long a user of a closed loop thinks after it.
    pub(super) thinks: SimDuration,
}

impl Call {
    /// No call.
    pub(super) const BLANK: Self = Self {
        key: 0,
        started: SimTime::ZERO,
        origin: Origin::Handler { request: NONE },
        edge: EdgeId(0),
        outermost: 0,
        is_further: false,
        attempts: 0,
        further_copies: 0,
        request: NONE,
        thinks: SimDuration::ZERO,
    };
}

/// Who makes a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// A client; of a closed loop, which user of it.
    Client { client: ClientId, user: u32 },
    /// The handler of a request.
    Handler { request: u32 },
    /// A layer of another call: a hedge its copies, a fallback a call to somebody else.
    Layer { call: u32, layer: u8 },
}

/// What a layer remembers of one call.
#[derive(Clone, Copy, Debug)]
pub(super) enum LayerState {
    /// The call has not come to the layer, or has left it.
    Idle,
    /// A timeout or a deadline runs, until then.
    Timed { timer: Timer, ends: SimTime },
    /// A retry: the attempts that it has let through, after how many of them it was last told when
    /// to come again instead of its backoff, and its wait, if it waits.
    Retrying { told_after: u16, attempts: u32, backoff: BackoffState, wait: Timer },
    /// A guard has let the call pass, then.
    Passed { pass: Pass, since: SimTime },
    /// The call waits at a guard.
    Waiting,
    /// A guard has said so; the call's turn to go on is still to come.
    Released(Answer),
    /// A hedge waits for the copies of the call.
    Hedging { hedged: u32 },
    /// Of a copy: the one that was sent before it, of those that are out, and when it was sent.
    Copy { before: u32, sent: SimTime },
    /// A fallback waits for a call that it has made, the one at this place of its chain, after this
    /// failure.
    Asking { asked: u32, place: u8, failure: Outcome },
}
