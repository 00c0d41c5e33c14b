//! The plain way: a binary heap of the standard library.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A queue of events. Nothing is taken out of it but the next event: whoever cancels an event
/// knows it for stale when it comes.
#[derive(Default)]
pub(super) struct Heap {
    entries: BinaryHeap<Entry>,
    scheduled: u64,
    popped: u64,
}

/// When, in which order at one time, and what: 24 bytes.
struct Entry {
    at: u64,
    number: u64,
    event: u64,
}

impl Heap {
    /// Has `event` come out at `at`, in nanoseconds.
    #[inline]
    pub(super) fn schedule(&mut self, at: u64, event: u64) {
        self.entries.push(Entry { at, number: self.scheduled, event });
        self.scheduled += 1;
    }

    /// The next event and its time.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<(u64, u64)> {
        let entry = self.entries.pop()?;
        self.popped += 1;
        Some((entry.at, entry.event))
    }

    /// How many events came out, stale ones among them.
    pub(super) fn popped(&self) -> u64 {
        self.popped
    }
}

impl Ord for Entry {
    /// The earliest is the greatest: the heap gives its greatest first.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Entry {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_takes_24_bytes() {
        assert_eq!(size_of::<Entry>(), 24);
    }

    #[test]
    fn events_come_by_time_and_those_of_one_time_as_they_were_scheduled() {
        let mut heap = Heap::default();
        for (at, event) in [(7, 0), (5, 1), (5, 2), (1, 3)] {
            heap.schedule(at, event);
        }
        let order: Vec<_> = std::iter::from_fn(|| heap.pop()).collect();
        assert_eq!(order, [(1, 3), (5, 1), (5, 2), (7, 0)]);
        assert_eq!(heap.popped(), 4);
    }
}
