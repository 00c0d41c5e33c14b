//! The fast queue: a radix ladder for events in general, and lanes for constant delays.

use super::entry::{Due, Entry, Item};
use super::immediate::Immediate;
use super::ladder::Ladder;
use super::lanes::Lanes;
use super::timers::{Slot, Timers};
use super::{Home, LaneId, Timer};
use crate::kernel::{SimDuration, SimTime};

/// Cancelled entries are swept out of the ladder when they are the greater part by more than this.
const SLACK: usize = 64;

/// A queue of events over a radix ladder and lanes.
///
/// Scheduling, cancelling and popping take constant time, nearly whatever the number of pending
/// events; an event of 8 bytes takes 24, and 8 more if it can be cancelled and is in no lane. Nothing is allocated
/// once the queue has been as long as it gets.
#[derive(Clone, Debug)]
pub struct RadixQueue<E> {
    now: SimTime,
    /// Whether something in the ladder or in a lane may be due now: if not, what is due at once comes
    /// next.
    is_tied: bool,
    /// Whether a lane has no delay, so that what is put there is due now.
    has_no_delay: bool,
    next_order: u32,
    immediate: Immediate<E>,
    ladder: Ladder<Item<E>>,
    cancelled_in_ladder: usize,
    lanes: Lanes<E>,
    timers: Timers,
}

impl<E: Copy> RadixQueue<E> {
    /// An empty queue at time zero.
    pub fn new() -> Self {
        Self {
            now: SimTime::ZERO,
            is_tied: true,
            has_no_delay: false,
            next_order: 0,
            immediate: Immediate::new(),
            ladder: Ladder::new(),
            cancelled_in_ladder: 0,
            lanes: Lanes::new(),
            timers: Timers::new(),
        }
    }

    /// The time of the last popped event; zero before the first.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// How many events are pending; cancelled ones are not. It is found by going through the lanes.
    pub fn len(&self) -> usize {
        let in_ladder = self.ladder.len() - self.cancelled_in_ladder;
        self.immediate.len() + in_ladder + self.lanes.pending()
    }

    /// Whether no event is pending, found as [`RadixQueue::len`] is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Has `event` come out at `at`, which must not be before [`RadixQueue::now`]; in release
    /// builds an event of the past comes out now.
    #[inline(always)]
    pub fn schedule(&mut self, at: SimTime, event: E) {
        if at <= self.now {
            debug_assert!(at == self.now, "an event is scheduled in the past");
            let order = self.order();
            return self.immediate.push(order, event);
        }
        self.push(at, Slot::NONE, event);
    }

    /// As [`RadixQueue::schedule`], for events of which a run has few: out of the way of those that
    /// it has many of.
    #[inline(never)]
    pub fn schedule_apart(&mut self, at: SimTime, event: E) {
        self.schedule(at, event);
    }

    /// As [`RadixQueue::schedule`], for an event that may be cancelled.
    #[inline(never)]
    pub fn schedule_timer(&mut self, at: SimTime, event: E) -> Timer {
        let (slot, timer) = self.timers.take();
        self.push(at, slot, event);
        timer
    }

    /// The lane of the events that are due `delay` after they are scheduled; one for each delay.
    pub fn lane(&mut self, delay: SimDuration) -> LaneId {
        self.has_no_delay |= delay.is_zero();
        self.is_tied = true;
        self.lanes.lane(delay)
    }

    /// Has `event` come out after the lane's delay, if it is not cancelled.
    #[inline(always)]
    pub fn schedule_in_lane(&mut self, lane: LaneId, event: E) -> Timer {
        let due = Due { order: self.order(), event };
        Timer::in_lane(self.lanes.push(lane, self.now, due))
    }

    /// Takes back the event of `timer`, and says whether it was still pending.
    #[inline(always)]
    pub fn cancel(&mut self, timer: Timer) -> bool {
        match timer.home() {
            Home::Lane(timer) => self.lanes.cancel(timer),
            Home::Ladder { generation, slot } => self.cancel_in_ladder(generation, slot),
        }
    }

    #[inline(never)]
    fn cancel_in_ladder(&mut self, generation: u32, slot: u32) -> bool {
        let was_pending = self.timers.cancel(generation, slot);
        if was_pending {
            self.cancelled_in_ladder();
        }
        was_pending
    }

