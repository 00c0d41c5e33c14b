//! Caches that handlers look into: what is there, who fetches what is not, who waits for that.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use lru::LruCache;

use super::super::cache::{CacheScope, CacheSpec, Contents, Entries, Look};
use super::super::handler::Step;
use super::super::spec::Model;
use super::super::trace::What;
use super::Engine;
use super::event::Event;
use super::request::Stage;
use super::slab::Beside;
use super::steps::Next;
use crate::kernel::draw::{Component, KeyedDraws, Slot, unit_f64};
use crate::kernel::{SimDuration, SimTime};
use crate::model::RunSeed;
use crate::policy::Outcome;

/// The caches of a run.
#[derive(Debug)]
pub(super) struct Caches {
    /// Of each cache: one, or one for each instance of all services.
    contents: Vec<Vec<LruCache<u64, Entry>>>,
    /// Of each cache: by how many faults it is gone.
    gone: Vec<u32>,
    /// What is being fetched, where others wait for it or must not fetch it too.
    flights: HashMap<Place, Flight>,
    /// By whoever fetches: what it fetches.
    fetched: HashMap<u32, Vec<Place>>,
    /// Of one who waits: for what, and since when.
    waits: Beside<(Place, SimTime)>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    filled: SimTime,
    /// `MAX` for ever.
    fresh_until: SimTime,
}

/// A key in one of the caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    cache: u16,
    one: u32,
    key: u64,
}

#[derive(Debug)]
struct Flight {
    owner: u32,
    waiting: Vec<u32>,
}

impl Caches {
    pub(super) fn new(model: &Model, seed: RunSeed) -> Self {
        let instances: u32 = model.services.iter().map(|service| service.instances).sum();
        let of = |spec: &CacheSpec| match (spec.contents, spec.scope) {
            (Contents::HitRatio(_), _) => Vec::new(),
            (Contents::Keys(entries), CacheScope::Shared) => vec![filled(spec, entries, seed, 0)],
            (Contents::Keys(entries), CacheScope::Instance) => {
                (0..instances).map(|one| filled(spec, entries, seed, one)).collect()
            }
        };
        Self {
            contents: model.caches.iter().map(of).collect(),
            gone: vec![0; model.caches.len()],
            flights: HashMap::new(),
            fetched: HashMap::new(),
            waits: Beside::new((Place { cache: 0, one: 0, key: 0 }, SimTime::ZERO)),
        }
    }
}

/// What a cache holds at the start.
fn filled(spec: &CacheSpec, entries: Entries, seed: RunSeed, one: u32) -> LruCache<u64, Entry> {
    let mut cache = empty(entries);
    let component = Component::named(&format!("cache {}", spec.name));
    let draws = KeyedDraws::new(seed.seed, seed.replication, component);
    // The first keys last, so that they are the ones used most recently.
    for key in (0..u64::from(entries.warm)).rev() {
        let left = unit_f64(draws.block(key, one).bits(Slot::Demand));
        let fresh_until = entries.ttl.map_or(SimTime::MAX, |ttl| SimTime::ZERO + ttl.mul_f64(left));
        cache.put(key, Entry { filled: SimTime::ZERO, fresh_until });
    }
    cache
}

fn empty(entries: Entries) -> LruCache<u64, Entry> {
    match entries.capacity.and_then(|room| NonZeroUsize::new(room as usize)) {
        Some(room) => LruCache::new(room),
        None => LruCache::unbounded(),
    }
}

