//! The event queue: nanoseconds per event, the radix queue beside the binary heap.
//!
//! - `hold`: K events pending; each that fires schedules one an exponential second ahead, from a
//!   table of draws. `hold with draws` includes the draw: ChaCha8 and libm's logarithm.
//! - `timeout`: set and, 99 times of 100, cancelled before it fires; per timeout.
//! - `retry client`: 400 callers, each call with an answer and a timeout of 200 ms; per call.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sim_core::kernel::queue::{HeapQueue, LaneId, RadixQueue, Timer};
use sim_core::kernel::{SimDuration, SimTime};

/// What the two queues have in common.
trait Queue: Default {
    const NAME: &str;
    fn now(&self) -> SimTime;
    fn schedule(&mut self, at: SimTime, event: u64);
    fn schedule_timer(&mut self, at: SimTime, event: u64) -> Timer;
    fn lane(&mut self, delay: SimDuration) -> LaneId;
    fn schedule_in_lane(&mut self, lane: LaneId, event: u64) -> Timer;
    fn cancel(&mut self, timer: Timer) -> bool;
    fn pop(&mut self) -> Option<(SimTime, u64)>;
}

macro_rules! impl_queue {
    ($queue:ty, $name:literal) => {
        impl Queue for $queue {
            const NAME: &str = $name;
            fn now(&self) -> SimTime {
                self.now()
            }
            fn schedule(&mut self, at: SimTime, event: u64) {
                self.schedule(at, event);
            }
            fn schedule_timer(&mut self, at: SimTime, event: u64) -> Timer {
                self.schedule_timer(at, event)
            }
            fn lane(&mut self, delay: SimDuration) -> LaneId {
                self.lane(delay)
            }
            fn schedule_in_lane(&mut self, lane: LaneId, event: u64) -> Timer {
                self.schedule_in_lane(lane, event)
            }
            fn cancel(&mut self, timer: Timer) -> bool {
                self.cancel(timer)
            }
            fn pop(&mut self) -> Option<(SimTime, u64)> {
                self.pop()
            }
        }
    };
}

impl_queue!(RadixQueue<u64>, "radix");
impl_queue!(HeapQueue<u64>, "heap");

/// Exponential durations with a mean of one second.
trait Draws {
    fn next(&mut self) -> u64;
}

impl Draws for ChaCha8Rng {
    #[inline]
    fn next(&mut self) -> u64 {
        let uniform = ((self.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        (-libm::log(uniform) * 1e9) as u64
    }
}

/// Draws made beforehand.
struct Table {
    draws: Vec<u64>,
    next: usize,
}

impl Table {
    fn new() -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        Self { draws: (0..1 << 14).map(|_| rng.next()).collect(), next: 0 }
    }
}

impl Draws for Table {
    #[inline]
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.draws[self.next % (1 << 14)]
    }
}

/// A queue that has held `pending` events for long enough to be warm.
fn held<Q: Queue>(pending: usize, draws: &mut impl Draws) -> Q {
    let mut queue = Q::default();
    for event in 0..pending {
        queue.schedule(SimTime::from_nanos(draws.next()), event as u64);
    }
    for _ in 0..2 * pending {
        hold(&mut queue, draws);
    }
    queue
}

#[inline]
fn hold<Q: Queue>(queue: &mut Q, draws: &mut impl Draws) {
    if let Some((now, event)) = queue.pop() {
        queue.schedule(now + SimDuration::from_nanos(draws.next()), black_box(event));
    }
}

const PENDING: [usize; 3] = [1_000, 100_000, 1_000_000];

fn bench_hold<Q: Queue>(group: &mut BenchmarkGroup<'_, WallTime>, mut draws: impl Draws) {
    for pending in PENDING {
        let mut queue = held::<Q>(pending, &mut draws);
        group.bench_function(BenchmarkId::new(Q::NAME, pending), |b| {
            b.iter(|| hold(&mut queue, &mut draws));
        });
    }
}

