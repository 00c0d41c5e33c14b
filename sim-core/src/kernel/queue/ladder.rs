//! The radix ladder: a stable priority queue for times that never go back.
//!
//! The idea is that of the radix heap: entries are sorted only as finely as their distance from
//! the clock demands, and once more each time the clock comes nearer. Buckets that are small are
//! not split further but sorted.

use super::bottom::{Bottom, sort_nearly_sorted};
use super::chunks::{Chunks, List};
use super::entry::Entry;

/// Bits of a digit.
const DIGIT: u32 = 6;
/// Buckets of a level: one for each value of a digit, so that one word shows which are in use.
const BUCKETS: usize = 1 << DIGIT;
/// Levels that cover all 64 bits of a time.
const LEVELS: usize = 64usize.div_ceil(DIGIT as usize);

/// Buckets of so many entries are sorted one by one.
const FEW: usize = 6;
/// Buckets of so many entries are sorted instead of split.
const SMALL: usize = 32;
/// So are buckets of so many entries, if that is little of the whole: an event that is scheduled
/// next then seldom falls among them,
const MEDIUM: usize = 128;
/// and even buckets of so many, if splitting would leave none but small ones.
const LARGE: usize = 512;
const LITTLE: usize = 3;
/// Further buckets are loaded into the bottom until it holds so many entries,
const ENOUGH: usize = 8;
/// and none that would make it hold more than so many: they would have to go back too soon.
const PLENTY: usize = 16;

/// A stable priority queue: [`Ladder::front`] is the earliest entry, of one time the first.
///
/// Invariants:
/// - The bottom holds all entries up to `horizon`, the buckets all later ones.
/// - A bucket's entries lie on the level of the highest digit in which their times differ from
///   `base`, in the bucket of their own digit there. So the buckets follow each other in time,
///   level by level from below, and entries of one time share a bucket, in order of arrival.
/// - No time of what is in buckets, or comes later, is before `base`, and `base` is not after `horizon`.
#[derive(Clone, Debug)]
pub(super) struct Ladder<T> {
    base: u64,
    horizon: u64,
    bottom: Bottom<T>,
    /// How many entries lie in buckets.
    stored: usize,
    used_levels: u32,
    used_buckets: [u64; LEVELS],
    buckets: Box<[List; LEVELS * BUCKETS]>,
    chunks: Chunks<Entry<T>>,
}

/// A bucket, by level and digit.
#[derive(Clone, Copy)]
struct Address {
    level: u32,
    digit: u32,
}

impl Address {
    #[inline]
    fn of(time: u64, base: u64) -> Self {
        let level = (time ^ base).ilog2() / DIGIT;
        Self { level, digit: (time >> (level * DIGIT)) as u32 % BUCKETS as u32 }
    }

    #[inline]
    fn index(self) -> usize {
        self.level as usize * BUCKETS + self.digit as usize
    }

    /// The first time that belongs into this bucket.
    #[inline]
    fn start(self, base: u64) -> u64 {
        let shift = self.level * DIGIT;
        let above = base >> shift & !(BUCKETS as u64 - 1);
        (above | u64::from(self.digit)) << shift
    }

    /// The last time that belongs into this bucket.
    #[inline]
    fn end(self, base: u64) -> u64 {
        self.start(base) | ((1 << (self.level * DIGIT)) - 1)
    }
}

