//! The fast queue against the plainly correct one: equal answers to every operation.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sim_core::kernel::queue::{HeapQueue, LaneId, RadixQueue, Timer};
use sim_core::kernel::{SimDuration, SimTime};

/// One operation; indices are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum Op {
    Schedule(u64),
    ScheduleTimer(u64),
    /// Several events at one time.
    Burst(u64, u8),
    Lane(u64),
    ScheduleInLane(usize),
    Cancel(usize),
    /// Cancels one of the timers given out last, which are mostly pending.
    CancelRecent(usize),
    /// Cancels that many of the timers given out last.
    CancelMany(usize),
    Pop,
    PopMany(u16),
    Drain,
}

/// Both queues, driven alike.
struct Pair {
    fast: RadixQueue<u32>,
    plain: HeapQueue<u32>,
    timers: Vec<(Timer, Timer)>,
    lanes: Vec<(LaneId, LaneId)>,
    next_event: u32,
}

impl Pair {
    fn new() -> Self {
        Self {
            fast: RadixQueue::new(),
            plain: HeapQueue::new(),
            timers: vec![(Timer::NONE, Timer::NONE)],
            lanes: Vec::new(),
            next_event: 0,
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Schedule(delay) => self.schedule(delay),
            Op::ScheduleTimer(delay) => self.schedule_timer(delay),
            Op::Burst(delay, n) => (0..n).for_each(|_| self.schedule(delay)),
            Op::Lane(delay) => self.lane(delay),
            Op::ScheduleInLane(index) => self.schedule_in_lane(index),
            Op::Cancel(index) => self.cancel(index % self.timers.len()),
            Op::CancelRecent(back) => self.cancel(self.timers.len() - 1 - back % self.timers.len()),
            Op::CancelMany(n) => (1..=n.min(self.timers.len()))
                .for_each(|back| self.cancel(self.timers.len() - back)),
            Op::Pop => _ = self.pop(),
            Op::PopMany(n) => (0..n).for_each(|_| _ = self.pop()),
            Op::Drain => while self.pop() {},
        }
        assert_eq!(self.fast.len(), self.plain.len());
        assert_eq!(self.fast.is_empty(), self.plain.is_empty());
        assert_eq!(self.fast.now(), self.plain.now());
    }

    fn event(&mut self) -> u32 {
        self.next_event += 1;
        self.next_event
    }

    fn after(&self, delay: u64) -> SimTime {
        self.plain.now() + SimDuration::from_nanos(delay)
    }

    fn schedule(&mut self, delay: u64) {
        let (at, event) = (self.after(delay), self.event());
        self.fast.schedule(at, event);
        self.plain.schedule(at, event);
    }

    fn schedule_timer(&mut self, delay: u64) {
        let (at, event) = (self.after(delay), self.event());
        let fast = self.fast.schedule_timer(at, event);
        self.timers.push((fast, self.plain.schedule_timer(at, event)));
    }

    fn lane(&mut self, delay: u64) {
        let delay = SimDuration::from_nanos(delay);
        let lane = (self.fast.lane(delay), self.plain.lane(delay));
        assert_eq!(self.fast.lane(delay), lane.0);
        self.lanes.push(lane);
    }

    fn schedule_in_lane(&mut self, index: usize) {
        if self.lanes.is_empty() {
            return;
        }
        let (lane, event) = (self.lanes[index % self.lanes.len()], self.event());
        let fast = self.fast.schedule_in_lane(lane.0, event);
        self.timers.push((fast, self.plain.schedule_in_lane(lane.1, event)));
    }

    fn cancel(&mut self, index: usize) {
        let (fast, plain) = self.timers[index];
        assert_eq!(self.fast.cancel(fast), self.plain.cancel(plain));
    }

    fn pop(&mut self) -> bool {
        let expected = self.plain.pop();
        assert_eq!(self.fast.pop(), expected);
        expected.is_some()
    }
}

/// Delays of every size, with many ties.
fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => Just(0),
        4 => 1..4u64,
        4 => 1..200u64,
        3 => (0..30u64).prop_map(|n| n * 1_000),
        3 => 0..10_000_000_000u64,
        2 => (0..64u32, 0..3u64).prop_map(|(bit, more)| (1 << bit) + more),
        1 => any::<u64>(),
        1 => Just(u64::MAX),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => delay().prop_map(Op::Schedule),
        4 => delay().prop_map(Op::ScheduleTimer),
        2 => (delay(), 0..80u8).prop_map(|(d, n)| Op::Burst(d, n)),
        1 => delay().prop_map(Op::Lane),
        6 => any::<usize>().prop_map(Op::ScheduleInLane),
        3 => any::<usize>().prop_map(Op::Cancel),
        3 => (0..8usize).prop_map(Op::CancelRecent),
        1 => (0..200usize).prop_map(Op::CancelMany),
        8 => Just(Op::Pop),
        1 => (0..60u16).prop_map(Op::PopMany),
        1 => Just(Op::Drain),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
    #[test]
    fn the_fast_queue_answers_as_the_plain_one(ops in prop::collection::vec(op(), 0..300)) {
        let mut pair = Pair::new();
        for op in ops {
            pair.apply(op);
        }
        pair.apply(Op::Drain);
    }
}