    /// The next event and its time, which becomes [`RadixQueue::now`].
    #[inline(always)]
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        // Until what is taken off was not cancelled.
        loop {
            if let Some((order, event)) = self.immediate.first().copied()
                && !self.is_due_before(order)
            {
                self.immediate.pass_first();
                return Some((self.now, event));
            }
            let head = self.lanes.first();
            let limit = head.map_or(u64::MAX, |head| head.time);
            let front = self.ladder.front(limit);
            if let Some(head) = head
                && front.is_none_or(|e| (head.time, head.order) < (e.time, e.item.order))
            {
                if let Some(event) = self.take_from_lane() {
                    self.now = SimTime::from_nanos(head.time);
                    return Some((self.now, event));
                }
                continue;
            }
            let Entry { time, item: Item { timer, event, .. } } = *front?;
            let next = self.ladder.pass_front();
            self.is_tied = next == Some(time) || limit == time || self.has_no_delay;
            if self.timers.release(timer) {
                self.now = SimTime::from_nanos(time);
                return Some((self.now, event));
            }
            self.cancelled_in_ladder -= 1;
        }
    }

    /// Takes off the first entry of the lanes: there must be one. Nothing if it was cancelled.
    #[inline(never)]
    fn take_from_lane(&mut self) -> Option<E> {
        // Maybe: it is not looked at what is next in the lane.
        self.is_tied = true;
        self.lanes.pop_first().map(|entry| entry.item.event)
    }

    /// Whether something that was scheduled before this order waits in the ladder or in a lane for
    /// the time that it is.
    #[inline]
    fn is_due_before(&mut self, order: u32) -> bool {
        self.is_tied && self.looks_for_tie(order)
    }

    /// As [`RadixQueue::is_due_before`], where there may be something.
    #[inline(never)]
    fn looks_for_tie(&mut self, order: u32) -> bool {
        let now = self.now.as_nanos();
        let is_before = |time, other| time == now && other < order;
        self.lanes.first().is_some_and(|head| is_before(head.time, head.order))
            || self.ladder.front(now).is_some_and(|e| is_before(e.time, e.item.order))
    }

    #[inline(always)]
    fn push(&mut self, at: SimTime, timer: Slot, event: E) {
        debug_assert!(at >= self.now, "an event is scheduled in the past");
        let time = at.max(self.now).as_nanos();
        self.is_tied |= at <= self.now;
        let item = Item { order: self.order(), timer, event };
        self.ladder.push(self.now.as_nanos(), Entry { time, item });
    }

    /// The order of the event that is being scheduled.
    #[inline]
    fn order(&mut self) -> u32 {
        if self.next_order == u32::MAX {
            self.renumber();
        }
        let order = self.next_order;
        self.next_order += 1;
        order
    }

    fn cancelled_in_ladder(&mut self) {
        self.cancelled_in_ladder += 1;
        if 2 * self.cancelled_in_ladder > self.ladder.len() + SLACK {
            let timers = &mut self.timers;
            self.ladder.retain(|item| {
                let keep = !timers.is_cancelled(item.timer);
                if !keep {
                    timers.release(item.timer);
                }
                keep
            });
            self.cancelled_in_ladder = 0;
        }
    }

    /// Numbers what is in the queue from zero, in the old order: 32 bits are used up after four
    /// thousand million events, but never needed for those that wait at one time.
    #[cold]
    fn renumber(&mut self) {
        let mut orders = Vec::new();
        self.for_each_order(|order| orders.push(*order));
        orders.sort_unstable();
        self.for_each_order(|order| {
            *order = orders.partition_point(|other| *other < *order) as u32;
        });
        self.next_order = orders.len() as u32;
    }

    fn for_each_order(&mut self, mut change: impl FnMut(&mut u32)) {
        self.immediate.orders().for_each(&mut change);
        self.ladder.retain(|item| {
            change(&mut item.order);
            true
        });
        self.lanes.for_each(|due| change(&mut due.order));
    }
}