impl<T: Copy> Ladder<T> {
    pub(super) fn new() -> Self {
        Self {
            base: 0,
            horizon: 0,
            bottom: Bottom::new(),
            stored: 0,
            used_levels: 0,
            used_buckets: [0; LEVELS],
            buckets: Box::new([List::EMPTY; LEVELS * BUCKETS]),
            chunks: Chunks::new(),
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.stored + self.bottom.len()
    }

    /// Adds an entry. `now` is the time of whatever was popped last, here or elsewhere, and
    /// `time` is not before it.
    #[inline(always)]
    pub(super) fn push(&mut self, now: u64, entry: Entry<T>) {
        if entry.time > self.horizon {
            self.store(entry);
        } else if !self.bottom.insert(entry) {
            self.push_into_less(now, entry);
        }
    }

    /// As [`Ladder::push`], of what does not fit into the bottom: most of that goes back.
    #[cold]
    fn push_into_less(&mut self, now: u64, entry: Entry<T>) {
        self.spill(now);
        self.push(now, entry);
    }

    /// The first entry. If it is later than `limit`, there may be no answer: the ladder does not
    /// move past a time at which something else may be popped, and push something earlier.
    #[inline]
    pub(super) fn front(&mut self, limit: u64) -> Option<&Entry<T>> {
        if self.bottom.is_empty() {
            self.refill(limit);
        }
        self.bottom.front()
    }

    /// Takes off the entry that [`Ladder::front`] has shown; the time of the next, if that is in the
    /// bottom: one of the same time is.
    #[inline]
    pub(super) fn pass_front(&mut self) -> Option<u64> {
        self.bottom.pass_front();
        self.bottom.front().map(|entry| entry.time)
    }

    /// Drops the entries whose item `keep` refuses; it may change those it keeps.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        self.bottom.retain(&mut keep);
        for bucket in self.in_use() {
            let mut list = self.take(bucket);
            while let Some(mut entry) = self.chunks.pop_front(&mut list) {
                if keep(&mut entry.item) {
                    self.store(entry);
                }
            }
        }
    }

    fn in_use(&self) -> Vec<Address> {
        (0..LEVELS as u32)
            .flat_map(|level| (0..BUCKETS as u32).map(move |digit| Address { level, digit }))
            .filter(|bucket| !self.list(*bucket).is_empty())
            .collect()
    }

    /// Puts an entry later than the horizon into its bucket.
    #[inline(always)]
    fn store(&mut self, entry: Entry<T>) {
        let bucket = Address::of(entry.time, self.base);
        self.stored += 1;
        self.used_levels |= 1 << bucket.level;
        self.used_buckets[bucket.level as usize] |= 1 << bucket.digit;
        self.chunks.push(&mut self.buckets[bucket.index()], entry);
    }

    /// The first bucket that is not empty.
    #[inline]
    fn first(&self) -> Option<Address> {
        (self.used_levels != 0).then(|| {
            let level = self.used_levels.trailing_zeros();
            let digit = self.used_buckets[level as usize].trailing_zeros();
            Address { level, digit }
        })
    }

    /// Empties a bucket.
    #[inline]
    fn take(&mut self, bucket: Address) -> List {
        let list = std::mem::replace(&mut self.buckets[bucket.index()], List::EMPTY);
        self.stored -= list.len();
        let used = &mut self.used_buckets[bucket.level as usize];
        *used &= !(1 << bucket.digit);
        if *used == 0 {
            self.used_levels &= !(1 << bucket.level);
        }
        list
    }

    /// Loads the next buckets into the bottom, which must be empty.
    #[inline(never)]
    fn refill(&mut self, limit: u64) {
        while let Some(bucket) = self.first() {
            if self.bottom.len() + self.list(bucket).len() <= PLENTY {
                self.load(bucket);
            } else if !self.bottom.is_empty() || bucket.start(self.base) > limit {
                return;
            } else if self.should_sort(bucket) {
                self.load(bucket);
            } else {
                self.split(bucket);
            }
            if self.bottom.len() >= ENOUGH {
                return;
            }
        }
        if self.bottom.len() <= PLENTY {
            // With so few entries in all, a sorted run is faster than any bucket.
            self.horizon = u64::MAX;
        }
    }

    #[inline]
    fn list(&self, bucket: Address) -> List {
        self.buckets[bucket.index()]
    }

    #[inline]
    fn should_sort(&self, bucket: Address) -> bool {
        let n = self.list(bucket).len();
        bucket.level == 0
            || n <= SMALL
            || n <= LARGE && n * LITTLE <= self.stored && (n <= MEDIUM || self.is_even(bucket))
    }

    /// Whether splitting the bucket would leave none but small ones.
    fn is_even(&self, bucket: Address) -> bool {
        let counts = count_digits(self.chunks.runs(self.list(bucket)), bucket.level - 1);
        counts.iter().all(|n| *n as usize <= SMALL)
    }

    /// Moves a bucket's entries to the lower levels, and those that start it to the bottom.
    fn split(&mut self, bucket: Address) {
        self.base = bucket.start(self.base);
        self.horizon = self.base;
        let mut list = self.take(bucket);
        while let Some(entry) = self.chunks.pop_front(&mut list) {
            if entry.time > self.horizon {
                self.store(entry);
            } else {
                self.bottom.insert(entry);
            }
        }
    }

