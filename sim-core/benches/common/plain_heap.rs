//! The yardstick between machines: the standard library's binary heap, entries of 24 bytes, and
//! nothing else. What is cancelled stays in it, and whoever pops it knows it by its number.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Events by time and, within one time, in the order in which they were pushed.
#[derive(Default)]
pub(crate) struct PlainHeap {
    heap: BinaryHeap<Reverse<(u64, u64, u64)>>,
    pushed: u64,
}

impl PlainHeap {
    /// Has `event` come out at `time`.
    #[inline]
    pub(crate) fn push(&mut self, time: u64, event: u64) {
        self.heap.push(Reverse((time, self.pushed, event)));
        self.pushed += 1;
    }

    /// The next event and its time.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(u64, u64)> {
        self.heap.pop().map(|Reverse((time, _, event))| (time, event))
    }
}
