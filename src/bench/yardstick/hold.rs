//! Hold: each event schedules one an exponential second ahead.

use super::{Draws, Heap};
use crate::bench::hold::{Held, Hold};
use crate::bench::stopwatch::timed;

const SECOND: f64 = 1e9;

pub(in crate::bench) fn run(model: Hold) -> Held {
    let (mut heap, mut draws) = (Heap::default(), Draws::new(1));
    for event in 0..model.pending {
        heap.schedule(draws.exponential(SECOND), event);
    }
    let (start, _) = hold(&mut heap, &mut draws, 0, model.warmup());
    let (took, (end, out_of_order)) = timed(|| hold(&mut heap, &mut draws, start, model.events));
    Held { took, elapsed_ns: end - start, out_of_order }
}

/// Holds so many events; when the last of them was due, and how many came before their predecessor.
#[inline(never)]
fn hold(heap: &mut Heap, draws: &mut Draws, mut now: u64, events: u64) -> (u64, u64) {
    let mut out_of_order = 0;
    for _ in 0..events {
        let Some((at, event)) = heap.pop() else { break };
        out_of_order += u64::from(at < now);
        now = at;
        heap.schedule(now + draws.exponential(SECOND), event);
    }
    (now, out_of_order)
}
