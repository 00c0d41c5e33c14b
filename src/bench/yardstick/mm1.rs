//! M/M/1: one server, one queue, first come, first served.

use std::collections::VecDeque;

use super::{Draws, Heap};
use crate::bench::mm1::{DEMAND_S, RATE, Served};

const ARRIVES: u64 = 0;
const LEAVES: u64 = 1;

/// What is simulated in `length_s` seconds.
pub(in crate::bench) fn run(length_s: f64) -> Served {
    let (mut heap, mut draws) = (Heap::default(), Draws::new(1));
    let (between, demand, end) = (1e9 / RATE, 1e9 * DEMAND_S, (length_s * 1e9) as u64);
    // When each customer came; the first is being served.
    let mut inside: VecDeque<u64> = VecDeque::new();
    let (mut arrived, mut served, mut response_ns, mut busy_ns) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut began = 0;
    heap.schedule(draws.exponential(between), ARRIVES);
    while let Some((now, event)) = heap.pop()
        && now < end
    {
        if event == ARRIVES {
            heap.schedule(now + draws.exponential(between), ARRIVES);
            arrived += 1;
            inside.push_back(now);
            if inside.len() > 1 {
                continue;
            }
        } else {
            busy_ns += now - began;
            served += 1;
            response_ns += inside.pop_front().map_or(0, |came| now - came);
            if inside.is_empty() {
                continue;
            }
        }
        began = now;
        heap.schedule(now + draws.exponential(demand), LEAVES);
    }
    Served {
        length_s,
        events: heap.popped(),
        calls: served,
        rate: arrived as f64 / length_s,
        response_s: response_ns as f64 / served as f64 / 1e9,
        utilization: busy_ns as f64 / 1e9 / length_s,
    }
}
