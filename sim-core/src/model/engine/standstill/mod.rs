//! Circles of waits through several kinds of things: workers, the places of guards, rows.
//!
//! A store looks for circles among its rows itself, and knows a way out. For these nobody does: a thread
//! holds a connection and waits for another, which those hold who wait as it does. They are looked for once
//! a second, where the model has anything that could be waited for so; some are over when a timeout fires,
//! others never.
//!
//! Somebody gets on if nothing holds him up, or if what he waits for is in the hands of one who gets on
//! (E. G. Coffman et al., System Deadlocks, 1971; for places of which any will do, R. C. Holt, Some Deadlock
//! Properties of Computer Systems, 1972). Whoever is left waits for ever, unless a timer helps him.

mod possible;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::record::WaitCycle;
use super::Engine;
use super::calls::LayerState;
use super::event::Event;
use super::locks::MOST_CIRCLES;
use super::request::{NONE, Stage};
use crate::kernel::SimDuration;
use crate::policy::{Guard, GuardKind, ResolvedLayer};

/// How often circles are looked for.
const EVERY: SimDuration = SimDuration::from_secs(1);

/// Whoever holds something, or waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Party {
    Request(u32),
    Call(u32),
}

/// Something of which there are only so many, and that comes back when its holder ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// The workers of a pool.
    Workers(usize),
    /// The places of a guard.
    Places(usize),
}

/// What somebody waits for.
#[derive(Clone, Debug, PartialEq)]
enum Awaits {
    /// That any of those who hold such a thing gives it back.
    Thing(Thing),
    /// That all of these give a row back.
    Row(Vec<Party>),
    /// That any of these ends: his own call, or branches.
    Own(Vec<Party>),
}

/// Whether calls wait at such a guard until others have left it.
fn is_a_place(guard: &GuardKind) -> bool {
    match guard {
        GuardKind::Bulkhead(_) | GuardKind::ConcurrencyLimit(_) | GuardKind::ConnectionPool(_) => {
            true
        }
        // What they wait for there comes with time.
        GuardKind::Breaker(_) | GuardKind::RateLimit(_) | GuardKind::Throttle(_) => false,
    }
}

/// All who wait, and all who hold things.
#[derive(Debug, Default)]
struct Waits {
    awaits: BTreeMap<Party, Awaits>,
    holders: BTreeMap<Thing, Vec<Party>>,
}

impl Waits {
    /// Those who do not get on.
    fn stuck(&self) -> BTreeSet<Party> {
        let mut stuck: BTreeSet<Party> = self.awaits.keys().copied().collect();
        loop {
            let in_vain = |thing: &Thing| self.held_by(*thing).iter().all(|h| stuck.contains(h));
            let dead: BTreeSet<Thing> = self.holders.keys().copied().filter(in_vain).collect();
            let is_stuck = |party: &Party| match &self.awaits[party] {
                Awaits::Thing(thing) => dead.contains(thing),
                Awaits::Row(holders) => holders.iter().any(|holder| stuck.contains(holder)),
                Awaits::Own(parties) => parties.iter().all(|other| stuck.contains(other)),
            };
            let still: BTreeSet<Party> = stuck.iter().copied().filter(is_stuck).collect();
            if still.len() == stuck.len() {
                return still;
            }
            stuck = still;
        }
    }

    fn held_by(&self, thing: Thing) -> &[Party] {
        self.holders.get(&thing).map_or(&[], Vec::as_slice)
    }

    /// The first of those for whom somebody waits who is stuck himself.
    fn next(&self, party: Party, stuck: &BTreeSet<Party>) -> Option<Party> {
        let parties = match self.awaits.get(&party)? {
            Awaits::Thing(thing) => self.held_by(*thing),
            Awaits::Row(parties) | Awaits::Own(parties) => parties,
        };
        parties.iter().copied().find(|other| stuck.contains(other))
    }

    /// Whether somebody waits for what another has, and not for what he has begun himself.
    fn waits_for_others(&self, party: Party) -> bool {
        !matches!(self.awaits.get(&party), Some(Awaits::Own(_)) | None)
    }
}