/// Timeouts of 200 ms, one set every 100 µs; of the 600 set last, all but one of 100 are cancelled.
fn bench_timeout<Q: Queue>(group: &mut BenchmarkGroup<'_, WallTime>, in_lane: bool) {
    let (step, limit) = (SimDuration::from_micros(100), SimDuration::from_millis(200));
    let mut queue = Q::default();
    let lane = queue.lane(limit);
    let mut calls = VecDeque::from([Timer::NONE; 600]);
    let mut n = 0u64;
    let way = if in_lane { "in a lane" } else { "in general" };
    group.bench_function(BenchmarkId::new(Q::NAME, way), |b| {
        b.iter(|| {
            n += 1;
            let answered = calls.pop_front().unwrap_or(Timer::NONE);
            if !n.is_multiple_of(100) {
                black_box(queue.cancel(answered));
            }
            calls.push_back(if in_lane {
                queue.schedule_in_lane(lane, 1)
            } else {
                queue.schedule_timer(queue.now() + limit, 1)
            });
            queue.schedule(queue.now() + step, 0);
            while let Some((_, event)) = queue.pop()
                && event != 0
            {}
        });
    });
}

/// Callers in a closed loop. An event is a caller's number, its call's, and what happens to it.
struct Callers<Q> {
    queue: Q,
    timeout: LaneId,
    calls: Vec<(u64, Timer)>,
}

const START: u64 = 0;
const ANSWER: u64 = 1;
const TIMEOUT: u64 = 2;

fn event(caller: usize, call: u64, what: u64) -> u64 {
    call << 34 | (caller as u64) << 2 | what
}

impl<Q: Queue> Callers<Q> {
    fn new(callers: usize, draws: &mut impl Draws) -> Self {
        let mut queue = Q::default();
        let timeout = queue.lane(SimDuration::from_millis(200));
        for caller in 0..callers {
            queue.schedule(SimTime::from_nanos(draws.next() / 10), event(caller, 0, START));
        }
        Self { queue, timeout, calls: vec![(0, Timer::NONE); callers] }
    }

    /// Goes on to the next answer in time: 60 ms to answer, 100 ms to think, on the mean.
    fn next_answer(&mut self, draws: &mut impl Draws) {
        while let Some((now, event)) = self.queue.pop() {
            let caller = (event >> 2) as u32 as usize;
            let (call, timer) = self.calls[caller];
            match event & 3 {
                ANSWER if event >> 34 == call & 0x3fff_ffff => {
                    self.queue.cancel(timer);
                    let think = SimDuration::from_nanos(draws.next() / 10);
                    self.queue.schedule(now + think, self::event(caller, call, START));
                    return;
                }
                ANSWER => {}
                _ => self.send(now, caller, call + 1, draws),
            }
        }
    }

    fn send(&mut self, now: SimTime, caller: usize, call: u64, draws: &mut impl Draws) {
        let wait = SimDuration::from_nanos(draws.next() / 1_000 * 60);
        let timer = self.queue.schedule_in_lane(self.timeout, event(caller, call, TIMEOUT));
        self.queue.schedule(now + wait, event(caller, call, ANSWER));
        self.calls[caller] = (call, timer);
    }
}

fn bench_retry_client<Q: Queue>(group: &mut BenchmarkGroup<'_, WallTime>) {
    for callers in [400, 100_000] {
        let mut draws = Table::new();
        let mut clients = Callers::<Q>::new(callers, &mut draws);
        for _ in 0..2 * callers {
            clients.next_answer(&mut draws);
        }
        group.bench_function(BenchmarkId::new(Q::NAME, callers), |b| {
            b.iter(|| clients.next_answer(&mut draws));
        });
    }
}

fn queues(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hold");
    bench_hold::<RadixQueue<u64>>(&mut group, Table::new());
    bench_hold::<HeapQueue<u64>>(&mut group, Table::new());
    group.finish();
    let mut group = criterion.benchmark_group("hold with draws");
    bench_hold::<RadixQueue<u64>>(&mut group, ChaCha8Rng::seed_from_u64(2));
    bench_hold::<HeapQueue<u64>>(&mut group, ChaCha8Rng::seed_from_u64(2));
    group.finish();
    let mut group = criterion.benchmark_group("timeout");
    for in_lane in [true, false] {
        bench_timeout::<RadixQueue<u64>>(&mut group, in_lane);
        bench_timeout::<HeapQueue<u64>>(&mut group, in_lane);
    }
    group.finish();
    let mut group = criterion.benchmark_group("retry client");
    bench_retry_client::<RadixQueue<u64>>(&mut group);
    bench_retry_client::<HeapQueue<u64>>(&mut group);
    group.finish();
}

fn short() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .without_plots()
}

criterion_group! {
    name = benches;
    config = short();
    targets = queues
}
criterion_main!(benches);
