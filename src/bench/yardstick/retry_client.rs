//! Retry client: closed-loop clients that give up and ask again, one server with many workers.

use std::collections::VecDeque;

use super::{Draws, Heap};
use crate::bench::retry_client::{Answered, DEMAND_S, RetryClient, THINK_S, TIMEOUT_S, WARMUP_S};

const CALLS: u64 = 0;
const DONE: u64 = 1;
const GIVES_UP: u64 = 2;

/// What a client does: the attempt it is at, from which every event of an earlier one differs, and
/// when it first asked.
#[derive(Clone, Copy, Default)]
struct Client {
    attempt: u32,
    asked: u64,
}

struct System {
    heap: Heap,
    draws: Draws,
    clients: Vec<Client>,
    /// Who waits for a worker, with the attempt.
    queue: VecDeque<(u32, u32)>,
    idle: u32,
}

pub(in crate::bench) fn run(model: RetryClient, length_s: f64) -> Answered {
    let mut system = System {
        heap: Heap::default(),
        draws: Draws::new(1),
        clients: vec![Client::default(); model.clients as usize],
        queue: VecDeque::new(),
        idle: model.workers(),
    };
    for client in 0..model.clients {
        system.thinks(0, client);
    }
    let (start, end) = ((WARMUP_S * 1e9) as u64, (length_s * 1e9) as u64);
    let (mut all, mut calls, mut response_ns, mut timeouts) = (0, 0_u64, 0_u64, 0_u64);
    while let Some((now, event)) = system.heap.pop()
        && now < end
    {
        let (client, attempt) = ((event >> 2) as u32 & 0x3fff_ffff, (event >> 32) as u32);
        let is_counted = now >= start;
        match event & 3 {
            CALLS => system.asks(now, client),
            DONE => {
                system.worker_is_free(now);
                let Client { attempt: current, asked } = system.clients[client as usize];
                if attempt == current {
                    all += 1;
                    calls += u64::from(is_counted);
                    response_ns += if is_counted { now - asked } else { 0 };
                    system.clients[client as usize].attempt += 1;
                    system.thinks(now, client);
                }
            }
            // A stale event is one that was cancelled.
            _ if attempt == system.clients[client as usize].attempt => {
                timeouts += u64::from(is_counted);
                system.sends(now, client);
            }
            _ => {}
        }
    }
    Answered {
        window_s: length_s - WARMUP_S,
        events: system.heap.popped(),
        all_calls: all,
        calls,
        response_s: response_ns as f64 / calls as f64 / 1e9,
        timeouts,
    }
}

impl System {
    fn thinks(&mut self, now: u64, client: u32) {
        let thinks = self.draws.exponential(THINK_S * 1e9);
        self.heap.schedule(now + thinks, event(CALLS, client, 0));
    }

    fn asks(&mut self, now: u64, client: u32) {
        self.clients[client as usize].asked = now;
        self.sends(now, client);
    }

    /// The next attempt, whether the server has answered the last one or not.
    fn sends(&mut self, now: u64, client: u32) {
        let state = &mut self.clients[client as usize];
        state.attempt += 1;
        let attempt = state.attempt;
        self.heap.schedule(now + (TIMEOUT_S * 1e9) as u64, event(GIVES_UP, client, attempt));
        if self.idle > 0 {
            self.idle -= 1;
            self.works(now, client, attempt);
        } else {
            self.queue.push_back((client, attempt));
        }
    }

    fn works(&mut self, now: u64, client: u32, attempt: u32) {
        let demand = self.draws.exponential(DEMAND_S * 1e9);
        self.heap.schedule(now + demand, event(DONE, client, attempt));
    }

    fn worker_is_free(&mut self, now: u64) {
        match self.queue.pop_front() {
            Some((client, attempt)) => self.works(now, client, attempt),
            None => self.idle += 1,
        }
    }
}

fn event(what: u64, client: u32, attempt: u32) -> u64 {
    u64::from(attempt) << 32 | u64::from(client) << 2 | what
}
