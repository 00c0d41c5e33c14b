//! Lanes: the events of one constant delay come due in the order in which they are scheduled, so
//! that a first-in-first-out list holds them, and only the first of each lane competes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::binary_heap::{BinaryHeap, PeekMut};

use super::LaneId;
use super::chunks::{Chunks, List};
use super::entry::{Entry, Item};
use super::timers::Timers;
use crate::kernel::SimDuration;

/// Cancelled entries are swept out of a lane when they are the greater part by more than this.
const SLACK: usize = 64;

/// All lanes of a queue.
///
/// Invariant: `heads` has the first entry of each lane that is not empty, and nothing else.
#[derive(Clone, Debug)]
pub(super) struct Lanes<E> {
    lanes: Vec<Lane>,
    by_delay: BTreeMap<SimDuration, LaneId>,
    heads: BinaryHeap<Reverse<Head>>,
    chunks: Chunks<Entry<Item<E>>>,
}

#[derive(Clone, Debug)]
struct Lane {
    delay: SimDuration,
    entries: List,
    cancelled: usize,
}

/// What the first entry of a lane competes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Head {
    pub(super) time: u64,
    pub(super) order: u32,
    lane: u32,
}

impl<E: Copy> Lanes<E> {
    pub(super) fn new() -> Self {
        Self {
            lanes: Vec::new(),
            by_delay: BTreeMap::new(),
            heads: BinaryHeap::new(),
            chunks: Chunks::new(),
        }
    }

    /// The lane of `delay`, which is made if there is none.
    pub(super) fn lane(&mut self, delay: SimDuration) -> LaneId {
        *self.by_delay.entry(delay).or_insert_with(|| {
            self.lanes.push(Lane { delay, entries: List::EMPTY, cancelled: 0 });
            LaneId(self.lanes.len() as u32 - 1)
        })
    }

    #[inline]
    pub(super) fn delay(&self, lane: LaneId) -> SimDuration {
        self.lanes[lane.0 as usize].delay
    }

    /// Adds an entry, due the lane's delay from now.
    #[inline]
    pub(super) fn push(&mut self, lane: LaneId, time: u64, item: Item<E>) {
        let entries = &mut self.lanes[lane.0 as usize].entries;
        if entries.is_empty() {
            self.heads.push(Reverse(Head { time, order: item.order, lane: lane.0 }));
        }
        self.chunks.push(entries, Entry { time, item });
    }

    /// The earliest of the lanes' first entries, cancelled ones included.
    #[inline]
    pub(super) fn first(&self) -> Option<Head> {
        self.heads.peek().map(|head| head.0)
    }

    /// Takes the earliest entry off, and the cancelled ones that follow it in its lane; nothing
    /// if it is itself cancelled.
    #[inline]
    pub(super) fn pop_first(&mut self, timers: &mut Timers) -> Option<Entry<Item<E>>> {
        let mut head = self.heads.peek_mut()?;
        let lane = &mut self.lanes[head.0.lane as usize];
        let entry = self.chunks.pop_front(&mut lane.entries)?;
        let pending = timers.release(entry.item.timer);
        lane.cancelled -= usize::from(!pending);
        while let Some(next) = self.chunks.front(&lane.entries) {
            if !timers.is_cancelled(next.item.timer) {
                head.0.time = next.time;
                head.0.order = next.item.order;
                return pending.then_some(entry);
            }
            timers.release(next.item.timer);
            lane.cancelled -= 1;
            self.chunks.pop_front(&mut lane.entries);
        }
        PeekMut::pop(head);
        pending.then_some(entry)
    }

    /// Notes that an entry of `lane` was cancelled, and sweeps the lane if they are too many.
    #[inline]
    pub(super) fn cancelled(&mut self, lane: u32, timers: &mut Timers) {
        let entry = &mut self.lanes[lane as usize];
        entry.cancelled += 1;
        if 2 * entry.cancelled > entry.entries.len() + SLACK {
            self.sweep(lane, timers);
        }
    }

    /// Drops the cancelled entries of a lane, except for the first, which stands in `heads`.
    #[cold]
    fn sweep(&mut self, lane: u32, timers: &mut Timers) {
        let Lane { entries, cancelled, .. } = &mut self.lanes[lane as usize];
        let mut is_first = true;
        self.chunks.retain(entries, |entry| {
            let timer = entry.item.timer;
            let keep = std::mem::take(&mut is_first) || !timers.is_cancelled(timer);
            if !keep {
                timers.release(timer);
                *cancelled -= 1;
            }
            keep
        });
    }

    /// Changes the items of all lanes, in no particular order.
    pub(super) fn for_each(&mut self, mut change: impl FnMut(&mut Item<E>)) {
        for lane in &mut self.lanes {
            let mut old = std::mem::replace(&mut lane.entries, List::EMPTY);
            while let Some(mut entry) = self.chunks.pop_front(&mut old) {
                change(&mut entry.item);
                self.chunks.push(&mut lane.entries, entry);
            }
        }
        self.restore_heads();
    }

    fn restore_heads(&mut self) {
        let first = |(lane, of): (usize, &Lane)| {
            self.chunks.front(&of.entries).map(|entry| {
                Reverse(Head { time: entry.time, order: entry.item.order, lane: lane as u32 })
            })
        };
        self.heads = self.lanes.iter().enumerate().filter_map(first).collect();
    }
}
