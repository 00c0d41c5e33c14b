//! What is remembered of a call in progress, and of it by each layer.

use super::super::spec::{ClientId, EdgeId, ServiceId};
use super::Engine;
use super::request::NONE;
use super::slab::{Beside, Slab, Slotted};
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
    /// The attempt that it waits for.
    pub(super) request: u32,
    /// Tells it from the others that come into its slot: to be kept beside a reference that may
    /// outlive it. Odd while there is a call in the slot.
    pub(super) generation: u32,
    /// How long a user of a closed loop thinks after it.
    pub(super) thinks: SimDuration,
}

impl Call {
    /// A call that is made now and has come nowhere.
    #[inline(always)]
    pub(super) fn made(
        now: SimTime,
        edge: EdgeId,
        key: u64,
        origin: Origin,
        thinks: SimDuration,
    ) -> Self {
        Self { key, started: now, origin, edge, thinks, ..Self::GONE }
    }
}

impl Slotted for Call {
    const GONE: Self = Self {
        key: 0,
        started: SimTime::ZERO,
        origin: Origin::Handler { request: NONE },
        edge: EdgeId(0),
        outermost: 0,
        is_further: false,
        attempts: 0,
        request: NONE,
        generation: 0,
        thinks: SimDuration::ZERO,
    };

    #[inline]
    fn is_gone(&self) -> bool {
        self.generation & 1 == 0
    }

    #[inline(always)]
    fn give_way_to(&mut self, value: Self) {
        *self = Self { generation: self.generation.wrapping_add(1), ..value };
    }

    #[inline]
    fn go(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }
}

impl Slab<Call> {
    /// Whether the slot still holds the call that it held at this generation.
    #[inline]
    pub(super) fn is_current(&self, slot: u32, generation: u32) -> bool {
        self.get(slot).is_some_and(|call| call.generation == generation)
    }
}

/// Who makes a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// A client; of a closed loop, which user of it.
    Client { client: ClientId, user: u32 },
    /// The handler of a request.
    Handler { request: u32 },
    /// A broker, which delivers a message.
    Broker { message: u32 },
    /// A probe of an instance, whose health or life depends on the answer.
    Probe { of_life: bool, service: ServiceId, instance: u32 },
    /// A layer of another call: a hedge its copies, a fallback a call to somebody else.
    Layer { call: u32, layer: u8 },
}

/// What a layer remembers of one call.
#[derive(Clone, Copy, Debug)]
pub(super) enum LayerState {
    /// The call has not come to the layer, or has left it.
    Idle,
    /// A timeout or a deadline runs; where deadlines are sent, [`LayerTimes`] tells until when.
    Timed { timer: Timer },
    /// A retry: the attempts that it has let through, after how many of them it was last told when
    /// to come again instead of its backoff, and whether it waits; [`super::Engine`] has the timer.
    Retrying { waits: bool, told_after: u16, attempts: u32, backoff: BackoffState },
    /// A guard has let the call pass; [`LayerTimes`] tells when, if the guard times calls.
    Passed { pass: Pass },
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

/// Beside the states of layers, by the same places: when a layer lets go, has let pass, or lets
/// wait, where somebody asks. Most layers need no time: it takes no memory until one does.
pub(super) type LayerTimes = Beside<SimTime>;

impl Engine<'_> {
    /// Every call has a place for the state of each layer.
    #[inline(always)]
    pub(super) fn make_room_for_layers(&mut self, call: u32) {
        let states = (call as usize + 1) * self.layers_per_call;
        if self.layer_states.len() < states {
            self.layer_states.resize(states, LayerState::Idle);
        }
    }

    #[inline]
    pub(super) fn layer_state(&mut self, call: u32, layer: usize) -> &mut LayerState {
        let place = self.layer_place(call, layer);
        &mut self.layer_states[place]
    }

    /// The place of a layer of a call among those of all.
    #[inline]
    pub(super) fn layer_place(&self, call: u32, layer: usize) -> usize {
        call as usize * self.layers_per_call + layer
    }

    #[inline]
    pub(super) fn note_time(&mut self, call: u32, layer: usize, time: SimTime) {
        let place = self.layer_place(call, layer);
        self.layer_times.put(place as u32, time);
    }
}