impl Engine<'_> {
    /// Schedules the first look for circles, if the model can have any.
    pub(super) fn schedule_looks_for_circles(&mut self) {
        if possible::may_stand_still(self.model) {
            self.queue.schedule_apart(self.now + EVERY, Event::LooksForCircles);
        }
    }

    /// Looks whether some wait for each other, and notes one circle of them.
    pub(super) fn look_for_circles(&mut self) {
        self.queue.schedule_apart(self.now + EVERY, Event::LooksForCircles);
        let waits = self.waits();
        let stuck = waits.stuck();
        let Some(first) = stuck.iter().copied().find(|party| waits.waits_for_others(*party)) else {
            return;
        };
        let who = self.circle_from(first, &waits, &stuck);
        self.note_circle_of(who);
    }

    fn waits(&mut self) -> Waits {
        let mut waits = Waits::default();
        let requests: Vec<u32> = self.requests.slots().collect();
        for request in requests {
            if self.requests[request].has_worker() {
                let (_, pool) = self.places_of(request);
                let holders = waits.holders.entry(Thing::Workers(pool)).or_default();
                holders.push(Party::Request(request));
            }
            if let Some(awaits) = self.awaited_by_request(request) {
                waits.awaits.insert(Party::Request(request), awaits);
            }
        }
        let calls: Vec<u32> = self.calls.slots().collect();
        for call in calls {
            for place in self.places_held_by(call) {
                waits.holders.entry(Thing::Places(place)).or_default().push(Party::Call(call));
            }
            if let Some(awaits) = self.awaited_by_call(call) {
                waits.awaits.insert(Party::Call(call), awaits);
            }
        }
        waits
    }

    fn awaited_by_request(&self, request: u32) -> Option<Awaits> {
        match self.requests[request].stage {
            Stage::Queued | Stage::Resuming => {
                let (_, pool) = self.places_of(request);
                Some(Awaits::Thing(Thing::Workers(pool)))
            }
            Stage::Calling => {
                let nested = self.details[request].nested;
                (nested != NONE).then(|| Awaits::Own(vec![Party::Call(nested)]))
            }
            Stage::Forked => {
                Some(Awaits::Own(self.branches_of(request).map(Party::Request).collect()))
            }
            Stage::AtRow => {
                let holders = self.holders_of_awaited_row(request);
                Some(Awaits::Row(holders.into_iter().map(Party::Request).collect()))
            }
            _ => None,
        }
    }

    fn awaited_by_call(&mut self, call: u32) -> Option<Awaits> {
        let layers = self.routes[self.calls[call].edge.index()].layers.len();
        for layer in 0..layers {
            match *self.layer_state(call, layer) {
                LayerState::Waiting => {
                    let place = self.place_of(call, layer);
                    let thing = Thing::Places(place);
                    return self.guards.is_used_up(place).then_some(Awaits::Thing(thing));
                }
                LayerState::Asking { asked, .. } => {
                    return Some(Awaits::Own(vec![Party::Call(asked)]));
                }
                _ => {}
            }
        }
        let request = self.calls[call].request;
        (request != NONE).then(|| Awaits::Own(vec![Party::Request(request)]))
    }

    fn places_held_by(&mut self, call: u32) -> Vec<usize> {
        let layers = self.routes[self.calls[call].edge.index()].layers;
        let mut places = Vec::new();
        for (layer, kind) in layers.iter().enumerate() {
            if let ResolvedLayer::Guard(guard) = kind
                && is_a_place(&guard.kind)
                && let LayerState::Passed { .. } = *self.layer_state(call, layer)
            {
                places.push(self.place_of(call, layer));
            }
        }
        places
    }

    /// Who waits for whom from one who is stuck until a name comes again: by then it is a circle.
    fn circle_from(
        &mut self,
        first: Party,
        waits: &Waits,
        stuck: &BTreeSet<Party>,
    ) -> Vec<Arc<str>> {
        let mut steps: Vec<Vec<Arc<str>>> = Vec::new();
        let mut party = Some(first);
        while let Some(waiter) = party {
            let mut step = vec![self.says_what_it_waits_for(waiter)];
            let next = waits.next(waiter, stuck);
            // From whoever holds it to what he waits for in his turn.
            let mut last = next;
            while let Some(holder) = last
                && !waits.waits_for_others(holder)
            {
                last = waits.next(holder, stuck);
            }
            if let Some(holder) = next
                && next != last
            {
                step.push(self.name_of(holder));
            }
            if let Some(start) = steps.iter().position(|known| *known == step) {
                return steps.split_off(start).concat();
            }
            steps.push(step);
            party = last;
        }
        Vec::new()
    }

    fn name_of(&self, party: Party) -> Arc<str> {
        match party {
            Party::Request(request) => {
                let endpoint = self.route_of(request).endpoint;
                self.model.endpoints[endpoint.index()].name.clone()
            }
            Party::Call(call) => self.model.edges[self.calls[call].edge.index()].name.clone(),
        }
    }

    fn says_what_it_waits_for(&mut self, party: Party) -> Arc<str> {
        let name = self.name_of(party);
        match party {
            Party::Request(request) if self.requests[request].stage == Stage::AtRow => {
                format!("{name}, for {}", self.name_of_awaited_row(request)).into()
            }
            Party::Request(_) => format!("{name}, for a worker").into(),
            Party::Call(call) => {
                let layers = self.routes[self.calls[call].edge.index()].layers;
                let mut layers = layers.iter().enumerate();
                let layer = layers.find(|(layer, _)| {
                    matches!(*self.layer_state(call, *layer), LayerState::Waiting)
                });
                let what = match layer {
                    Some((_, ResolvedLayer::Guard(guard)))
                        if matches!(guard.kind, GuardKind::ConnectionPool(_)) =>
                    {
                        "a connection"
                    }
                    _ => "a place in its bulkhead",
                };
                format!("{name}, for {what}").into()
            }
        }
    }

    fn note_circle_of(&mut self, who: Vec<Arc<str>>) {
        let now = self.now;
        let circles = &mut self.locks.circles;
        let has_room = circles.len() < MOST_CIRCLES;
        let goes_on = |known: &&mut WaitCycle| known.who == who && known.until + EVERY >= now;
        match circles.iter_mut().find(goes_on) {
            Some(known) => known.until = now,
            None if has_room && !who.is_empty() => {
                circles.push(WaitCycle { at: now, until: now, who });
            }
            None => {}
        }
    }
}

impl super::guards::Guards {
    /// Whether whoever waits at a guard waits for those who have passed it, and for nothing else.
    fn is_used_up(&self, place: usize) -> bool {
        match self.guard(place) {
            Guard::ConnectionPool(pool) => pool.is_used_up(),
            Guard::Bulkhead(_) | Guard::ConcurrencyLimit(_) => true,
            Guard::Breaker(_) | Guard::RateLimit(_) | Guard::Throttle(_) => false,
        }
    }
}
