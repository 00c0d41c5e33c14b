//! The bottom of the ladder: a short sorted run from which the entries are popped.

use super::entry::Entry;

/// How many entries may have to move before the run counts as too long.
const REACH: usize = 128;
/// How many are moved one by one, rather than at once behind a place that is searched for.
const NEAR: usize = 12;
/// The least number of entries to make room for at a time.
const ROOM: usize = 128;

/// A run sorted by time and, within one time, by arrival.
///
/// Invariant: the run is `entries[head..tail]`; what lies outside is left over.
#[derive(Clone, Debug)]
pub(super) struct Bottom<T> {
    entries: Vec<Entry<T>>,
    head: usize,
    tail: usize,
}

impl<T: Copy> Bottom<T> {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), head: 0, tail: 0 }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.tail - self.head
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.tail == self.head
    }

    #[inline]
    pub(super) fn front(&self) -> Option<&Entry<T>> {
        if self.is_empty() { None } else { self.entries.get(self.head) }
    }

    /// Takes off the first entry: there must be one.
    #[inline]
    pub(super) fn pass_front(&mut self) {
        debug_assert!(!self.is_empty(), "nothing is there to be taken off");
        self.head += 1;
    }

    /// Puts `entry` behind all that are not later, unless that is far from the end: then nothing
    /// is done, and the answer is no.
    #[inline]
    pub(super) fn insert(&mut self, entry: Entry<T>) -> bool {
        if self.len() > REACH && self.entries[self.tail - 1 - REACH].time > entry.time {
            return false;
        }
        if self.tail == self.entries.len() {
            self.make_room(1, entry);
        }
        let run = &mut self.entries[self.head..=self.tail];
        match run.len().checked_sub(2 + NEAR) {
            Some(far) if run[far].time > entry.time => insert_far(run, far, entry),
            _ => sink(run, entry),
        }
        self.tail += 1;
        true
    }

    /// Puts `entry`, which is not earlier than any, at the end.
    #[inline]
    pub(super) fn append(&mut self, entry: Entry<T>) {
        if self.tail == self.entries.len() {
            self.make_room(1, entry);
        }
        self.entries[self.tail] = entry;
        self.tail += 1;
    }

    /// Gives out the places of `n` further entries, all of which must be filled, in order, with
    /// entries not earlier than the last.
    #[inline]
    pub(super) fn extend(&mut self, n: usize, filler: Entry<T>) -> &mut [Entry<T>] {
        if self.tail + n > self.entries.len() {
            self.make_room(n, filler);
        }
        let start = self.tail;
        self.tail += n;
        &mut self.entries[start..self.tail]
    }

    /// Takes all entries later than `time` off, in order.
    pub(super) fn split_off_after(&mut self, time: u64) -> Vec<Entry<T>> {
        let run = &self.entries[self.head..self.tail];
        let place = run.partition_point(|e| e.time <= time);
        let later = run[place..].to_vec();
        self.tail = self.head + place;
        later
    }

    /// Drops the entries whose item `keep` refuses; it may change those it keeps.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        self.entries.truncate(self.tail);
        self.entries.drain(..self.head);
        self.entries.retain_mut(|e| keep(&mut e.item));
        self.head = 0;
        self.tail = self.entries.len();
    }

    /// Moves the run to the start of its buffer, which gets longer if that frees too little.
    #[cold]
    fn make_room(&mut self, n: usize, filler: Entry<T>) {
        self.entries.copy_within(self.head..self.tail, 0);
        self.tail -= self.head;
        self.head = 0;
        let wanted = 2 * self.tail + n;
        if wanted > self.entries.len() {
            self.entries.resize(wanted.max(ROOM), filler);
        }
    }
}

/// Sorts a run by time; entries of one time stay as they are. For runs that are nearly in order.
#[inline]
pub(super) fn sort_nearly_sorted<T: Copy>(run: &mut [Entry<T>]) {
    for i in 1..run.len() {
        let entry = run[i];
        if run[i - 1].time > entry.time {
            sink(&mut run[..=i], entry);
        }
    }
}

/// As [`sink`], where the entry at place `far` is later, too.
#[inline(never)]
fn insert_far<T: Copy>(run: &mut [Entry<T>], far: usize, entry: Entry<T>) {
    let place = run[..far].partition_point(|e| e.time <= entry.time);
    let last = run.len() - 1;
    run.copy_within(place..last, place + 1);
    run[place] = entry;
}

/// Puts `entry` behind all of a sorted run that are not later; the run's last place is free.
#[inline]
fn sink<T: Copy>(run: &mut [Entry<T>], entry: Entry<T>) {
    let mut place = run.len() - 1;
    while place > 0 && run[place - 1].time > entry.time {
        run[place] = run[place - 1];
        place -= 1;
    }
    run[place] = entry;
}
