//! The histogram of an open slice of time: one addition a value.

use super::SparseHistogram;
use super::buckets;

/// Counts the values of the slice of time that is now open.
///
/// The table of counters is dense; [`Recorder::close`] visits only the blocks of it that were
/// touched since the last close.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// One counter a bucket; narrow, to be few cache lines.
    counters: Box<[u32; buckets::COUNT]>,
    /// One flag a block of [`BLOCK`] counters: whether any of them may be above zero. A byte
    /// each, which is only ever written: a bit would have to be read before.
    touched: [bool; BLOCKS],
    /// How many values `counters` holds; a counter is never above it.
    counted: u32,
    /// What `counters` held whenever `counted` was about to overflow.
    spilled: SparseHistogram,
    sum_ns: u128,
    max_ns: u64,
    /// Where buckets above zero are gathered when a slice is closed; kept for the next one.
    gathered: Vec<(u32, u32)>,
}

/// What was recorded between two closes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// The values.
    pub histogram: SparseHistogram,
    /// Their exact sum, in nanoseconds.
    pub sum_ns: u128,
    /// The largest of them, in nanoseconds; zero if there were none.
    pub max_ns: u64,
}

/// How many counters share a flag.
const BLOCK: usize = 16;
const BLOCKS: usize = buckets::COUNT / BLOCK;
const _: () = assert!(buckets::COUNT.is_multiple_of(8 * BLOCK));

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// An empty recorder.
    pub fn new() -> Self {
        Self {
            counters: Box::new([0; buckets::COUNT]),
            touched: [false; BLOCKS],
            counted: 0,
            spilled: SparseHistogram::default(),
            sum_ns: 0,
            max_ns: 0,
            gathered: Vec::new(),
        }
    }

    /// Counts one value.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        let bucket = buckets::of(nanos);
        self.counters[bucket] += 1;
        self.touched[bucket / BLOCK] = true;
        self.sum_ns += u128::from(nanos);
        self.max_ns = self.max_ns.max(nanos);
        self.counted += 1;
        if self.counted == u32::MAX {
            self.spill();
        }
    }

    /// How many values were recorded since the last close.
    pub fn count(&self) -> u64 {
        self.spilled.count() + u64::from(self.counted)
    }

    /// How many of them are in buckets above that of this value.
    pub fn above(&self, nanos: u64) -> u64 {
        let above = &self.counters[buckets::of(nanos) + 1..];
        self.spilled.above(nanos) + above.iter().map(|count| u64::from(*count)).sum::<u64>()
    }

    /// Hands over what was recorded since the last close, and starts afresh.
    pub fn close(&mut self) -> Recorded {
        let recent = self.drain();
        let mut histogram = std::mem::take(&mut self.spilled);
        if histogram.is_empty() {
            histogram = recent;
        } else {
            histogram.merge(&recent);
        }
        Recorded {
            histogram,
            sum_ns: std::mem::take(&mut self.sum_ns),
            max_ns: std::mem::take(&mut self.max_ns),
        }
    }

    /// Makes room in the counters.
    #[cold]
    fn spill(&mut self) {
        let full = self.drain();
        self.spilled.merge(&full);
    }

    /// Moves the counters into a sparse histogram.
    fn drain(&mut self) -> SparseHistogram {
        if self.counted == 0 {
            return SparseHistogram::default();
        }
        self.gathered.clear();
        for eight in (0..BLOCKS).step_by(8) {
            // Mostly none of them was touched.
            if self.touched[eight..eight + 8] == [false; 8] {
                continue;
            }
            for block in eight..eight + 8 {
                if std::mem::take(&mut self.touched[block]) {
                    self.gather(block);
                }
            }
        }
        self.counted = 0;
        SparseHistogram::from_ascending(
            self.gathered.iter().map(|(bucket, _)| *bucket).collect(),
            self.gathered.iter().map(|(_, count)| u64::from(*count)).collect(),
        )
    }

    /// Moves the counters of a block behind the buckets that are gathered.
    fn gather(&mut self, block: usize) {
        let start = block * BLOCK;
        let (mut above_zero, mut found) = ([(0, 0); BLOCK], 0);
        for (offset, counter) in self.counters[start..start + BLOCK].iter_mut().enumerate() {
            // Written in any case, and kept if the counter is above zero: no branch to mispredict.
            above_zero[found % BLOCK] = ((start + offset) as u32, *counter);
            found += usize::from(*counter != 0);
            *counter = 0;
        }
        self.gathered.extend_from_slice(&above_zero[..found]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorder_hands_over_what_it_counted_and_starts_afresh() {
        let mut recorder = Recorder::new();
        for nanos in [0, 1, 1, u64::MAX, u64::MAX, 20_000_000] {
            recorder.record(nanos);
        }
        assert_eq!(recorder.count(), 6);
        let above: Vec<u64> = [0, 1, 1_000, 20_000_000].map(|value| recorder.above(value)).to_vec();
        assert_eq!(above, [5, 3, 3, 2]);
        let first = recorder.close();
        assert_eq!(first.histogram.count(), 6);
        assert_eq!([0, 1, 20_000_000].map(|value| first.histogram.above(value)), [5, 3, 2]);
        assert_eq!(first.sum_ns, 2 * u128::from(u64::MAX) + 20_000_002);
        assert_eq!(first.max_ns, u64::MAX);
        assert_eq!(recorder.close(), Recorded::default());

        recorder.record(7);
        let second = recorder.close();
        assert_eq!((second.histogram.count(), second.sum_ns, second.max_ns), (1, 7, 7));
        assert_eq!(second.histogram.percentile(50.0), Some(7.0));
    }

    #[test]
    fn every_block_of_the_table_can_be_touched_and_is_cleared() {
        let mut recorder = Recorder::new();
        let one_of_each_bucket = || (0..buckets::COUNT).map(buckets::start);
        one_of_each_bucket().for_each(|nanos| recorder.record(nanos));
        assert_eq!(recorder.close().histogram.count(), buckets::COUNT as u64);
        assert!(recorder.counters.as_slice().iter().all(|counter| *counter == 0));
    }

    #[test]
    fn counters_spill_before_they_overflow() {
        let mut recorder = Recorder::new();
        recorder.record(5);
        // As if 2³² − 2 values of 5 ns had come: too many to record one by one.
        recorder.counters[5] = u32::MAX - 1;
        recorder.counted = u32::MAX - 1;
        recorder.record(5);
        recorder.record(5);
        assert_eq!(recorder.count(), u64::from(u32::MAX) + 1);
        assert_eq!(recorder.close().histogram.count(), u64::from(u32::MAX) + 1);
    }
}
