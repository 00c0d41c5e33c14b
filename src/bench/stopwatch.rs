//! The clock, and what repeated measurements come to.

use std::time::{Duration, Instant};

/// Does some work, and says how long that took.
#[expect(clippy::disallowed_methods, reason = "a benchmark looks at the clock; no result does")]
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

/// Several measurements of one thing: the middle one, and how far apart they lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The smallest.
    pub least: f64,
    /// The middle one; of an even number, the mean of the middle two.
    pub median: f64,
    /// The largest.
    pub most: f64,
}

impl Spread {
    /// Of these measurements; all zero if there are none.
    pub fn of(measurements: impl IntoIterator<Item = f64>) -> Self {
        let mut all: Vec<f64> = measurements.into_iter().collect();
        all.sort_by(f64::total_cmp);
        let at = |place: usize| all.get(place).copied().unwrap_or(0.0);
        let (lower, upper) = (all.len().saturating_sub(1) / 2, all.len() / 2);
        Self {
            least: at(0),
            median: f64::midpoint(at(lower), at(upper)),
            most: at(all.len().saturating_sub(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_or_the_mean_of_the_middle_two() {
        let spread = |all: &[f64]| Spread::of(all.iter().copied());
        assert_eq!(spread(&[3.0, 1.0, 9.0]), Spread { least: 1.0, median: 3.0, most: 9.0 });
        assert_eq!(spread(&[4.0, 1.0, 9.0, 2.0]).median, 3.0);
        assert_eq!(spread(&[5.0]), Spread { least: 5.0, median: 5.0, most: 5.0 });
    }
}
