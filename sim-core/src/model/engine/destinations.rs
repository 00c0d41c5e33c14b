//! Calls that know where they go before they are sent: a layer of their policy has a state for each instance
//! of what is called.
//!
//! The balancer chooses when a call comes to the outermost such layer, with a draw of its own each time that
//! it does. The call is outstanding at the instance only when it is sent. An attempt that a retry makes inside
//! of that layer goes to the same instance; one that a retry makes around it is chosen for anew.

use super::Engine;
use super::calls::{Call, Origin};
use super::front::affinity;
use super::layer::Layer;
use super::slab::Beside;
use super::zoned;
use crate::kernel::draw::Slot;
use crate::policy::{ResolvedLayer, Scope};

/// Where a call goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Destination {
    /// The instance, once one has been chosen.
    instance: Option<u32>,
    /// How often one was.
    choices: u32,
}

impl Destination {
    const NONE: Self = Self { instance: None, choices: 0 };

    /// None of any call.
    pub(super) fn none() -> Beside<Self> {
        Beside::new(Self::NONE)
    }
}

/// Where the draws of choices are among those of an attempt: behind those of opening connections.
const CHOOSING: u32 = 1 << 31;

/// Whether a layer has a state for each instance of what is called.
pub(super) fn is_of_callee(layer: &ResolvedLayer) -> bool {
    matches!(layer, ResolvedLayer::Guard(guard) if guard.scope == Scope::Callee)
}

impl Engine<'_> {
    /// A call has gone nowhere yet.
    pub(super) fn forget_destination(&mut self, call: u32) {
        self.destinations.put(call, Destination::NONE);
    }

    /// The instance that a call that is sent goes to, if it need not be chosen: whoever probes one asks that
    /// one.
    #[inline(never)]
    pub(super) fn told_destination(&mut self, call: u32, origin: Origin) -> Option<u32> {
        if let Origin::Probe { instance, .. } = origin {
            return Some(instance);
        }
        let instance = self.destination(call)?;
        let (now, edge) = (self.now, self.calls[call].edge);
        self.fronts[self.routes[edge.index()].service.index()].send_to(now, instance);
        Some(instance)
    }

    /// The instance that a call goes to, if one was chosen before it is sent.
    #[inline(never)]
    pub(super) fn destination(&self, call: u32) -> Option<u32> {
        let Call { edge, outermost, .. } = self.calls[call];
        let layers = &self.routes[edge.index()].layers[usize::from(outermost)..];
        let is_chosen_for = layers.iter().any(|layer| is_of_callee(layer.policy));
        self.destinations[call].instance.filter(|_| is_chosen_for)
    }

    /// Sees to it that a call that comes to a layer with a state for each instance goes to one; whether it
    /// does.
    #[inline(never)]
    pub(super) fn has_destination_at(&mut self, call: u32, layer: usize) -> bool {
        let Call { edge, outermost, .. } = self.calls[call];
        let layers = &self.routes[edge.index()].layers;
        let is_of_callee = |layer: &Layer<'_>| is_of_callee(layer.policy);
        let is_known = layers[usize::from(outermost)..layer].iter().any(is_of_callee);
        if !is_known && is_of_callee(&layers[layer]) {
            let instance = self.choose_destination(call);
            let choices = self.destinations[call].choices + 1;
            self.destinations.put(call, Destination { instance, choices });
            return instance.is_some();
        }
        true
    }

    fn choose_destination(&mut self, call: u32) -> Option<u32> {
        let (now, origin) = (self.now, self.who_calls(call));
        if let Origin::Probe { instance, .. } = origin {
            return Some(instance);
        }
        let Call { edge, key, attempts, .. } = self.calls[call];
        let place = CHOOSING | self.destinations[call].choices;
        let block = self.draws[edge.index()].block_of_step(key, attempts + 1, place);
        let front = &mut self.fronts[self.routes[edge.index()].service.index()];
        let chosen = front.choose(
            now,
            (edge, || zoned::number_of(origin, self.model, &self.requests, self.routes)),
            || affinity(origin, &self.details),
            || self.zoned.of(origin, &self.requests, self.routes),
            &mut block.slot(Slot::Branch),
        );
        chosen.inspect(|instance| front.take_back(*instance))
    }
}
