//! Making do: what becomes of an outcome at a fallback, and the calls that a fallback makes.

use super::super::Engine;
use super::super::calls::{Call, LayerState, Origin};
use super::super::layer::Layer;
use super::draws::LazyDraws;
use crate::kernel::SimDuration;
use crate::kernel::draw::lineage;
use crate::policy::{FallbackPolicy, MadeDo, Outcome, ResolvedLayer};

impl Engine<'_> {
    /// What becomes of an outcome at a fallback: a failure that it makes up for is `degraded`.
    /// `None` if somebody else is asked first.
    #[inline]
    pub(in crate::model::engine) fn at_fallback(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
        fallback: &FallbackPolicy,
        outcome: Outcome,
    ) -> Option<Outcome> {
        if outcome.is_good() {
            let place = self.state_at(call, &layer.own);
            self.guards.last_good[place].note(self.now);
        }
        if !fallback.on.contains(outcome) {
            return Some(outcome);
        }
        self.makes_do(call, index, fallback, outcome, 0)
    }

    /// What is made do with after a failure, from this place of the chain on.
    #[inline(never)]
    fn makes_do(
        &mut self,
        call: u32,
        layer: usize,
        fallback: &FallbackPolicy,
        failure: Outcome,
        from: u8,
    ) -> Option<Outcome> {
        let last_good = self.guards.last_good[self.place_of(call, layer)];
        let Call { key, attempts, .. } = self.calls[call];
        let draws = &self.guards.draws[self.layer_of(call, layer).number as usize];
        let mut draws = LazyDraws::new(draws, key, attempts).after(from.into());
        match fallback.make_do(from, self.now, last_good, &mut draws) {
            MadeDo::With => Some(Outcome::Degraded),
            MadeDo::Not => Some(failure),
            MadeDo::Calling(place) => {
                self.asks_somebody_else(call, layer, place, failure);
                None
            }
            MadeDo::Queueing(place) => match fallback.broker(place) {
                Some(broker) if self.publish_for(call, broker) => Some(Outcome::Degraded),
                _ => self.makes_do(call, layer, fallback, failure, place + 1),
            },
        }
    }

    /// A fallback makes the call at a place of its chain.
    fn asks_somebody_else(&mut self, call: u32, layer: usize, place: u8, failure: Outcome) {
        let Call { edge, key, attempts, .. } = self.calls[call];
        let layer_id = layer as u8;
        let substitutes = &self.model.edges[edge.index()].substitutes;
        let other = substitutes.iter().find(|s| (s.layer, s.place) == (layer_id, place));
        let Some(other) = other.map(|substitute| substitute.edge) else { return };
        let site = self.sites[other.index()].wrapping_add(u64::from(place));
        let (key, origin) = (lineage(key, site, attempts), Origin::Layer { call, layer: layer_id });
        let asked = Call::made(self.now, other, key, origin, SimDuration::ZERO);
        let asked = self.calls.insert(asked);
        if self.routes[other.index()].is_noted {
            self.note_call(asked);
        }
        self.make_room_for_layers(asked);
        *self.layer_state(call, layer) = LayerState::Asking { asked, place, failure };
        self.go_inward(asked, 0);
    }

    /// The call that a fallback has made has ended so.
    pub(in crate::model::engine) fn somebody_else_answered(
        &mut self,
        call: u32,
        layer: usize,
        outcome: Outcome,
    ) {
        let state = std::mem::replace(self.layer_state(call, layer), LayerState::Idle);
        let LayerState::Asking { place, failure, .. } = state else { return };
        let ResolvedLayer::Fallback(fallback) = self.layer_of(call, layer).policy else {
            return;
        };
        let made_do = match outcome.is_failure() {
            false => Some(Outcome::Degraded),
            true => self.makes_do(call, layer, fallback, failure, place + 1),
        };
        if let Some(outcome) = made_do {
            self.go_outward(call, outcome, layer);
        }
    }
}