/// What a stretch of a long run does mostly: in parts of 100, how many operations schedule, set
/// a timer, use a lane or cancel; the rest pop. Delays are below `2^bits`, or exactly one of a few.
#[derive(Clone, Copy)]
struct Mood {
    schedule: u64,
    timer: u64,
    lane: u64,
    cancel: u64,
    bits: u32,
}

const MOODS: [Mood; 11] = [
    mood(45, 5, 5, 5, 30),   // steady, far
    mood(70, 5, 10, 5, 34),  // growing
    mood(10, 5, 5, 0, 20),   // draining
    mood(30, 5, 10, 5, 0),   // no time passes
    mood(40, 5, 10, 5, 3),   // nearly none does
    mood(5, 10, 40, 40, 28), // timeouts, nearly all cancelled
    mood(0, 45, 5, 45, 40),  // the same without a lane
    mood(40, 10, 5, 5, 63),  // to the end of time
    mood(40, 2, 10, 2, 12),  // short
    mood(25, 20, 15, 30, 0), // no time passes, and most timers are cancelled
    mood(25, 20, 15, 30, 8), // little does, and most timers are cancelled
];

const fn mood(schedule: u64, timer: u64, lane: u64, cancel: u64, bits: u32) -> Mood {
    Mood { schedule, timer, lane, cancel, bits }
}

fn long_run(seed: u64, operations: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut pair = Pair::new();
    let lanes = [0, 1, 7, 1_000, 1_000_000, 200_000_000, 60_000_000_000];
    lanes.into_iter().for_each(|delay| pair.apply(Op::Lane(delay)));
    let mut mood = MOODS[0];
    for n in 0..operations {
        if n % 2_000 == 0 {
            mood = MOODS[(rng.next_u64() % MOODS.len() as u64) as usize];
        }
        pair.apply(draw(&mood, &mut rng));
        if pair.plain.now() > SimTime::from_nanos(u64::MAX / 2) {
            // At the end of time, everything is a tie: finish and start again.
            pair.apply(Op::Drain);
            pair = Pair::new();
            lanes.into_iter().for_each(|delay| pair.apply(Op::Lane(delay)));
        }
    }
    pair.apply(Op::Drain);
}

fn draw(mood: &Mood, rng: &mut ChaCha8Rng) -> Op {
    let (kind, number, size) = (rng.next_u64() % 100, rng.next_u64(), rng.next_u64() % 64);
    let delay = match size {
        0 => number % (1 << (number >> 58)),
        1..8 => number % 3,
        8..16 => number % 8 * 1_000_000,
        _ => number % (1 << mood.bits),
    };
    let index = number as usize;
    let mut below = mood.schedule;
    if kind < below {
        return if size == 40 {
            Op::Burst(delay, (number >> 56) as u8)
        } else {
            Op::Schedule(delay)
        };
    }
    below += mood.timer;
    if kind < below {
        return Op::ScheduleTimer(delay);
    }
    below += mood.lane;
    if kind < below {
        return Op::ScheduleInLane(index);
    }
    below += mood.cancel;
    match kind {
        _ if kind < below && size < 8 => Op::Cancel(index),
        _ if kind < below && size == 8 => Op::CancelMany(index % 300),
        _ if kind < below => Op::CancelRecent(index % 50),
        _ if size == 63 && number.is_multiple_of(50) => Op::Drain,
        _ => Op::Pop,
    }
}

#[test]
fn long_runs_of_all_moods_agree() {
    for seed in [1, 2, 3, 4] {
        long_run(seed, 1_000_000);
    }
}

#[test]
fn a_million_synchronised_events_agree() {
    let mut pair = Pair::new();
    pair.apply(Op::Lane(1_000_000));
    for n in 0..200_000u64 {
        pair.apply(Op::Schedule(1_000_000));
        pair.apply(Op::ScheduleInLane(0));
        if n.is_multiple_of(7) {
            pair.apply(Op::CancelRecent(n as usize % 100));
        }
    }
    // A chain of short steps in front of the crowd, then the crowd.
    for _ in 0..10_000 {
        pair.apply(Op::Schedule(3));
        pair.apply(Op::Pop);
    }
    for _ in 0..100_000 {
        pair.apply(Op::Pop);
        pair.apply(Op::Schedule(0));
        pair.apply(Op::Pop);
    }
    pair.apply(Op::Drain);
}