impl Engine<'_> {
    /// The handler of a request looks into a cache.
    pub(super) fn look(&mut self, request: u32, look: &Look) -> Next {
        let now = self.now;
        let (found, missing) =
            (Next::Step(look.fill + 1), Next::Step(self.requests[request].step + 1));
        self.meters.cache(look.cache).arrives(now);
        let spec = &self.model.caches[usize::from(look.cache)];
        if self.caches.gone[usize::from(look.cache)] > 0 {
            self.looked(look.cache, Outcome::Unresolved);
            return missing;
        }
        if let Contents::HitRatio(share) = spec.contents {
            let hit = unit_f64(self.block_of_present_step(request).bits(Slot::Branch)) < share;
            self.looked(look.cache, if hit { Outcome::Ok } else { Outcome::Unresolved });
            return if hit { found } else { missing };
        }
        let place = self.place_in_cache(request, look);
        match self.entry(place) {
            Some(entry) if now < entry.fresh_until => {
                self.serves(place, entry, Outcome::Ok);
                found
            }
            Some(entry) if is_within(spec.stale_while_revalidate, entry, now) => {
                self.serves(place, entry, Outcome::Degraded);
                if !self.caches.flights.contains_key(&place) {
                    let branch = self.begins_to_refresh(request, look.fill);
                    self.takes_off(branch, place);
                }
                found
            }
            _ if !spec.single_flight => {
                self.looked(look.cache, Outcome::Unresolved);
                missing
            }
            _ => self.fetches_or_waits(request, place, missing),
        }
    }

    fn fetches_or_waits(&mut self, request: u32, place: Place, missing: Next) -> Next {
        let now = self.now;
        let Some(flight) = self.caches.flights.get_mut(&place) else {
            self.looked(place.cache, Outcome::Unresolved);
            let owner = self.owner_of(request);
            self.takes_off(owner, place);
            return missing;
        };
        flight.waiting.push(request);
        self.caches.waits.put(request, (place, now));
        self.requests[request].stage = Stage::AtCache;
        self.trace_step(request, What::Cache(place.cache));
        self.meters.cache(place.cache).queue.up(now);
        if self.route_of(request).is_async {
            self.release_worker(request);
            self.serve_waiting(request);
        }
        Next::Waits
    }

    /// Who fetches what somebody waits for.
    pub(super) fn who_fetches_for(&self, request: u32) -> Option<u32> {
        let (place, _) = self.caches.waits[request];
        self.caches.flights.get(&place).map(|flight| flight.owner)
    }

    pub(super) fn waits_at_cache_since(&self, request: u32) -> SimTime {
        self.caches.waits[request].1
    }

    /// The name of the cache that somebody waits at.
    pub(super) fn name_of_cache(&self, request: u32) -> &str {
        let (place, _) = self.caches.waits[request];
        &self.model.caches[usize::from(place.cache)].name
    }

    /// Somebody fetches what is missing.
    fn takes_off(&mut self, owner: u32, place: Place) {
        self.caches.flights.insert(place, Flight { owner, waiting: Vec::new() });
        self.caches.fetched.entry(owner).or_default().push(place);
    }

    /// The handler of a request has fetched what was missing.
    pub(super) fn fill(&mut self, request: u32, look: &Look) -> Next {
        let after = Next::Step(self.requests[request].step + 1);
        let spec = &self.model.caches[usize::from(look.cache)];
        let Contents::Keys(entries) = spec.contents else { return after };
        let place = self.place_in_cache(request, look);
        let now = self.now;
        let fresh_until = entries.ttl.map_or(SimTime::MAX, |ttl| now + ttl);
        if self.caches.gone[usize::from(look.cache)] == 0 {
            self.cache_at(place).put(place.key, Entry { filled: now, fresh_until });
        }
        let owner = self.owner_of(request);
        if self.caches.flights.get(&place).is_some_and(|flight| flight.owner == owner) {
            for waiting in self.lands(place) {
                self.ends_wait_at_cache(waiting, Outcome::Ok);
                self.requests[waiting].step = self.look_of(waiting).map_or(0, |look| look.fill + 1);
                self.goes_on_soon(waiting);
            }
        }
        match self.is_refresh_until(request, look.fill) {
            true => Next::Ends(Outcome::Ok),
            false => after,
        }
    }

    /// Whoever fetches something is done with it: those who waited.
    fn lands(&mut self, place: Place) -> Vec<u32> {
        let Some(flight) = self.caches.flights.remove(&place) else { return Vec::new() };
        if let Some(fetched) = self.caches.fetched.get_mut(&flight.owner) {
            fetched.retain(|other| *other != place);
            if fetched.is_empty() {
                self.caches.fetched.remove(&flight.owner);
            }
        }
        flight.waiting
    }

    /// One who may be fetching is gone or has failed: those who waited fail too, as the callers of Go's
    /// `singleflight` do; or, if it was stopped from outside, the next of them fetches.
    pub(super) fn leaves_caches(&mut self, owner: u32, outcome: Outcome) {
        for place in self.caches.fetched.get(&owner).cloned().unwrap_or_default() {
            let mut waiting = self.lands(place).into_iter();
            if matches!(outcome, Outcome::Cancelled | Outcome::Reset)
                && let Some(next) = waiting.next()
            {
                self.ends_wait_at_cache(next, Outcome::Unresolved);
                self.requests[next].step += 1;
                self.goes_on_soon(next);
                let owner = self.owner_of(next);
                self.takes_off(owner, place);
                if let Some(flight) = self.caches.flights.get_mut(&place) {
                    flight.waiting = waiting.collect();
                }
                continue;
            }
            for one in waiting {
                self.ends_wait_at_cache(one, Outcome::Unresolved);
                // It stands at its look: the handler fails there, unless something stale will do.
                self.requests[one].stage = Stage::Fails;
                self.schedule_for(one, self.now, Event::WorkDone { request: one });
            }
        }
    }

    /// Whoever waits for something that somebody fetches is stopped.
    pub(super) fn stop_waiting_at_cache(&mut self, request: u32) {
        let (place, _) = self.caches.waits[request];
        if let Some(flight) = self.caches.flights.get_mut(&place) {
            flight.waiting.retain(|waiting| *waiting != request);
        }
        self.ends_wait_at_cache(request, Outcome::Cancelled);
    }

    fn ends_wait_at_cache(&mut self, request: u32, outcome: Outcome) {
        let (place, since) = self.caches.waits[request];
        let now = self.now;
        let meter = self.meters.cache(place.cache);
        meter.queue.down(now);
        meter.waited(since, now);
        match outcome {
            // What has just been fetched has no age.
            Outcome::Ok => {
                meter.was_good();
                meter.ends(outcome, now, now);
            }
            outcome => meter.ends_untimed(outcome),
        }
        meter.in_flight.down(now);
    }

    /// The handler of a request, or of a branch, has failed: where to go on if something stale will do.
    pub(super) fn makes_do_with_stale(&mut self, request: u32) -> Option<u16> {
        let (now, at) = (self.now, self.requests[request].step);
        let steps = self.route_of(request).steps;
        // The innermost first; what was looked into before a fork is none of a branch's business.
        for number in (self.began_with(request)..=at).rev() {
            let Some(Step::Look(look)) = steps.get(usize::from(number)) else { continue };
            let spec = &self.model.caches[usize::from(look.cache)];
            if at >= look.fill || spec.stale_if_error.is_none() {
                continue;
            }
            let place = self.place_in_cache(request, look);
            if self.caches.gone[usize::from(look.cache)] == 0
                && let Some(entry) = self.entry(place)
                && is_within(spec.stale_if_error, entry, now)
            {
                let meter = self.meters.cache(look.cache);
                meter.arrives(now);
                self.serves(place, entry, Outcome::Degraded);
                return Some(look.fill + 1);
            }
        }
        None
    }

    /// A cache is gone; what it holds is lost or there again later.
    pub(super) fn cache_goes(&mut self, cache: u16, is_lost: bool) {
        self.caches.gone[usize::from(cache)] += 1;
        if is_lost {
            self.caches.contents[usize::from(cache)].iter_mut().for_each(LruCache::clear);
        }
    }

    /// A cache is there again, unless another fault keeps it away.
    pub(super) fn cache_comes(&mut self, cache: u16) {
        self.caches.gone[usize::from(cache)] -= 1;
    }

    /// The instance that a process ran in is a new one: what it had in its memory is gone.
    pub(super) fn forget_cached_in(&mut self, instance: usize) {
        for (spec, caches) in self.model.caches.iter().zip(&mut self.caches.contents) {
            if spec.scope == CacheScope::Instance
                && let Some(cache) = caches.get_mut(instance)
            {
                cache.clear();
            }
        }
    }

    fn look_of(&self, request: u32) -> Option<&Look> {
        match self.route_of(request).steps.get(usize::from(self.requests[request].step)) {
            Some(Step::Look(look)) => Some(look),
            _ => None,
        }
    }

    fn place_in_cache(&self, request: u32, look: &Look) -> Place {
        let one = match self.model.caches[usize::from(look.cache)].scope {
            CacheScope::Shared => 0,
            CacheScope::Instance => self.places_of(request).0 as u32,
        };
        Place { cache: look.cache, one, key: self.about(request).key }
    }

    fn cache_at(&mut self, place: Place) -> &mut LruCache<u64, Entry> {
        &mut self.caches.contents[usize::from(place.cache)][place.one as usize]
    }

    fn entry(&mut self, place: Place) -> Option<Entry> {
        self.cache_at(place).get(&place.key).copied()
    }

    /// What is served has an age.
    fn serves(&mut self, place: Place, entry: Entry, outcome: Outcome) {
        let now = self.now;
        let meter = self.meters.cache(place.cache);
        meter.in_flight.down(now);
        meter.ends(outcome, entry.filled, now);
        if outcome == Outcome::Ok {
            meter.was_good();
        }
    }

    /// A look has come out so, without an entry.
    fn looked(&mut self, cache: u16, outcome: Outcome) {
        let now = self.now;
        let meter = self.meters.cache(cache);
        meter.in_flight.down(now);
        meter.ends_untimed(outcome);
        if outcome == Outcome::Ok {
            meter.was_good();
        }
    }
}

/// Whether an entry whose time is over may still be served.
fn is_within(allowed: Option<SimDuration>, entry: Entry, now: SimTime) -> bool {
    allowed.is_some_and(|allowed| now < entry.fresh_until + allowed)
}
