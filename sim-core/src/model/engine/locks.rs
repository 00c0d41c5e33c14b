//! Rows that handlers lock: who has one, who waits, who has to go.
//!
//! A row belongs to a request, whichever of its branches has asked for it, and goes back at the latest when
//! the request leaves its instance.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::record::WaitCycle;
use super::super::spec::{Model, StoreSpec};
use super::super::store::{Asked, Lock, LockTable, Row, Victim};
use super::super::trace::What;
use super::Engine;
use super::event::Event;
use super::meter::Meter;
use super::request::{NONE, Stage};
use super::slab::Beside;
use super::steps::Next;
use crate::kernel::draw::lineage;
use crate::kernel::{SimTime, Timer};
use crate::policy::Outcome;

/// The locks of all stores.
#[derive(Debug)]
pub(super) struct Locks {
    tables: Vec<LockTable>,
    waits: Beside<Wait>,
    /// The circles that were found, the first of them.
    pub(super) circles: Vec<WaitCycle>,
    /// When circles were there, from and until; and which of these goes on.
    pub(super) deadlocks: Vec<(SimTime, SimTime)>,
    goes_on: Option<usize>,
}

/// How many circles are told of: after so many there is nothing new.
pub(super) const MOST_CIRCLES: usize = 100;

/// One that waits for a row.
#[derive(Clone, Copy, Debug)]
struct Wait {
    since: SimTime,
    row: Row,
    store: u16,
    table: u16,
    gives_up: Timer,
    looks: Timer,
}

impl Locks {
    pub(super) fn new(model: &Model) -> Self {
        let nobody = Wait {
            since: SimTime::ZERO,
            row: 0,
            store: 0,
            table: 0,
            gives_up: Timer::NONE,
            looks: Timer::NONE,
        };
        let tables = model.stores.iter().map(|_| LockTable::default()).collect();
        let (circles, deadlocks) = (Vec::new(), Vec::new());
        Self { tables, waits: Beside::new(nobody), circles, deadlocks, goes_on: None }
    }

    /// Notes that there are circles now, the first of which closed then, or that there are none.
    pub(super) fn note_standstill(&mut self, closed: Option<SimTime>, now: SimTime) {
        match (closed, self.goes_on) {
            (Some(_), Some(place)) => self.deadlocks[place].1 = now,
            (Some(at), None) => {
                self.goes_on = Some(self.deadlocks.len());
                self.deadlocks.push((at, now));
            }
            (None, _) => self.goes_on = None,
        }
    }
}

