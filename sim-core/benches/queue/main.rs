//! The event queue: nanoseconds per event, each beside its yardstick.
//!
//! - `hold`: K events pending; each that fires schedules one an exponential second ahead. With the
//!   kernel's ChaCha8 draws, beside a plain binary heap with a small generator.
//! - `no delay`: the same, and each of 400 that fires is followed by one at the same time.
//! - `timeout`: set and, 99 times of 100, cancelled before it fires; per timeout.
//! - `calls`: so many callers, each call with an answer and a timeout of 200 ms; per call.
//! - `memory`: bytes per pending event.
//!
//! The last three but memory are beside the queue's oracle, which can cancel.

#[path = "../common/memory.rs"]
mod memory;
#[path = "../common/paired.rs"]
mod paired;
#[path = "../common/plain_heap.rs"]
mod plain_heap;
#[path = "../common/split_mix.rs"]
mod split_mix;

use std::collections::VecDeque;
use std::hint::black_box;

use paired::{ROUNDS, compare, is_picked, is_test};
use plain_heap::PlainHeap;
use sim_core::kernel::draw::{Component, Purpose, Stream};
use sim_core::kernel::queue::{HeapQueue, LaneId, RadixQueue, Timer};
use sim_core::kernel::sample::standard_exponential;
use sim_core::kernel::{SimDuration, SimTime};
use split_mix::SplitMix;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// How many operations a round of a comparison has.
fn round() -> u64 {
    if is_test() { 10_000 } else { 4_000_000 }
}

fn compare_hold(pending: usize) {
    let mut random = SplitMix(1);
    let mut heap = PlainHeap::default();
    for event in 0..pending {
        heap.push(random.exponential(1e9), event as u64);
    }
    let hold_in_heap = || {
        for _ in 0..round() {
            if let Some((now, event)) = heap.pop() {
                heap.push(now + random.exponential(1e9), black_box(event));
            }
        }
        round()
    };
    let mut draws = Stream::new(1, 0, Component::named("hold"), Purpose::Arrivals);
    let mut exponential = || SimDuration::from_nanos_f64(1e9 * standard_exponential(&mut draws));
    let mut queue = RadixQueue::new();
    for event in 0..pending {
        queue.schedule(SimTime::ZERO + exponential(), event as u64);
    }
    let hold = || {
        for _ in 0..round() {
            if let Some((now, event)) = queue.pop() {
                queue.schedule(now + exponential(), black_box(event));
            }
        }
        round()
    };
    compare(&format!("hold, {pending} pending"), ROUNDS, hold_in_heap, hold);
}

/// An event and one that follows it at once: per event.
fn no_delay<Q: Queue>() -> impl FnMut() -> u64 {
    let (mut random, mut queue) = (SplitMix(1), Q::default());
    for _ in 0..400 {
        queue.schedule(SimTime::from_nanos(random.exponential(1e9)), 0);
    }
    move || {
        for _ in 0..round() {
            if let Some((now, event)) = queue.pop() {
                let follows = event % 2 == 0;
                let after = if follows { 0 } else { random.exponential(1e9) };
                queue.schedule(now + SimDuration::from_nanos(after), black_box(event + 1));
            }
        }
        round()
    }
}

/// Timeouts of 200 ms, one set every 100 µs; of the 600 set last, all but one of 100 are cancelled.
fn timeout<Q: Queue>(in_lane: bool) -> impl FnMut() -> u64 {
    let (step, limit) = (SimDuration::from_micros(100), SimDuration::from_millis(200));
    let mut queue = Q::default();
    let lane = queue.lane(limit);
    let mut calls = VecDeque::from([Timer::NONE; 600]);
    let mut n = 0u64;
    move || {
        for _ in 0..round() {
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
        }
        round()
    }
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
    fn new(callers: usize, draws: &mut SplitMix) -> Self {
        let mut queue = Q::default();
        let timeout = queue.lane(SimDuration::from_millis(200));
        for caller in 0..callers {
            queue.schedule(SimTime::from_nanos(draws.exponential(1e8)), event(caller, 0, START));
        }
        Self { queue, timeout, calls: vec![(0, Timer::NONE); callers] }
    }

    /// Goes on to the next answer in time: 60 ms to answer, 100 ms to think, on the mean.
    fn next_answer(&mut self, draws: &mut SplitMix) {
        while let Some((now, event)) = self.queue.pop() {
            let caller = (event >> 2) as u32 as usize;
            let (call, timer) = self.calls[caller];
            match event & 3 {
                ANSWER if event >> 34 == call & 0x3fff_ffff => {
                    self.queue.cancel(timer);
                    let think = SimDuration::from_nanos(draws.exponential(1e8));
                    self.queue.schedule(now + think, self::event(caller, call, START));
                    return;
                }
                ANSWER => {}
                _ => self.send(now, caller, call + 1, draws),
            }
        }
    }

    fn send(&mut self, now: SimTime, caller: usize, call: u64, draws: &mut SplitMix) {
        let wait = SimDuration::from_nanos(draws.exponential(6e7));
        let timer = self.queue.schedule_in_lane(self.timeout, event(caller, call, TIMEOUT));
        self.queue.schedule(now + wait, event(caller, call, ANSWER));
        self.calls[caller] = (call, timer);
    }
}

