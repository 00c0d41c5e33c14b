//! Hold: K events are pending; each, when it fires, schedules one an exponential second ahead.
//!
//! The events are then a Poisson process of K a second, from the first on.

use std::time::Duration;

use sim_core::kernel::draw::{Component, Purpose, Stream};
use sim_core::kernel::sample::standard_exponential;
use sim_core::kernel::{EventQueue, SimDuration, SimTime};

use super::figure::Figure;
use super::model::Run;
use super::stopwatch::timed;
use super::yardstick;

/// How many events are pending, and how many fire while the clock runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) pending: u64,
    pub(super) events: u64,
}

/// What came of it.
pub(super) struct Held {
    pub(super) took: Duration,
    /// The simulated time that passed.
    pub(super) elapsed_ns: u64,
    /// How many events came before their predecessor.
    pub(super) out_of_order: u64,
}

impl Hold {
    /// How many events fire before the clock starts: until the queue has its usual shape.
    pub(super) fn warmup(self) -> u64 {
        2 * self.pending
    }

    /// On the kernel alone, with draws from a named stream.
    pub(super) fn on_squall(self) -> Run {
        let (mut queue, mut stream) = (EventQueue::new(), stream());
        self.fill(&mut queue, &mut stream);
        let (start, _) = hold(&mut queue, &mut stream, self.warmup());
        let (took, (end, out_of_order)) = timed(|| hold(&mut queue, &mut stream, self.events));
        let elapsed_ns = end.since(start).as_nanos();
        self.run(&Held { took, elapsed_ns, out_of_order })
    }

    pub(super) fn on_yardstick(self) -> Run {
        self.run(&yardstick::hold::run(self))
    }

    fn fill(self, queue: &mut EventQueue<u64>, stream: &mut Stream) {
        for event in 0..self.pending {
            queue.schedule(SimTime::ZERO + next(stream), event);
        }
    }

    fn run(self, held: &Held) -> Run {
        let n = self.events as f64;
        let ahead = Figure {
            name: "mean time an event is ahead",
            unit: "s",
            value: held.elapsed_ns as f64 / 1e9 * self.pending as f64 / n,
            right: 1.0,
            // Of the sum of n exponential times.
            standard_error: 1.0 / n.sqrt(),
        };
        let order = Figure {
            name: "events out of order",
            unit: "",
            value: held.out_of_order as f64,
            right: 0.0,
            standard_error: 0.0,
        };
        Run {
            took: held.took,
            units: self.events,
            events: self.events,
            figures: vec![ahead, order],
        }
    }
}

fn stream() -> Stream {
    Stream::new(1, 0, Component::named("hold"), Purpose::Arrivals)
}

/// An exponential second.
#[inline]
fn next(stream: &mut Stream) -> SimDuration {
    SimDuration::from_nanos_f64(1e9 * standard_exponential(stream))
}

/// Holds so many events; when the last of them was due, and how many came before their predecessor.
#[inline(never)]
fn hold(queue: &mut EventQueue<u64>, stream: &mut Stream, events: u64) -> (SimTime, u64) {
    let (mut now, mut out_of_order) = (queue.now(), 0);
    for _ in 0..events {
        let Some((at, event)) = queue.pop() else { break };
        out_of_order += u64::from(at < now);
        now = at;
        queue.schedule(now + next(stream), event);
    }
    (now, out_of_order)
}

/// Fills a queue, lets every event fire twice, and says how many are pending then.
pub(super) fn fill_and_warm(pending: u64) -> u64 {
    let (mut queue, mut stream) = (EventQueue::new(), stream());
    let model = Hold { pending, events: 0 };
    model.fill(&mut queue, &mut stream);
    hold(&mut queue, &mut stream, model.warmup());
    queue.len() as u64
}
