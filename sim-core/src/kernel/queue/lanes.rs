//! Lanes: the events of one constant delay come due in the order in which they are scheduled, so
//! that a first-in-first-out list holds them, and only the first of each lane competes.
//!
//! Most timers are cancelled long before they are due. An entry is found by its number in its lane
//! and only marked; a chunk of entries of which none is pending any more is used again at once,
//! wherever in its lane it lies. So nothing is ever swept, and a timer needs no slot of its own; but a
//! lane keeps four bytes for every sixteen entries behind its oldest pending one.

use std::cmp::Reverse;
use std::collections::binary_heap::{BinaryHeap, PeekMut};
use std::collections::{BTreeMap, VecDeque};

use super::entry::{Due, Entry};
use super::{LaneId, LaneTimer};
use crate::kernel::{SimDuration, SimTime};

/// Entries of a chunk: one for each bit of [`Pending`].
const CHUNK: u64 = Pending::BITS as u64;

/// Which entries of a chunk are pending: the bit of each.
type Pending = u16;

/// No chunk: it is used elsewhere.
const GONE: u32 = u32::MAX;

/// All lanes of a queue.
///
/// Invariants:
/// - `heads` has one entry of each lane that has a `head`, and nothing else. No entry before it is
///   pending; it may itself have been cancelled since.
/// - Entry `n` of a lane lies at place `n % CHUNK` of the chunk that `chunks` of the lane names for
///   it. The chunk is `GONE` if none of its entries is pending, except for the last one, which has
///   room for those to come.
#[derive(Clone, Debug)]
pub(super) struct Lanes<E> {
    lanes: Vec<Lane>,
    by_delay: BTreeMap<SimDuration, LaneId>,
    heads: BinaryHeap<Reverse<Head>>,
    /// Chunk `c` is `entries[c * CHUNK..][..CHUNK]`.
    entries: Vec<Entry<Due<E>>>,
    pending: Vec<Pending>,
    free: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Lane {
    delay: SimDuration,
    /// The number of its first entry that may be pending and is not taken off, if it is in `heads`.
    head: Option<u64>,
    /// The number of the next entry.
    end: u64,
    /// The chunk of the entries before that.
    last: u32,
    /// The number of the first entry of the first of `chunks`.
    start: u64,
    chunks: VecDeque<u32>,
}

/// What the first entry of a lane competes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Head {
    pub(super) time: u64,
    pub(super) order: u32,
    lane: u32,
}

impl Lane {
    fn new(delay: SimDuration) -> Self {
        Self { delay, head: None, end: 0, last: GONE, start: 0, chunks: VecDeque::new() }
    }

    /// Where among its chunks the entry of a number lies, and its bit there.
    #[inline]
    fn place(&self, number: u64) -> (usize, Pending) {
        // What lies before the first chunk is behind any last one.
        ((number.wrapping_sub(self.start) / CHUNK) as usize, bit(number))
    }

    /// Forgets the first chunks that are gone.
    fn drop_gone(&mut self) {
        while self.chunks.front() == Some(&GONE) {
            self.chunks.pop_front();
            self.start += CHUNK;
        }
    }
}

#[inline]
fn bit(number: u64) -> Pending {
    1 << (number % CHUNK)
}

impl<E: Copy> Lanes<E> {
    pub(super) fn new() -> Self {
        Self {
            lanes: Vec::new(),
            by_delay: BTreeMap::new(),
            heads: BinaryHeap::new(),
            entries: Vec::new(),
            pending: Vec::new(),
            free: Vec::new(),
        }
    }

    /// The lane of `delay`, which is made if there is none.
    pub(super) fn lane(&mut self, delay: SimDuration) -> LaneId {
        *self.by_delay.entry(delay).or_insert_with(|| {
            self.lanes.push(Lane::new(delay));
            LaneId(self.lanes.len() as u32 - 1)
        })
    }

    /// Adds what is due the lane's delay from now.
    #[inline(always)]
    pub(super) fn push(&mut self, id: LaneId, now: SimTime, due: Due<E>) -> LaneTimer {
        let mut lane = &mut self.lanes[id.0 as usize];
        let number = lane.end;
        if number.is_multiple_of(CHUNK) {
            self.extend(id, Entry { time: 0, item: due });
            lane = &mut self.lanes[id.0 as usize];
        }
        lane.end += 1;
        let time = (now + lane.delay).as_nanos();
        let entry = Entry { time, item: due };
        let chunk = lane.last as usize;
        if lane.head.is_none() {
            self.has_head(id, number, Head { time, order: due.order, lane: id.0 });
        }
        self.entries[chunk * CHUNK as usize + (number % CHUNK) as usize] = entry;
        self.pending[chunk] |= bit(number);
        LaneTimer { lane: id.0, number }
    }