fn calls<Q: Queue>(callers: usize) -> impl FnMut() -> u64 {
    let mut draws = SplitMix(1);
    let mut clients = Callers::<Q>::new(callers, &mut draws);
    move || {
        (0..round() / 2).for_each(|_| clients.next_answer(&mut draws));
        round() / 2
    }
}

/// A way to have an event come out at a time, or soon.
type Schedule = Box<dyn FnMut(&mut RadixQueue<u64>, SimTime)>;

/// Bytes per event, when a million are pending and after as many were held.
fn report_memory() {
    if !is_picked("memory") {
        return;
    }
    let mut random = SplitMix(1);
    let pending = round() / 4;
    let mut report = |way: &str, mut schedule: Schedule| {
        let (_, peak, holds) = memory::used(|| {
            let mut queue = RadixQueue::new();
            for _ in 0..pending {
                schedule(&mut queue, SimTime::from_nanos(random.exponential(1e9)));
            }
            for _ in 0..pending {
                if let Some((now, _)) = queue.pop() {
                    schedule(&mut queue, now + SimDuration::from_nanos(random.exponential(1e9)));
                }
            }
            queue
        });
        let each = |bytes: usize| bytes as f64 / pending as f64;
        println!("memory: {way:<36} {:>8.1} bytes, {:.1} at most", each(holds), each(peak));
    };
    report("pending event", Box::new(|queue, at| queue.schedule(at, 0)));
    report("pending event with a timer", Box::new(|queue, at| _ = queue.schedule_timer(at, 0)));
    let in_lane = |queue: &mut RadixQueue<u64>, _| {
        let lane = queue.lane(SimDuration::from_millis(200));
        queue.schedule_in_lane(lane, 0);
    };
    report("pending event in a lane", Box::new(in_lane));
}

fn main() {
    [1_000, 100_000, 1_000_000].into_iter().for_each(compare_hold);
    compare(
        "no delay, per event",
        ROUNDS,
        no_delay::<HeapQueue<u64>>(),
        no_delay::<RadixQueue<u64>>(),
    );
    for (name, in_lane) in [("timeout in a lane", true), ("timeout in general", false)] {
        compare(
            name,
            ROUNDS,
            timeout::<HeapQueue<u64>>(in_lane),
            timeout::<RadixQueue<u64>>(in_lane),
        );
    }
    for callers in [400, 100_000] {
        let name = format!("calls, {callers} callers");
        compare(&name, ROUNDS, calls::<HeapQueue<u64>>(callers), calls::<RadixQueue<u64>>(callers));
    }
    report_memory();
}

/// What the two queues have in common.
trait Queue: Default {
    fn now(&self) -> SimTime;
    fn schedule(&mut self, at: SimTime, event: u64);
    fn schedule_timer(&mut self, at: SimTime, event: u64) -> Timer;
    fn lane(&mut self, delay: SimDuration) -> LaneId;
    fn schedule_in_lane(&mut self, lane: LaneId, event: u64) -> Timer;
    fn cancel(&mut self, timer: Timer) -> bool;
    fn pop(&mut self) -> Option<(SimTime, u64)>;
}

macro_rules! impl_queue {
    ($queue:ty) => {
        impl Queue for $queue {
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

impl_queue!(RadixQueue<u64>);
impl_queue!(HeapQueue<u64>);
