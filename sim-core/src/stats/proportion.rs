//! Proportions of runs, with Wilson intervals.

use super::interval::Interval;
use super::normal::normal_quantile;

/// The Wilson score interval of a proportion: of `n` independent runs, `hits` had it.
///
/// Unlike the textbook's normal interval it stays within 0 and 1 and is honest near them
/// (Wilson, *JASA* 22 (1927), 209–212). Without runs it is all of 0 to 1.
pub fn wilson_interval(hits: u64, n: u64, confidence: f64) -> Interval {
    if n == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (z, n) = (two_sided(confidence), n as f64);
    let share = hits as f64 / n;
    let z2 = z * z;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let spread = (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let interval = Interval::around(centre, z * spread / (1.0 + z2 / n));
    Interval {
        low: if hits == 0 { 0.0 } else { interval.low.max(0.0) },
        high: if share >= 1.0 { 1.0 } else { interval.high.min(1.0) },
    }
}

/// The `z` for which a standard normal variate lies in `−z … z` with this probability.
pub(super) fn two_sided(confidence: f64) -> f64 {
    normal_quantile(0.5 + confidence / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_close(interval: Interval, low: f64, high: f64) {
        assert!((interval.low - low).abs() < 5e-5, "{interval:?}");
        assert!((interval.high - high).abs() < 5e-5, "{interval:?}");
    }

    #[test]
    fn intervals_are_those_of_newcombe_1998() {
        // Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3.
        assert_close(wilson_interval(81, 263, 0.95), 0.2553, 0.3662);
        assert_close(wilson_interval(15, 148, 0.95), 0.0624, 0.1605);
        assert_close(wilson_interval(0, 20, 0.95), 0.0, 0.1611);
        assert_close(wilson_interval(1, 29, 0.95), 0.0061, 0.1718);
    }

    #[test]
    fn the_ends_belong_to_none_and_all() {
        assert_eq!(wilson_interval(0, 7, 0.95).low, 0.0);
        assert_eq!(wilson_interval(7, 7, 0.95).high, 1.0);
        assert_eq!(wilson_interval(0, 0, 0.95), Interval { low: 0.0, high: 1.0 });
        let (none, all) = (wilson_interval(0, 7, 0.95), wilson_interval(7, 7, 0.95));
        assert!((none.high - (1.0 - all.low)).abs() < 1e-15);
    }
}
