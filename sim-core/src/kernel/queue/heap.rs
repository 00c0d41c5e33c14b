//! The plainly correct queue: the oracle of the fast one, and the yardstick between machines.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet};

use super::{LaneId, Timer};
use crate::kernel::{SimDuration, SimTime};

/// Cancelled entries are swept when they outnumber the pending ones by more than this.
const SLACK: usize = 64;

/// A queue of events over the standard library's binary heap, ordered by time and number.
///
/// Every event gets the next number, which is also its [`Timer`]; the numbers of the events that
/// can still be cancelled are in a set, and an entry whose number has left it is skipped. Lanes
/// are no more than remembered delays.
#[derive(Clone, Debug)]
pub struct HeapQueue<E> {
    now: SimTime,
    next_number: u64,
    heap: BinaryHeap<Entry<E>>,
    cancellable: HashSet<u64>,
    len: usize,
    delays: Vec<SimDuration>,
}

impl<E: Copy> HeapQueue<E> {
    /// An empty queue at time zero.
    pub fn new() -> Self {
        Self {
            now: SimTime::ZERO,
            next_number: 0,
            heap: BinaryHeap::new(),
            cancellable: HashSet::new(),
            len: 0,
            delays: Vec::new(),
        }
    }

    /// The time of the last popped event; zero before the first.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// How many events are pending; cancelled ones are not.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no event is pending.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Has `event` come out at `at`, which must not be before [`HeapQueue::now`]; in release
    /// builds an event of the past comes out now.
    #[inline]
    pub fn schedule(&mut self, at: SimTime, event: E) {
        self.push(at, event, false);
    }

    /// As [`HeapQueue::schedule`], for an event that may be cancelled.
    #[inline]
    pub fn schedule_timer(&mut self, at: SimTime, event: E) -> Timer {
        let number = self.push(at, event, true);
        self.cancellable.insert(number);
        Timer(number)
    }

    /// The lane of the events that are due `delay` after they are scheduled; one for each delay.
    pub fn lane(&mut self, delay: SimDuration) -> LaneId {
        let known = self.delays.iter().position(|d| *d == delay);
        let index = known.unwrap_or_else(|| {
            self.delays.push(delay);
            self.delays.len() - 1
        });
        LaneId(index as u32)
    }

    /// Has `event` come out after the lane's delay, if it is not cancelled.
    #[inline]
    pub fn schedule_in_lane(&mut self, lane: LaneId, event: E) -> Timer {
        self.schedule_timer(self.now + self.delays[lane.0 as usize], event)
    }

    /// Takes back the event of `timer`, and says whether it was still pending.
    #[inline]
    pub fn cancel(&mut self, timer: Timer) -> bool {
        let pending = self.cancellable.remove(&timer.0);
        if pending {
            self.len -= 1;
            self.sweep();
        }
        pending
    }

    /// The next event and its time, which becomes [`HeapQueue::now`].
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        while let Some(entry) = self.heap.pop() {
            if !entry.can_be_cancelled || self.cancellable.remove(&entry.number) {
                self.len -= 1;
                self.now = entry.at;
                return Some((entry.at, entry.event));
            }
        }
        None
    }

    fn push(&mut self, at: SimTime, event: E, can_be_cancelled: bool) -> u64 {
        debug_assert!(at >= self.now, "an event is scheduled in the past");
        let number = self.next_number;
        self.next_number += 1;
        self.len += 1;
        self.heap.push(Entry { at: at.max(self.now), number, can_be_cancelled, event });
        number
    }

    fn sweep(&mut self) {
        if self.heap.len() > 2 * self.len + SLACK {
            let cancellable = &self.cancellable;
            self.heap.retain(|e| !e.can_be_cancelled || cancellable.contains(&e.number));
        }
    }
}

impl<E: Copy> Default for HeapQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    at: SimTime,
    number: u64,
    can_be_cancelled: bool,
    event: E,
}

impl<E> Ord for Entry<E> {
    /// The earliest is the greatest: the heap gives its greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<E> Eq for Entry<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    fn drain(queue: &mut HeapQueue<u32>) -> Vec<(u64, u32)> {
        std::iter::from_fn(|| queue.pop()).map(|(t, e)| (t.as_nanos(), e)).collect()
    }

    #[test]
    fn events_come_by_time_and_ties_as_they_were_scheduled() {
        let mut queue = HeapQueue::new();
        let lane = queue.lane(SimDuration::from_nanos(5));
        queue.schedule(at(7), 0);
        queue.schedule(at(5), 1);
        queue.schedule_in_lane(lane, 2);
        queue.schedule_timer(at(5), 3);
        assert_eq!(drain(&mut queue), [(5, 1), (5, 2), (5, 3), (7, 0)]);
        assert_eq!(queue.now(), at(7));
    }

    #[test]
    fn a_cancelled_event_never_comes_and_a_stale_timer_is_harmless() {
        let mut queue = HeapQueue::new();
        let first = queue.schedule_timer(at(1), 1);
        let second = queue.schedule_timer(at(2), 2);
        assert!(queue.cancel(first));
        assert!(!queue.cancel(first));
        assert!(!queue.cancel(Timer::NONE));
        assert_eq!(queue.len(), 1);
        assert_eq!(drain(&mut queue), [(2, 2)]);
        assert!(!queue.cancel(second));
        assert!(queue.is_empty());
    }

    #[test]
    fn cancelling_leaves_no_growing_rest() {
        let mut queue = HeapQueue::new();
        queue.schedule(at(1), 0);
        for n in 0..10_000 {
            let timer = queue.schedule_timer(at(1_000_000 + n), 1);
            assert!(queue.cancel(timer));
        }
        assert!(queue.heap.len() <= 2 + SLACK + 1);
    }
}
