//! The models once more, written for one purpose over the plain heap, with the fastest draws
//! there are and without measuring anything: how fast a careful programmer gets in an hour.

use std::collections::VecDeque;

use crate::plain_heap::PlainHeap;
use crate::split_mix::SplitMix;

/// What a model has come to: how many operations, and the mean response time in milliseconds.
pub(crate) struct Answer {
    /// Events of M/M/1, completed requests of the retry client.
    pub(crate) operations: u64,
    /// Over all completed requests.
    pub(crate) mean_ms: f64,
}

/// M/M/1: 900 arrivals and room for 1,000 completions a second.
pub(crate) fn mm1(seconds: u64) -> Answer {
    const ARRIVES: u64 = 0;
    let (mut random, mut heap) = (SplitMix(1), PlainHeap::default());
    let end = seconds * 1_000_000_000;
    let mut inside = VecDeque::new();
    let (mut events, mut completed, mut sum) = (0, 0_u64, 0_u64);
    heap.push(random.exponential(1e9 / 900.0), ARRIVES);
    while let Some((now, event)) = heap.pop()
        && now < end
    {
        events += 1;
        if event == ARRIVES {
            heap.push(now + random.exponential(1e9 / 900.0), ARRIVES);
            inside.push_back(now);
            if inside.len() == 1 {
                heap.push(now + random.exponential(1e6), 1);
            }
        } else {
            sum += now - inside.pop_front().unwrap_or(now);
            completed += 1;
            if !inside.is_empty() {
                heap.push(now + random.exponential(1e6), 1);
            }
        }
    }
    Answer { operations: events, mean_ms: sum as f64 / completed as f64 / 1e6 }
}

const SENDS: u64 = 0;
const DONE: u64 = 1;
const TIMES_OUT: u64 = 2;

fn event(client: u32, attempt: u32, what: u64) -> u64 {
    u64::from(attempt & 0x3fff_ffff) << 34 | u64::from(client) << 2 | what
}

struct Client {
    called: u64,
    attempt: u32,
    waits: bool,
}

struct Clients {
    heap: PlainHeap,
    random: SplitMix,
    clients: Vec<Client>,
    idle_workers: u32,
    waiting: VecDeque<(u32, u32)>,
}

impl Clients {
    fn send(&mut self, now: u64, client: u32) {
        let state = &mut self.clients[client as usize];
        state.attempt += 1;
        let attempt = state.attempt;
        self.heap.push(now + 200_000_000, event(client, attempt, TIMES_OUT));
        if self.idle_workers > 0 {
            self.idle_workers -= 1;
            self.work(now, client, attempt);
        } else {
            self.waiting.push_back((client, attempt));
        }
    }

    fn work(&mut self, now: u64, client: u32, attempt: u32) {
        self.heap.push(now + self.random.exponential(20e6), event(client, attempt, DONE));
    }
}

/// The retry client: think exp(100 ms), exp(20 ms) of work, one worker to eight clients, a timeout
/// of 200 ms and another try at once.
pub(crate) fn retry_client(clients: u32, milliseconds: u64) -> Answer {
    let mut model = Clients {
        heap: PlainHeap::default(),
        random: SplitMix(1),
        clients: (0..clients).map(|_| Client { called: 0, attempt: 0, waits: false }).collect(),
        idle_workers: clients / 8,
        waiting: VecDeque::new(),
    };
    for client in 0..clients {
        model.heap.push(model.random.exponential(100e6), event(client, 0, SENDS));
    }
    let (end, mut completed, mut sum) = (milliseconds * 1_000_000, 0_u64, 0_u64);
    while let Some((now, event)) = model.heap.pop()
        && now < end
    {
        let client = (event >> 2) as u32;
        let state = &mut model.clients[client as usize];
        let current = state.waits && event >> 34 == u64::from(state.attempt & 0x3fff_ffff);
        match event & 3 {
            SENDS => {
                state.called = now;
                state.waits = true;
                model.send(now, client);
            }
            DONE => {
                if current {
                    state.waits = false;
                    sum += now - state.called;
                    completed += 1;
                    let thinks = model.random.exponential(100e6);
                    model.heap.push(now + thinks, self::event(client, 0, SENDS));
                }
                match model.waiting.pop_front() {
                    Some((next, attempt)) => model.work(now, next, attempt),
                    None => model.idle_workers += 1,
                }
            }
            _ if current => model.send(now, client),
            _ => {}
        }
    }
    Answer { operations: completed, mean_ms: sum as f64 / completed as f64 / 1e6 }
}
