//! The leaky bucket as a queue: a buffer that is let out at an even pace.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Counting, Demand, Limits, Ticket, duration, note_if_none};
use crate::catalogue::Described;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Calls pass at least `per / rate` apart, in the order in which they came; up to `capacity` of
/// them wait for their turn, and those behind one that goes away move up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeakyBucketQueue {
    /// How many calls wait at most; a call that finds as many is turned away.
    pub capacity: u32,
    /// How many calls are let out in `per` time.
    pub rate: u32,
    /// The time in which `rate` calls are let out.
    pub per: SimDuration,
}

impl Default for LeakyBucketQueue {
    fn default() -> Self {
        Self { capacity: 100, rate: 10, per: SimDuration::from_secs(1) }
    }
}

impl Described for LeakyBucketQueue {
    const SUMMARY: &'static str =
        "Leaky bucket as a queue: lets calls out at an even pace, and buffers 100";
    const SOURCE: &'static str = "nginx, ngx_http_limit_req_module without `nodelay`";
}

impl Limits for LeakyBucketQueue {
    type Machine = Queue;

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        note_if_none(&mut problems, "rate", self.rate);
        problems.above_zero("per", self.per);
        problems
    }

    fn most(&self) -> Option<u32> {
        None
    }

    fn start(&self, _now: SimTime) -> Queue {
        Queue {
            rate: u128::from(self.rate),
            interval: u128::from(self.per.as_nanos()),
            capacity: u64::from(self.capacity),
            free: 0,
            waiting: VecDeque::new(),
        }
    }
}

/// Those who wait, and when the next of them passes; times in parts of a nanosecond, `rate` of
/// them each, so that the pace is exact.
#[derive(Clone, Debug)]
pub struct Queue {
    rate: u128,
    /// The time from one call to the next.
    interval: u128,
    capacity: u64,
    /// When the next call may pass.
    free: u128,
    waiting: VecDeque<(Ticket, u32)>,
}

impl Queue {
    fn scaled(&self, now: SimTime) -> u128 {
        u128::from(now.as_nanos()) * self.rate
    }

    /// The first nanosecond that is not before this time.
    fn nanos(&self, scaled: u128) -> u128 {
        scaled.div_ceil(self.rate)
    }
}

impl Counting for Queue {
    fn ask(&mut self, now: SimTime, ticket: Ticket, demand: Demand) -> Asked {
        let free = self.free <= self.scaled(now);
        if self.waiting.is_empty() && free {
            self.free = self.scaled(now) + u128::from(demand.cost) * self.interval;
            return Asked::Admitted;
        }
        if self.waiting.len() as u64 + u64::from(demand.leaves) >= self.capacity {
            return Asked::TurnedAway;
        }
        self.waiting.push_back((ticket, demand.cost));
        Asked::Waits
    }

    /// How long until a call that joined the queue now would pass; whether there is room for it
    /// is another matter.
    fn retry_after(&mut self, now: SimTime, _demand: Demand) -> SimDuration {
        let ahead: u128 = self.waiting.iter().map(|(_, cost)| u128::from(*cost)).sum();
        let turn = self.free + ahead * self.interval;
        duration(self.nanos(turn.saturating_sub(self.scaled(now))))
    }

    fn withdrawn(&mut self, _now: SimTime, ticket: Ticket) {
        self.waiting.retain(|(waiting, _)| *waiting != ticket);
    }

    fn wakes_at(&self) -> Option<SimTime> {
        let free = SimTime::ZERO + duration(self.nanos(self.free));
        (!self.waiting.is_empty()).then_some(free)
    }