    /// A lane that had no pending entry has one.
    #[cold]
    fn has_head(&mut self, id: LaneId, number: u64, head: Head) {
        self.lanes[id.0 as usize].head = Some(number);
        self.heads.push(Reverse(head));
    }

    /// Takes back the entry of a timer, and says whether it was still pending.
    #[inline(always)]
    pub(super) fn cancel(&mut self, timer: LaneTimer) -> bool {
        let Some(lane) = self.lanes.get(timer.lane as usize) else { return false };
        let (place, bit) = lane.place(timer.number);
        let Some(chunk) = lane.chunks.get(place) else { return false };
        let Some(pending) = self.pending.get_mut(*chunk as usize) else { return false };
        let was_pending = *pending & bit != 0;
        *pending &= !bit;
        if was_pending && *pending == 0 && *chunk != lane.last {
            self.give_back(timer.lane, place);
        }
        was_pending
    }

    /// The earliest of the lanes' first entries; it may be cancelled.
    #[inline]
    pub(super) fn first(&self) -> Option<Head> {
        self.heads.peek().map(|head| head.0)
    }

    /// Takes the earliest entry off, and the cancelled ones that follow it in its lane; nothing
    /// if it is itself cancelled.
    #[inline]
    pub(super) fn pop_first(&mut self) -> Option<Entry<Due<E>>> {
        let id = self.heads.peek()?.0.lane;
        let number = self.lanes[id as usize].head?;
        let first = self.entry(id, number);
        if first.is_some() {
            self.cancel(LaneTimer { lane: id, number });
        }
        let next = self.first_from(id, number + 1);
        let mut head = self.heads.peek_mut()?;
        self.lanes[id as usize].head = next.map(|(number, _)| number);
        match next {
            Some((_, Entry { time, item })) => {
                (head.0.time, head.0.order) = (time, item.order);
            }
            None => {
                PeekMut::pop(head);
            }
        }
        first
    }

    /// The entry of a number, if it is pending.
    #[inline]
    fn entry(&self, id: u32, number: u64) -> Option<Entry<Due<E>>> {
        let lane = &self.lanes[id as usize];
        let (place, bit) = lane.place(number);
        let chunk = *lane.chunks.get(place)? as usize;
        let is_pending = self.pending.get(chunk)? & bit != 0;
        is_pending.then(|| self.entries[chunk * CHUNK as usize + (number % CHUNK) as usize])
    }

    /// The first pending entry of a lane from a number on.
    #[inline]
    fn first_from(&self, id: u32, number: u64) -> Option<(u64, Entry<Due<E>>)> {
        let lane = &self.lanes[id as usize];
        let mut number = number.max(lane.start);
        loop {
            let (place, bit) = lane.place(number);
            let chunk = *lane.chunks.get(place)? as usize;
            let later = self.pending.get(chunk).map_or(0, |pending| pending & !(bit - 1));
            if later != 0 {
                let nth = later.trailing_zeros() as usize;
                let entry = self.entries[chunk * CHUNK as usize + nth];
                return Some((number - number % CHUNK + nth as u64, entry));
            }
            number += CHUNK - number % CHUNK;
        }
    }

    /// Adds a chunk to a lane whose last one is full.
    #[inline(never)]
    fn extend(&mut self, id: LaneId, filler: Entry<Due<E>>) {
        let lane = &self.lanes[id.0 as usize];
        if self.pending.get(lane.last as usize) == Some(&0) {
            self.give_back(id.0, lane.chunks.len() - 1);
        }
        let chunk = self.free.pop().unwrap_or_else(|| self.grown(filler));
        let lane = &mut self.lanes[id.0 as usize];
        debug_assert_eq!(lane.start + lane.chunks.len() as u64 * CHUNK, lane.end);
        lane.last = chunk;
        lane.chunks.push_back(chunk);
    }

    /// A chunk of a lane has no pending entry, nor room for one.
    #[inline(never)]
    fn give_back(&mut self, lane: u32, place: usize) {
        let lane = &mut self.lanes[lane as usize];
        self.free.push(std::mem::replace(&mut lane.chunks[place], GONE));
        lane.drop_gone();
    }

