//! Circles of waits through several kinds of things: workers, the places of guards, rows, what somebody else
//! fetches.
//!
//! A store looks for circles among its rows itself, and knows a way out. For these nobody does: a thread
//! holds a connection and waits for another, which those hold who wait as it does. They are looked for once
//! a second, where the model has anything that could be waited for so; some are over when a timeout fires,
//! others never. One that is over within the second may not be seen.
//!
//! Somebody gets on if nothing holds him up, or if what he waits for is in the hands of one who gets on
//! (E. G. Coffman et al., System Deadlocks, 1971; for places of which any will do, R. C. Holt, Some Deadlock
//! Properties of Computer Systems, 1972). Whoever is left waits for ever, unless a timer helps him.

mod possible;
mod waits;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::record::WaitCycle;
use super::Engine;
use super::calls::LayerState;
use super::event::Event;
use super::locks::MOST_CIRCLES;
use super::request::{NONE, Stage};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::{Guard, GuardKind, ResolvedLayer};
use waits::{Awaits, Party, Thing, Waits};

/// How often circles are looked for.
const EVERY: SimDuration = SimDuration::from_secs(1);

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

/// One who waits on the way round a circle: what for, if it is a thing, and how he is told of, with the
/// holder behind whom the next one waits.
struct Step {
    waiter: Party,
    thing: Option<Thing>,
    says: Vec<Arc<str>>,
}