    fn wake(&mut self, now: SimTime, woken: &mut Vec<(Ticket, bool)>) {
        while self.free <= self.scaled(now) {
            let Some((ticket, cost)) = self.waiting.pop_front() else { return };
            self.free += u128::from(cost) * self.interval;
            woken.push((ticket, true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asks, at_ms, in_ms};
    use super::*;

    fn queue() -> Queue {
        LeakyBucketQueue { capacity: 2, rate: 2, per: SimDuration::from_secs(1) }.start(at_ms(0))
    }

    fn woken(queue: &mut Queue, now: SimTime) -> Vec<u64> {
        let mut woken = Vec::new();
        queue.wake(now, &mut woken);
        assert!(woken.iter().all(|(_, passes)| *passes));
        woken.into_iter().map(|(ticket, _)| ticket.0).collect()
    }

    #[test]
    fn one_passes_two_wait_and_the_fourth_is_turned_away() {
        let mut queue = queue();
        let answers = [1, 2, 3, 4].map(|ticket| asks(&mut queue, at_ms(0), ticket));
        assert_eq!(answers, [Asked::Admitted, Asked::Waits, Asked::Waits, Asked::TurnedAway]);
        assert_eq!(queue.wakes_at(), Some(at_ms(500)));
        assert!(woken(&mut queue, SimTime::from_nanos(499_999_999)).is_empty());
        assert_eq!(woken(&mut queue, at_ms(500)), [2]);
        assert_eq!(queue.wakes_at(), Some(at_ms(1_000)));
        assert_eq!(asks(&mut queue, at_ms(1_000), 5), Asked::Waits, "behind who has waited");
        assert_eq!(woken(&mut queue, at_ms(1_000)), [3]);
        assert_eq!(woken(&mut queue, at_ms(1_500)), [5]);
        assert_eq!(queue.wakes_at(), None);
    }

    #[test]
    fn an_idle_queue_saves_nothing_up() {
        let mut queue = queue();
        asks(&mut queue, at_ms(0), 1);
        assert_eq!(asks(&mut queue, at_ms(10_000), 2), Asked::Admitted);
        assert_eq!(asks(&mut queue, at_ms(10_499), 3), Asked::Waits);
        assert_eq!(queue.wakes_at(), Some(at_ms(10_500)));
        let mut exact = self::queue();
        asks(&mut exact, at_ms(0), 1);
        assert_eq!(asks(&mut exact, at_ms(500), 2), Asked::Admitted, "at exactly its turn");
    }

    #[test]
    fn those_behind_one_that_goes_away_move_up() {
        let mut queue = queue();
        for ticket in 1..=3 {
            asks(&mut queue, at_ms(0), ticket);
        }
        queue.withdrawn(at_ms(100), Ticket(2));
        assert_eq!(asks(&mut queue, at_ms(100), 4), Asked::Waits, "its place is free");
        assert_eq!(woken(&mut queue, at_ms(500)), [3]);
        assert_eq!(woken(&mut queue, at_ms(1_000)), [4]);
    }

    #[test]
    fn the_pace_is_exact_in_the_long_run() {
        let (capacity, per) = (u32::MAX, SimDuration::from_nanos(10));
        let mut queue = LeakyBucketQueue { capacity, rate: 3, per }.start(at_ms(0));
        for ticket in 0..=3_000 {
            asks(&mut queue, at_ms(0), ticket);
        }
        let mut last = SimTime::ZERO;
        while let Some(due) = queue.wakes_at() {
            woken(&mut queue, due);
            last = due;
        }
        assert_eq!(last, SimTime::from_nanos(10_000));
    }

    #[test]
    fn a_costly_call_holds_up_those_behind_it() {
        let mut queue = queue();
        queue.ask(at_ms(0), Ticket(1), Demand { cost: 3, leaves: 0 });
        queue.ask(at_ms(0), Ticket(2), Demand { cost: 2, leaves: 0 });
        assert_eq!(queue.wakes_at(), Some(at_ms(1_500)));
        assert_eq!(queue.retry_after(at_ms(0), Demand::ONE), in_ms(2_500));
        assert_eq!(queue.retry_after(at_ms(9_000), Demand::ONE), in_ms(0));
    }

    #[test]
    fn places_can_be_left_to_others() {
        let mut queue = queue();
        asks(&mut queue, at_ms(0), 1);
        let modest = Demand { cost: 1, leaves: 1 };
        assert_eq!(queue.ask(at_ms(0), Ticket(2), modest), Asked::Waits);
        assert_eq!(queue.ask(at_ms(0), Ticket(3), modest), Asked::TurnedAway);
        assert_eq!(asks(&mut queue, at_ms(0), 4), Asked::Waits);
    }
}