    /// A new chunk. The room grows by a quarter, for doubling would waste more memory than it saves
    /// time.
    #[cold]
    fn grown(&mut self, filler: Entry<Due<E>>) -> u32 {
        let chunk = self.pending.len();
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact((chunk / 4 + 4) * CHUNK as usize);
        }
        self.entries.resize((chunk + 1) * CHUNK as usize, filler);
        self.pending.push(0);
        chunk as u32
    }

    /// Changes what is pending in all lanes, in no particular order.
    pub(super) fn for_each(&mut self, mut change: impl FnMut(&mut Due<E>)) {
        for (place, entry) in self.entries.iter_mut().enumerate() {
            if self.pending[place / CHUNK as usize] & bit(place as u64) != 0 {
                change(&mut entry.item);
            }
        }
        self.restore_heads();
    }

    fn restore_heads(&mut self) {
        self.heads.clear();
        for id in 0..self.lanes.len() as u32 {
            let first = self.first_from(id, 0);
            self.lanes[id as usize].head = first.map(|(number, _)| number);
            self.heads.extend(first.map(|(_, Entry { time, item })| {
                Reverse(Head { time, order: item.order, lane: id })
            }));
        }
    }

    /// How many entries are pending.
    pub(super) fn pending(&self) -> usize {
        self.pending.iter().map(|chunk| chunk.count_ones() as usize).sum()
    }

    /// How many entries there is room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes() -> (Lanes<u32>, LaneId) {
        let mut lanes = Lanes::new();
        let lane = lanes.lane(SimDuration::from_nanos(100));
        (lanes, lane)
    }

    fn push(lanes: &mut Lanes<u32>, lane: LaneId, n: u32) -> LaneTimer {
        lanes.push(lane, SimTime::from_nanos(n.into()), Due { order: n, event: n })
    }

    fn drain(lanes: &mut Lanes<u32>) -> Vec<u32> {
        let mut events = Vec::new();
        while lanes.first().is_some() {
            events.extend(lanes.pop_first().map(|entry| entry.item.event));
        }
        events
    }

    #[test]
    fn a_chunk_of_cancelled_entries_is_used_again_wherever_it_lies() {
        let (mut lanes, lane) = lanes();
        let timers: Vec<_> = (0..64).map(|n| push(&mut lanes, lane, n)).collect();
        assert_eq!(lanes.room(), 64);
        // The second of four chunks, then the first.
        for timer in timers[16..32].iter().chain(&timers[..16]) {
            assert!(lanes.cancel(*timer));
            assert!(!lanes.cancel(*timer));
        }
        (64..96).for_each(|n| _ = push(&mut lanes, lane, n));
        assert_eq!(lanes.room(), 64);
        assert!(!lanes.cancel(timers[16]), "another entry lies in its place");
        assert_eq!(drain(&mut lanes), (32..96).collect::<Vec<_>>());
    }

    #[test]
    fn the_last_chunk_keeps_its_room_for_those_to_come() {
        let (mut lanes, lane) = lanes();
        for n in 0..1_000 {
            let timer = push(&mut lanes, lane, n);
            assert!(lanes.cancel(timer));
        }
        assert_eq!(lanes.room(), 16);
        push(&mut lanes, lane, 1_000);
        assert_eq!(drain(&mut lanes), [1_000]);
        assert_eq!(lanes.first(), None);
    }

    #[test]
    fn what_was_taken_off_is_not_cancelled() {
        let (mut lanes, lane) = lanes();
        let timers: Vec<_> = (0..20).map(|n| push(&mut lanes, lane, n)).collect();
        assert_eq!(drain(&mut lanes), (0..20).collect::<Vec<_>>());
        assert!(timers.into_iter().all(|timer| !lanes.cancel(timer)));
        assert!(!lanes.cancel(LaneTimer { lane: 7, number: 0 }));
    }

    #[test]
    fn a_lane_that_was_cancelled_whole_goes_on_behind_its_first_entry() {
        let (mut lanes, lane) = lanes();
        let timers: Vec<_> = (0..40).map(|n| push(&mut lanes, lane, n)).collect();
        assert!(timers.into_iter().all(|timer| lanes.cancel(timer)));
        push(&mut lanes, lane, 40);
        assert_eq!(lanes.first().map(|head| head.time), Some(100));
        assert_eq!(lanes.pop_first().map(|entry| entry.item.event), None);
        assert_eq!(lanes.first().map(|head| head.time), Some(140));
        assert_eq!(drain(&mut lanes), [40]);
    }
}
