//! Three tiers: two that never queue and a database that does, every attempt under a timer.

use std::collections::VecDeque;

use super::{Draws, Heap};
use crate::bench::three_tier::{
    API_S, DATABASE_S, DATABASE_WORKERS, LATENCY_S, RATE, Served, WARMUP_S, WEB_S,
};

/// What happens to a request, in order; then what else there is.
const CALLED: u64 = 0;
const REACHES_WEB: u64 = 1;
const WEB_HAS_WORKED: u64 = 2;
const REACHES_API: u64 = 3;
const API_HAS_WORKED: u64 = 4;
const REACHES_DATABASE: u64 = 5;
const DATABASE_HAS_WORKED: u64 = 6;
const BACK_AT_API: u64 = 7;
const BACK_AT_WEB: u64 = 8;
const BACK_AT_BROWSER: u64 = 9;
const TIMES_OUT: u64 = 10;

/// The timers that start with each call: the browser's; the web tier's deadline and its timeout;
/// the API's.
const BROWSER_TIMERS: [u64; 1] = [10_000_000_000];
const WEB_TIMERS: [u64; 2] = [5_000_000_000, 2_000_000_000];
const API_TIMERS: [u64; 1] = [1_000_000_000];

/// A place for a request: when it was sent, and which of the place's requests it is.
#[derive(Clone, Copy, Default)]
struct Slot {
    sent: u64,
    generation: u32,
}

struct System {
    heap: Heap,
    draws: Draws,
    slots: Vec<Slot>,
    free: Vec<u32>,
    queue: VecDeque<u32>,
    idle: u32,
    busy_ns: u64,
    start: u64,
}

pub(in crate::bench) fn run(length_s: f64) -> Served {
    let mut system = System {
        heap: Heap::default(),
        draws: Draws::new(1),
        slots: Vec::new(),
        free: Vec::new(),
        queue: VecDeque::new(),
        idle: DATABASE_WORKERS,
        busy_ns: 0,
        start: (WARMUP_S * 1e9) as u64,
    };
    let end = (length_s * 1e9) as u64;
    let (mut all, mut calls, mut sent, mut response_ns, mut timeouts) = (0, 0_u64, 0_u64, 0_u64, 0);
    system.next_call(0);
    while let Some((now, event)) = system.heap.pop()
        && now < end
    {
        let (what, slot) = (event & 0xf, (event >> 4) as u32 & 0xfff_ffff);
        match what {
            CALLED => {
                sent += u64::from(now >= system.start);
                system.next_call(now);
                system.call(now);
            }
            BACK_AT_BROWSER => {
                all += 1;
                if now >= system.start {
                    calls += 1;
                    response_ns += now - system.slots[slot as usize].sent;
                }
                system.slots[slot as usize].generation += 1;
                system.free.push(slot);
            }
            // A timer of a request that has gone is stale, and so is one whose own call has been
            // answered; none of the others ever fires, since no request takes that long.
            TIMES_OUT => {
                let is_there = (event >> 32) as u32 == system.slots[slot as usize].generation;
                timeouts += u64::from(is_there);
            }
            _ => system.passes(now, what, slot),
        }
    }
    let window_s = length_s - WARMUP_S;
    Served {
        window_s,
        events: system.heap.popped(),
        all_calls: all,
        rate: sent as f64 / window_s,
        response_s: response_ns as f64 / calls as f64 / 1e9,
        utilization: system.busy_ns as f64 / 1e9 / window_s / f64::from(DATABASE_WORKERS),
        timeouts,
    }
}

impl System {
    fn next_call(&mut self, now: u64) {
        let between = self.draws.exponential(1e9 / RATE);
        self.heap.schedule(now + between, CALLED);
    }

    fn call(&mut self, now: u64) {
        let slot = self.free.pop().unwrap_or(self.slots.len() as u32);
        if slot as usize == self.slots.len() {
            self.slots.push(Slot::default());
        }
        self.slots[slot as usize].sent = now;
        self.travels(now, REACHES_WEB, slot);
        self.sets(now, &BROWSER_TIMERS, slot);
    }

    /// A request goes on from one stage to the next.
    fn passes(&mut self, now: u64, what: u64, slot: u32) {
        match what {
            REACHES_WEB => self.works(now, WEB_S, WEB_HAS_WORKED, slot),
            WEB_HAS_WORKED => {
                self.travels(now, REACHES_API, slot);
                self.sets(now, &WEB_TIMERS, slot);
            }
            REACHES_API => self.works(now, API_S, API_HAS_WORKED, slot),
            API_HAS_WORKED => {
                self.travels(now, REACHES_DATABASE, slot);
                self.sets(now, &API_TIMERS, slot);
            }
            REACHES_DATABASE if self.idle == 0 => self.queue.push_back(slot),
            REACHES_DATABASE => {
                self.idle -= 1;
                self.database_works(now, slot);
            }
            DATABASE_HAS_WORKED => {
                self.travels(now, BACK_AT_API, slot);
                match self.queue.pop_front() {
                    Some(next) => self.database_works(now, next),
                    None => self.idle += 1,
                }
            }
            BACK_AT_API => self.travels(now, BACK_AT_WEB, slot),
            _ => self.travels(now, BACK_AT_BROWSER, slot),
        }
    }

    fn database_works(&mut self, now: u64, slot: u32) {
        let demand = self.draws.exponential(DATABASE_S * 1e9);
        // Work across the end of the run is counted whole: a few milliseconds in minutes.
        self.busy_ns += if now >= self.start { demand } else { 0 };
        self.heap.schedule(now + demand, event(DATABASE_HAS_WORKED, slot, 0));
    }

    fn works(&mut self, now: u64, demand_s: f64, then: u64, slot: u32) {
        let demand = self.draws.exponential(demand_s * 1e9);
        self.heap.schedule(now + demand, event(then, slot, 0));
    }

    fn travels(&mut self, now: u64, then: u64, slot: u32) {
        self.heap.schedule(now + (LATENCY_S * 1e9) as u64, event(then, slot, 0));
    }

    fn sets(&mut self, now: u64, timers: &[u64], slot: u32) {
        let generation = self.slots[slot as usize].generation;
        for timer in timers {
            self.heap.schedule(now + timer, event(TIMES_OUT, slot, generation));
        }
    }
}

fn event(what: u64, slot: u32, generation: u32) -> u64 {
    u64::from(generation) << 32 | u64::from(slot) << 4 | what
}
