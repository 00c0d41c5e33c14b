//! Counts over a recent stretch of time.

use crate::kernel::{SimDuration, SimTime};
use crate::policy::Problems;

/// Counts of several things over the last stretch of time, forgotten a sixtieth at a time: what
/// is counted lies between 59 and 60 sixtieths back.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Recent<const N: usize> {
    /// The length of a slice, in nanoseconds.
    slice: u64,
    /// Which slice of all time is the newest that is counted.
    newest: u64,
    sums: [u64; N],
    slices: Box<[[u32; N]; SLICES as usize]>,
}

const SLICES: u64 = 60;

/// Notes a window that cannot be cut into slices.
pub(in crate::policy) fn note_if_too_short(problems: &mut Problems, window: SimDuration) {
    problems.note_if(window.as_nanos() < SLICES, "window", "must be at least 60ns");
}

impl<const N: usize> Recent<N> {
    /// Counts over the last `window`, none so far.
    pub(in crate::policy) fn over(window: SimDuration) -> Self {
        let slices = Box::new([[0; N]; SLICES as usize]);
        Self { slice: window.as_nanos() / SLICES, newest: 0, sums: [0; N], slices }
    }

    /// Counts more of each thing.
    pub(in crate::policy) fn add(&mut self, now: SimTime, counts: [u32; N]) {
        self.forget(now);
        let slice = &mut self.slices[(self.newest % SLICES) as usize];
        for (thing, count) in counts.into_iter().enumerate() {
            slice[thing] += count;
            self.sums[thing] += u64::from(count);
        }
    }

    /// How many of each thing there were.
    pub(in crate::policy) fn sums(&mut self, now: SimTime) -> [u64; N] {
        self.forget(now);
        self.sums
    }

    fn forget(&mut self, now: SimTime) {
        let newest = now.as_nanos() / self.slice;
        let passed = (newest - self.newest).min(SLICES);
        for back in 0..passed {
            let slice = &mut self.slices[((newest - back) % SLICES) as usize];
            for (thing, count) in slice.iter_mut().enumerate() {
                self.sums[thing] -= u64::from(std::mem::take(count));
            }
        }
        self.newest = newest;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slice_is_forgotten_when_sixty_others_have_begun() {
        let mut recent = Recent::<2>::over(SimDuration::from_nanos(600));
        recent.add(SimTime::from_nanos(9), [1, 2]);
        recent.add(SimTime::from_nanos(10), [10, 0]);
        assert_eq!(recent.sums(SimTime::from_nanos(599)), [11, 2]);
        assert_eq!(recent.sums(SimTime::from_nanos(600)), [10, 0]);
        assert_eq!(recent.sums(SimTime::from_nanos(609)), [10, 0]);
        assert_eq!(recent.sums(SimTime::from_nanos(610)), [0, 0]);
    }

    proptest! {
        #[test]
        fn it_is_the_sum_over_a_list(
            steps in prop::collection::vec((0_u64..400, 0_u32..5), 1..200),
        ) {
            let mut recent = Recent::<1>::over(SimDuration::from_nanos(600));
            let (mut now, mut list) = (0, Vec::new());
            for (step, count) in steps {
                now += step;
                recent.add(SimTime::from_nanos(now), [count]);
                list.push((now / 10, count));
                let counted = list.iter().filter(|(slice, _)| slice + 60 > now / 10);
                let sum: u64 = counted.map(|(_, count)| u64::from(*count)).sum();
                prop_assert_eq!(recent.sums(SimTime::from_nanos(now)), [sum]);
            }
        }
    }
}