impl Engine<'_> {
    /// The handler of a request asks for the row that it is about.
    pub(super) fn lock(&mut self, request: u32, lock: &Lock) -> Next {
        let now = self.now;
        let after = Next::Step(self.requests[request].step + 1);
        let (owner, row) = (self.owner_of(request), self.row_of(request, lock));
        let table = &mut self.locks.tables[usize::from(lock.store)];
        let asked = table.ask(owner, request, row, lock.exclusive);
        self.store_meter(lock.store).arrives(now);
        if asked == Asked::Granted {
            self.asked_ends(lock.store, Outcome::Ok, now);
            return after;
        }
        if lock.wait.is_some_and(|wait| wait.is_zero()) {
            let served = self.withdraw_ask(request, lock.store, row);
            self.asked_ends(lock.store, Outcome::RejectedLimit, now);
            self.go_on_with_rows(&served);
            return Next::Ends(Outcome::ServerError);
        }
        self.store_meter(lock.store).queue.up(now);
        self.requests[request].stage = Stage::AtRow;
        self.trace_step(request, What::Row(lock.store, lock.table));
        let timer =
            |engine: &mut Self, wait, event| engine.queue.schedule_timer(engine.now + wait, event);
        let gives_up =
            lock.wait.map_or(Timer::NONE, |wait| timer(self, wait, Event::RowTimeout { request }));
        let store: &StoreSpec = &self.model.stores[usize::from(lock.store)];
        let looks = store.deadlocks.map_or(Timer::NONE, |detection| {
            timer(self, detection.after, Event::DeadlockCheck { request })
        });
        let Lock { store, table, .. } = *lock;
        let wait = Wait { since: now, row, store, table, gives_up, looks };
        self.locks.waits.put(request, wait);
        if self.route_of(request).is_async {
            self.release_worker(request);
            self.serve_waiting(request);
        }
        Next::Waits
    }

    /// The handler of a request gives back what it took at an earlier step.
    pub(super) fn unlock(&mut self, request: u32, lock: &Lock) {
        let (owner, row) = (self.owner_of(request), self.row_of(request, lock));
        let served = self.locks.tables[usize::from(lock.store)].release(owner, row);
        self.go_on_with_rows(&served);
    }

    /// A request has come to an end, or its transaction has: its rows are free.
    pub(super) fn unlock_all(&mut self, request: u32) {
        let owner = self.owner_of(request);
        for store in 0..self.locks.tables.len() {
            let served = self.locks.tables[store].release_all(owner);
            self.go_on_with_rows(&served);
        }
    }

    /// The request that a branch belongs to, or the request itself.
    pub(super) fn owner_of(&self, mut request: u32) -> u32 {
        loop {
            match self.parent_of(request) {
                NONE => return request,
                parent => request = parent,
            }
        }
    }

    fn row_of(&self, request: u32, lock: &Lock) -> Row {
        lineage(self.about(request).key, lock.table.into(), 0)
    }

    /// Those who waited for a row at these places have it now. They go on in their turn, since whoever has
    /// given it back is not done.
    fn go_on_with_rows(&mut self, places: &[u32]) {
        for request in places.iter().copied() {
            let Wait { since, store, .. } = self.end_wait(request);
            self.asked_ends(store, Outcome::Ok, since);
            self.requests[request].step += 1;
            self.goes_on_soon(request);
        }
    }

    /// One who waits for a row does not wait any more; what was known of that.
    fn end_wait(&mut self, request: u32) -> Wait {
        let wait = self.locks.waits[request];
        self.queue.cancel(wait.gives_up);
        self.queue.cancel(wait.looks);
        self.locks.waits.at(request).gives_up = Timer::NONE;
        self.locks.waits.at(request).looks = Timer::NONE;
        let now = self.now;
        self.store_meter(wait.store).queue.down(now);
        wait
    }

    fn withdraw_ask(&mut self, request: u32, store: u16, row: Row) -> Vec<u32> {
        let owner = self.owner_of(request);
        self.locks.tables[usize::from(store)].withdraw(owner, request, row)
    }

    /// One who waits for a row goes without it.
    fn goes_without(&mut self, request: u32, outcome: Outcome) {
        let Wait { since, row, store, .. } = self.end_wait(request);
        let served = self.withdraw_ask(request, store, row);
        self.asked_ends(store, outcome, since);
        self.go_on_with_rows(&served);
    }

    /// Whoever waits for a row is stopped.
    pub(super) fn stop_waiting_for_row(&mut self, request: u32) {
        self.goes_without(request, Outcome::Cancelled);
    }

    /// One has waited for a row for as long as it would.
    pub(super) fn row_timeout(&mut self, request: u32) {
        self.locks.waits.at(request).gives_up = Timer::NONE;
        self.goes_without(request, Outcome::Timeout);
        self.handler_ends(request, Outcome::ServerError);
    }

    /// A store looks whether one who waits for a row waits in a circle.
    pub(super) fn deadlock_check(&mut self, request: u32) {
        self.locks.waits.at(request).looks = Timer::NONE;
        let Wait { store, .. } = self.locks.waits[request];
        let owner = self.owner_of(request);
        let Some(circle) = self.locks.tables[usize::from(store)].circle(owner) else { return };
        self.note_circle(&circle);
        let Some(victim) = self.victim(store, &circle) else { return };
        let Some(place) = self.waits_somewhere(victim) else { return };
        self.goes_without(place, Outcome::DeadlockVictim);
        self.handler_ends(place, Outcome::DeadlockVictim);
    }

    /// Notes who waits for what in a circle.
    fn note_circle(&mut self, circle: &[u32]) {
        self.locks.deadlocks.push((self.now, self.now));
        if self.locks.circles.len() >= MOST_CIRCLES {
            return;
        }
        let says = |owner: &u32| -> Arc<str> {
            let route = self.route_of(*owner);
            let endpoint = &self.model.endpoints[route.endpoint.index()].name;
            match self.waits_somewhere(*owner) {
                Some(place) => {
                    format!("{endpoint}, for {}", self.name_of_awaited_row(place)).into()
                }
                None => endpoint.clone(),
            }
        };
        let who = circle.iter().map(says).collect();
        self.locks.circles.push(WaitCycle { at: self.now, who });
    }

    /// The name of the table, or of the store, of the row that is awaited at this place.
    pub(super) fn name_of_awaited_row(&self, place: u32) -> String {
        let Wait { store, table, .. } = self.locks.waits[place];
        let store = &self.model.stores[usize::from(store)];
        match store.tables.get(usize::from(table)) {
            Some(table) => format!("{}.{table}", store.name),
            None => store.name.to_string(),
        }
    }

    /// Those for whom somebody who waits for a row waits: who has it, then who stands in front.
    pub(super) fn blockers_of_awaited_row(&self, request: u32) -> Vec<u32> {
        let Wait { store, row, .. } = self.locks.waits[request];
        self.locks.tables[usize::from(store)].blockers(request, row)
    }

    /// Where somebody waits for a row, and for whom first.
    pub(super) fn all_who_wait_for_rows(&self) -> Vec<(u32, Vec<u32>)> {
        let waits = |slot: &u32| self.requests[*slot].stage == Stage::AtRow;
        let row = |slot: u32| (self.locks.waits[slot].store, self.locks.waits[slot].row);
        let rows: BTreeSet<(u16, Row)> = self.requests.slots().filter(waits).map(row).collect();
        let of = |(store, row)| self.locks.tables[usize::from(store)].waits_for_row(row);
        rows.into_iter().flat_map(of).collect()
    }

    pub(super) fn waits_for_row_since(&self, request: u32) -> SimTime {
        self.locks.waits[request].since
    }

    fn victim(&self, store: u16, circle: &[u32]) -> Option<u32> {
        let detection = self.model.stores[usize::from(store)].deadlocks?;
        let came = |owner: &u32| std::cmp::Reverse((self.requests[*owner].reached, *owner));
        let held = |owner: &u32| self.locks.tables[usize::from(store)].held(*owner);
        match detection.victim {
            Victim::Requester => circle.first().copied(),
            Victim::Youngest => circle.iter().copied().min_by_key(came),
            Victim::FewestLocks => circle.iter().copied().min_by_key(|o| (held(o), came(o))),
        }
    }

    /// Where an owner waits for a row: itself, or the first of its branches that does.
    fn waits_somewhere(&self, owner: u32) -> Option<u32> {
        let waits = |slot: &u32| {
            self.requests[*slot].stage == Stage::AtRow && self.owner_of(*slot) == owner
        };
        // Mostly it is the request itself; a search, where it is one of its branches.
        Some(owner).filter(waits).or_else(|| self.requests.slots().find(waits))
    }

    fn store_meter(&mut self, store: u16) -> &mut Meter {
        self.meters.store(store)
    }

    fn asked_ends(&mut self, store: u16, outcome: Outcome, since: SimTime) {
        let now = self.now;
        let meter = self.store_meter(store);
        meter.ends(outcome, since, now);
        meter.in_flight.down(now);
        if outcome == Outcome::Ok {
            meter.waited(since, now);
            meter.was_good();
        }
    }
}