impl Engine<'_> {
    /// Schedules the first look for circles, if the model can have any.
    pub(super) fn schedule_looks_for_circles(&mut self) {
        if possible::may_stand_still(self.model) {
            self.queue.schedule_apart(self.now + EVERY, Event::LooksForCircles);
        }
    }

    /// Looks whether some wait for each other, and notes the circles.
    pub(super) fn look_for_circles(&mut self) {
        self.queue.schedule_apart(self.now + EVERY, Event::LooksForCircles);
        let waits = self.waits();
        let stuck: BTreeSet<Party> = waits.stuck().into_iter().collect();
        let mut seen = BTreeSet::new();
        let mut closed: Option<SimTime> = None;
        for first in stuck.iter().copied().filter(|party| waits.waits_for_others(*party)) {
            let circle = self.circle_from(first, &waits, &stuck, &mut seen);
            if let Some((at, who)) = circle {
                closed = Some(closed.map_or(at, |other| other.min(at)));
                self.note_circle_of(at, who);
            }
        }
        self.locks.note_standstill(closed, self.now);
    }

    fn waits(&mut self) -> Waits {
        let mut waits = Waits::default();
        let requests: Vec<u32> = self.requests.slots().collect();
        let calls: Vec<u32> = self.calls.slots().collect();
        for (place, blockers) in self.all_who_wait_for_rows() {
            let blockers = blockers.into_iter().map(Party::Request).collect();
            waits.awaits.insert(Party::Request(place), Awaits::All(blockers));
        }
        for request in requests.iter().copied() {
            if let Some(awaits) = self.awaited_by_request(request) {
                waits.awaits.insert(Party::Request(request), awaits);
            }
        }
        for call in calls.iter().copied() {
            if let Some(awaits) = self.awaited_by_call(call) {
                waits.awaits.insert(Party::Call(call), awaits);
            }
        }
        for awaits in waits.awaits.values() {
            if let Awaits::Thing(thing) = awaits {
                waits.holders.entry(*thing).or_default();
            }
        }
        for request in requests {
            if self.requests[request].has_worker() {
                let (_, pool) = self.places_of(request);
                if let Some(holders) = waits.holders.get_mut(&Thing::Workers(pool)) {
                    holders.push(Party::Request(request));
                }
            }
        }
        for call in calls {
            for place in self.places_held_by(call) {
                if let Some(holders) = waits.holders.get_mut(&Thing::Places(place)) {
                    holders.push(Party::Call(call));
                }
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
                (nested != NONE).then(|| Awaits::Some(1, vec![Party::Call(nested)]))
            }
            Stage::Forked => {
                let branches = self.branches_of(request).map(Party::Request).collect();
                Some(Awaits::Some(self.branches_still_needed(request), branches))
            }
            Stage::AtCache => {
                let fetcher = self.who_fetches_for(request)?;
                Some(Awaits::All(vec![Party::Request(fetcher)]))
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
                    return Some(Awaits::Some(1, vec![Party::Call(asked)]));
                }
                LayerState::Hedging { hedged } => {
                    let copies = self.copies_of(layer, hedged);
                    return Some(Awaits::Some(1, copies.into_iter().map(Party::Call).collect()));
                }
                _ => {}
            }
        }
        let request = self.calls[call].request;
        (request != NONE).then(|| Awaits::Some(1, vec![Party::Request(request)]))
    }

    fn places_held_by(&mut self, call: u32) -> Vec<usize> {
        let layers = &self.routes[self.calls[call].edge.index()].layers;
        let mut places = Vec::new();
        for (layer, kind) in layers.iter().enumerate() {
            if let ResolvedLayer::Guard(guard) = kind.policy
                && is_a_place(&guard.kind)
                && let LayerState::Passed { .. } = *self.layer_state(call, layer)
            {
                places.push(self.place_of(call, layer));
            }
        }
        places
    }

    /// Follows who waits for whom from one who is stuck until somebody, or a thing, comes again: by then it
    /// is a circle. When the last of them began to wait, and who they are; `None` if this leads to a circle
    /// that was found before.
    fn circle_from(
        &mut self,
        first: Party,
        waits: &Waits,
        stuck: &BTreeSet<Party>,
        seen: &mut BTreeSet<Party>,
    ) -> Option<(SimTime, Vec<Arc<str>>)> {
        let mut steps: Vec<Step> = Vec::new();
        let mut party = Some(first);
        while let Some(waiter) = party {
            let thing = match waits.awaits.get(&waiter) {
                Some(Awaits::Thing(thing)) => Some(*thing),
                _ => None,
            };
            let is_it =
                |step: &Step| step.waiter == waiter || (thing.is_some() && step.thing == thing);
            if let Some(start) = steps.iter().position(is_it) {
                let circle = steps.split_off(start);
                let times = circle.iter().map(|step| self.waits_since(step.waiter));
                let closed = times.max().unwrap_or(self.now);
                return Some((closed, circle.into_iter().flat_map(|step| step.says).collect()));
            }
            if !seen.insert(waiter) {
                return None;
            }
            let mut says = vec![self.says_what_it_waits_for(waiter)];
            let next = self.whom_it_waits_for(waiter, waits, stuck);
            // From whoever holds it to what he waits for in his turn.
            let mut last = next;
            while let Some(holder) = last
                && !waits.waits_for_others(holder)
            {
                last = self.whom_it_waits_for(holder, waits, stuck);
            }
            if let Some(holder) = next
                && next != last
            {
                says.push(self.name_of(holder));
            }
            steps.push(Step { waiter, thing, says });
            party = last;
        }
        None
    }

    /// The first of those for whom somebody waits who is stuck himself.
    fn whom_it_waits_for(
        &self,
        party: Party,
        waits: &Waits,
        stuck: &BTreeSet<Party>,
    ) -> Option<Party> {
        let first = |parties: &[Party]| parties.iter().copied().find(|p| stuck.contains(p));
        match (waits.awaits.get(&party)?, party) {
            (Awaits::Thing(thing), _) => first(waits.holders.get(thing)?),
            (Awaits::All(_), Party::Request(request))
                if self.requests[request].stage == Stage::AtRow =>
            {
                let blockers = self.blockers_of_awaited_row(request);
                first(&blockers.into_iter().map(Party::Request).collect::<Vec<_>>())
            }
            (Awaits::All(parties) | Awaits::Some(_, parties), _) => first(parties),
        }
    }

    /// When somebody began to wait for what others have.
    fn waits_since(&mut self, party: Party) -> SimTime {
        match party {
            Party::Request(request) => match self.requests[request].stage {
                Stage::AtRow => self.waits_for_row_since(request),
                Stage::AtCache => self.waits_at_cache_since(request),
                _ => self.requests[request].reached,
            },
            Party::Call(call) => {
                let layers = self.routes[self.calls[call].edge.index()].layers.len();
                let at = (0..layers)
                    .find(|layer| matches!(*self.layer_state(call, *layer), LayerState::Waiting));
                at.map_or(self.now, |layer| self.layer_times[self.layer_place(call, layer) as u32])
            }
        }
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
            Party::Request(request) => match self.requests[request].stage {
                Stage::AtRow => format!("{name}, for {}", self.name_of_awaited_row(request)).into(),
                Stage::AtCache => format!("{name}, for {}", self.name_of_cache(request)).into(),
                _ => format!("{name}, for a worker").into(),
            },
            Party::Call(call) => {
                let layers = &self.routes[self.calls[call].edge.index()].layers;
                let mut layers = layers.iter().enumerate();
                let layer = layers.find(|(layer, _)| {
                    matches!(*self.layer_state(call, *layer), LayerState::Waiting)
                });
                let what = match layer.map(|(_, layer)| layer.policy) {
                    Some(ResolvedLayer::Guard(guard))
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

    /// Notes a circle, unless it has been told of, wherever one started then.
    fn note_circle_of(&mut self, at: SimTime, who: Vec<Arc<str>>) {
        let circles = &mut self.locks.circles;
        if circles.len() < MOST_CIRCLES && !circles.iter().any(|known| is_turned(&known.who, &who))
        {
            circles.push(WaitCycle { at, who });
        }
    }
}

/// Whether two circles are the same, wherever they start.
fn is_turned(one: &[Arc<str>], other: &[Arc<str>]) -> bool {
    let turned = |by: usize| one.iter().cycle().skip(by).zip(other).all(|(a, b)| a == b);
    one.len() == other.len() && (0..one.len().max(1)).any(turned)
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