impl<E: Copy> Default for RadixQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    fn drain(queue: &mut RadixQueue<u32>) -> Vec<(u64, u32)> {
        std::iter::from_fn(|| queue.pop()).map(|(t, e)| (t.as_nanos(), e)).collect()
    }

    #[test]
    fn an_eight_byte_event_takes_twenty_four() {
        assert_eq!(size_of::<Entry<Item<u64>>>(), 24);
        assert_eq!(size_of::<Timer>(), 8);
    }

    #[test]
    fn ties_come_as_they_were_scheduled_across_all_ways() {
        let mut queue = RadixQueue::new();
        let (five, three) =
            (queue.lane(SimDuration::from_nanos(5)), queue.lane(SimDuration::from_nanos(3)));
        queue.schedule(at(2), 0);
        queue.schedule_timer(at(5), 1);
        queue.schedule_in_lane(five, 2);
        queue.schedule(at(5), 3);
        assert_eq!(queue.pop(), Some((at(2), 0)));
        queue.schedule_in_lane(three, 4);
        queue.schedule(at(5), 5);
        assert_eq!(drain(&mut queue), [(5, 1), (5, 2), (5, 3), (5, 4), (5, 5)]);
    }

    #[test]
    fn what_is_due_at_once_comes_after_what_was_due_then_and_is_not_cancelled() {
        let mut queue = RadixQueue::new();
        let lane = queue.lane(SimDuration::from_nanos(5));
        let no_delay = queue.lane(SimDuration::ZERO);
        queue.schedule(at(5), 0);
        let in_lane = queue.schedule_in_lane(lane, 1);
        queue.schedule_in_lane(lane, 2);
        let in_ladder = queue.schedule_timer(at(5), 3);
        assert_eq!(queue.pop(), Some((at(5), 0)));
        queue.schedule(at(5), 4);
        queue.schedule_timer(at(5), 5);
        queue.schedule_in_lane(no_delay, 6);
        queue.schedule(at(5), 7);
        assert!(queue.cancel(in_lane) && queue.cancel(in_ladder));
        assert_eq!(drain(&mut queue), [(5, 2), (5, 4), (5, 5), (5, 6), (5, 7)]);
        queue.schedule(at(5), 8);
        let timer = queue.schedule_timer(at(5), 9);
        assert!(queue.cancel(timer));
        assert_eq!(drain(&mut queue), [(5, 8)]);
    }

    #[test]
    fn numbers_that_run_out_are_given_anew_in_the_old_order() {
        let mut queue = RadixQueue::new();
        queue.next_order = u32::MAX - 25;
        let lane = queue.lane(SimDuration::from_nanos(1_000));
        for n in 0..20 {
            match n % 3 {
                0 => queue.schedule(at(1_000), n),
                1 => _ = queue.schedule_in_lane(lane, n),
                _ => _ = queue.schedule_timer(at(1_000), n),
            }
        }
        assert_eq!(queue.pop(), Some((at(1_000), 0)));
        for n in 20..40 {
            match n % 2 {
                0 => queue.schedule(at(1_000), n),
                _ => _ = queue.schedule_timer(at(1_000), n),
            }
        }
        assert!(queue.next_order < 100);
        let expected: Vec<_> = (1..40).map(|n| (1_000, n)).collect();
        assert_eq!(drain(&mut queue), expected);
    }

    #[test]
    fn what_comes_after_only_cancelled_events_may_be_earlier_than_they_were() {
        let mut queue = RadixQueue::new();
        let timers: Vec<_> = (0..64).map(|n| queue.schedule_timer(at(4_096 + n), 0)).collect();
        assert!(timers.into_iter().all(|timer| queue.cancel(timer)));
        assert_eq!(queue.pop(), None);
        (0..200).for_each(|n| queue.schedule(at(1_000 - u64::from(n)), n));
        let expected: Vec<_> = (0..200).rev().map(|n| (1_000 - u64::from(n), n)).collect();
        assert_eq!(drain(&mut queue), expected);
    }

    #[test]
    fn numbers_that_run_out_pass_over_what_is_cancelled() {
        let mut queue = RadixQueue::new();
        queue.next_order = u32::MAX - 45;
        let lane = queue.lane(SimDuration::from_nanos(10));
        let timers: Vec<_> = (0..40).map(|n| queue.schedule_in_lane(lane, n)).collect();
        assert!(timers[..38].iter().all(|timer| queue.cancel(*timer)));
        (40..50).for_each(|n| _ = queue.schedule_in_lane(lane, n));
        assert!(queue.next_order < 100);
        assert!(queue.cancel(timers[39]));
        let expected: Vec<_> = [38].into_iter().chain(40..50).map(|n| (10, n)).collect();
        assert_eq!(drain(&mut queue), expected);
    }

    #[test]
    fn a_lane_without_delay_comes_before_what_was_scheduled_later() {
        let mut queue = RadixQueue::new();
        queue.schedule(at(5), 0);
        assert_eq!(queue.pop(), Some((at(5), 0)));
        let lane = queue.lane(SimDuration::ZERO);
        for n in [1, 3, 5] {
            queue.schedule_in_lane(lane, n);
            queue.schedule(at(5), n + 1);
        }
        assert_eq!(drain(&mut queue), [(5, 1), (5, 2), (5, 3), (5, 4), (5, 5), (5, 6)]);
    }

    #[test]
    fn a_lane_whose_first_entries_are_cancelled_keeps_its_place() {
        let mut queue = RadixQueue::new();
        let lane = queue.lane(SimDuration::from_nanos(10));
        let early: Vec<_> = (0..200).map(|n| queue.schedule_in_lane(lane, n)).collect();
        queue.schedule(at(1), 1_000);
        queue.schedule(at(10), 1_001);
        assert_eq!(queue.pop(), Some((at(1), 1_000)));
        queue.schedule_in_lane(lane, 1_002);
        assert!(early.into_iter().all(|timer| queue.cancel(timer)));
        assert_eq!(drain(&mut queue), [(10, 1_001), (11, 1_002)]);
    }

    #[test]
    fn cancelling_leaves_no_growing_rest() {
        let mut queue = RadixQueue::new();
        let lane = queue.lane(SimDuration::from_secs(1));
        queue.schedule_in_lane(lane, 0);
        queue.schedule(at(1_000_000_000), 1);
        for n in 0..100_000 {
            let in_lane = queue.schedule_in_lane(lane, 2);
            let in_ladder = queue.schedule_timer(at(1_000_000 + n), 3);
            assert!(queue.cancel(in_lane) && queue.cancel(in_ladder));
        }
        assert!(queue.ladder.len() <= 2 * SLACK);
        assert!(queue.timers.len() <= 3 * SLACK);
        assert!(queue.lanes.room() <= 32);
        assert_eq!(queue.len(), 2);
        assert_eq!(drain(&mut queue), [(1_000_000_000, 0), (1_000_000_000, 1)]);
    }
}