    /// Moves a bucket's entries to the end of the bottom, in order.
    #[inline]
    fn load(&mut self, bucket: Address) {
        self.horizon = bucket.end(self.base);
        let list = self.take(bucket);
        if list.len() == 1 {
            self.load_one(list);
        } else if bucket.level == 0 || list.len() <= FEW {
            self.load_few(list);
        } else {
            self.load_by_digit(list, bucket.level - 1);
        }
    }

    #[inline]
    fn load_one(&mut self, list: List) {
        if let Some(entry) = self.chunks.front(&list) {
            self.bottom.append(*entry);
        }
        self.chunks.clear(list);
    }

    #[inline]
    fn load_few(&mut self, list: List) {
        for run in self.chunks.runs(list) {
            for entry in run {
                self.bottom.insert(*entry);
            }
        }
        self.chunks.clear(list);
    }

    /// Sorts first by the digit of `level`, by counting, and what that leaves by insertion.
    #[inline(never)]
    fn load_by_digit(&mut self, list: List, level: u32) {
        let Some(filler) = self.chunks.front(&list) else {
            return;
        };
        let bottom = self.bottom.extend(list.len(), *filler);
        if list.len() <= Places::MOST {
            let mut places = Places::of(self.chunks.runs(list), level);
            for run in self.chunks.runs(list) {
                for entry in run {
                    bottom[places.next(digit(entry.time, level))] = *entry;
                }
            }
        } else {
            let mut places = count_digits(self.chunks.runs(list), level);
            let mut sum = 0;
            for place in &mut places {
                sum += std::mem::replace(place, sum);
            }
            for run in self.chunks.runs(list) {
                for entry in run {
                    let place = &mut places[digit(entry.time, level)];
                    bottom[*place as usize] = *entry;
                    *place += 1;
                }
            }
        }
        sort_nearly_sorted(bottom);
        self.chunks.clear(list);
    }

    /// Moves what is later than `now` from a bottom that has become too long to the buckets.
    #[cold]
    fn spill(&mut self, now: u64) {
        debug_assert!(now >= self.base || self.stored == 0);
        self.base = now;
        self.horizon = now;
        for entry in self.bottom.split_off_after(now) {
            self.store(entry);
        }
    }
}

/// Where the next entry with each value of a digit goes, of so few entries that a byte numbers them.
struct Places([u8; BUCKETS]);

impl Places {
    /// The most entries that a byte numbers.
    const MOST: usize = u8::MAX as usize;

    /// The places of these entries, sorted by the digit of `level`.
    #[inline]
    fn of<'a, T: 'a>(runs: impl Iterator<Item = &'a [Entry<T>]>, level: u32) -> Self {
        let mut counts = [0_u8; BUCKETS];
        for run in runs {
            for entry in run {
                counts[digit(entry.time, level)] += 1;
            }
        }
        // Eight at a time: a product with ones adds to each byte all bytes below it.
        let mut before = 0_u64;
        for eight in counts.as_chunks_mut::<8>().0 {
            let own = u64::from_le_bytes(*eight);
            let with_own = own.wrapping_mul(ONES).wrapping_add(before.wrapping_mul(ONES));
            *eight = with_own.wrapping_sub(own).to_le_bytes();
            before = with_own >> 56;
        }
        Self(counts)
    }

    #[inline]
    fn next(&mut self, digit: usize) -> usize {
        let place = &mut self.0[digit];
        let next = *place;
        *place = next.wrapping_add(1);
        next.into()
    }
}

/// One in each byte.
const ONES: u64 = u64::from_le_bytes([1; 8]);

#[inline]
fn digit(time: u64, level: u32) -> usize {
    (time >> (level * DIGIT)) as usize % BUCKETS
}

/// How many entries have each value of the digit of `level`.
#[inline]
fn count_digits<'a, T: 'a>(
    runs: impl Iterator<Item = &'a [Entry<T>]>,
    level: u32,
) -> [u32; BUCKETS] {
    let mut counts = [0; BUCKETS];
    for run in runs {
        for entry in run {
            counts[digit(entry.time, level)] += 1;
        }
    }
    counts
}
