//! Means over replications, with t intervals.

use super::interval::Interval;
use super::student::student_quantile;

/// The mean of independent values and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanEstimate {
    /// How many values there were; at least 1.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (with `n − 1`); zero for a single value.
    pub sd: f64,
    /// Half of the width of the confidence interval; infinite for a single value, of which
    /// nobody knows how much it varies.
    pub half_width: f64,
    /// The confidence of the interval, such as 0.95.
    pub confidence: f64,
}

impl MeanEstimate {
    /// The confidence interval of the mean.
    pub fn interval(&self) -> Interval {
        Interval::around(self.mean, self.half_width)
    }

    /// The standard error of the mean.
    pub fn standard_error(&self) -> f64 {
        self.sd / (self.n as f64).sqrt()
    }
}

/// The mean of independent values, such as one figure of every replication, with its t interval
/// at this confidence (such as 0.95); `None` if there are no values.
///
/// The values are taken in their order, so that equal lists give equal bits.
pub fn mean_interval(values: &[f64], confidence: f64) -> Option<MeanEstimate> {
    let (mean, sd) = mean_and_sd(values)?;
    let n = values.len();
    let half_width = half_width(n as f64, sd, confidence);
    Some(MeanEstimate { n, mean, sd, half_width, confidence })
}

/// The mean of `a − b`, taken pair by pair, with its t interval; `None` if there are no pairs or
/// the lists differ in length.
///
/// With common random numbers the pairs vary together, and their differences much less than
/// either.
pub fn paired_difference(a: &[f64], b: &[f64], confidence: f64) -> Option<MeanEstimate> {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let paired = a.len() == b.len();
    paired.then(|| mean_interval(&differences, confidence)).flatten()
}

/// Half of the width of the t interval of a mean of `n` values that vary by `sd`.
pub(super) fn half_width(n: f64, sd: f64, confidence: f64) -> f64 {
    if n < 2.0 {
        return f64::INFINITY;
    }
    student_quantile(0.5 + confidence / 2.0, n - 1.0) * sd / n.sqrt()
}

/// The mean and the standard deviation, in two passes: the second corrects the first's rounding.
fn mean_and_sd(values: &[f64]) -> Option<(f64, f64)> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let rough = values.iter().sum::<f64>() / n;
    let off = values.iter().map(|value| value - rough).sum::<f64>() / n;
    let mean = rough + off;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some((mean, (squares / (n - 1.0).max(1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_has_the_interval_of_the_textbook() {
        // 1 … 5: mean 3, sd √2.5, t(0.975, 4) = 2.776445…
        let estimate = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap();
        assert_eq!((estimate.n, estimate.mean), (5, 3.0));
        assert!((estimate.sd - 2.5_f64.sqrt()).abs() < 1e-15);
        assert!((estimate.half_width - 1.963_243_161).abs() < 1e-9, "{estimate:?}");
        assert!(estimate.interval().contains(4.9) && !estimate.interval().contains(5.0));
        assert!((estimate.standard_error() - 0.5_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn one_value_says_nothing_about_how_sure_it_is() {
        let estimate = mean_interval(&[7.0], 0.95).unwrap();
        assert_eq!((estimate.mean, estimate.sd, estimate.half_width), (7.0, 0.0, f64::INFINITY));
        assert!(mean_interval(&[], 0.95).is_none());
    }

    #[test]
    fn values_that_do_not_vary_are_certain() {
        let estimate = mean_interval(&[0.1; 30], 0.95).unwrap();
        assert_eq!((estimate.mean, estimate.half_width), (0.1, 0.0));
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let values: Vec<f64> = (0..1000).map(|k| 1e9 + f64::from(k % 10)).collect();
        let estimate = mean_interval(&values, 0.95).unwrap();
        assert_eq!(estimate.mean, 1e9 + 4.5);
        let exact = (8.25_f64 * 1000.0 / 999.0).sqrt();
        assert!((estimate.sd - exact).abs() < 1e-12, "{}", estimate.sd);
    }

    #[test]
    fn pairs_that_move_together_have_a_narrow_difference() {
        let b: Vec<f64> = (0..30).map(|k| f64::from(k * k)).collect();
        let a: Vec<f64> = b.iter().enumerate().map(|(k, b)| b + 5.0 + (k % 2) as f64).collect();
        let difference = paired_difference(&a, &b, 0.95).unwrap();
        assert_eq!(difference.mean, 5.5);
        assert!(difference.half_width < 0.2);
        assert!(mean_interval(&a, 0.95).unwrap().half_width > 90.0);
        assert!(paired_difference(&a, &b[1..], 0.95).is_none());
        assert!(paired_difference(&[], &[], 0.95).is_none());
    }
}
