//! How many replications a question needs.

use super::estimate::{MeanEstimate, half_width};
use super::proportion::two_sided;

/// More replications than anybody runs.
const TOO_MANY: u64 = 1 << 40;

/// How many replications bring the half width of a t interval down to `target`, if the values go
/// on to vary by `sd`; at least 2. `None` if no number does, or only an absurd one.
pub fn replications_for_half_width(sd: f64, target: f64, confidence: f64) -> Option<u64> {
    smallest(|n| half_width(n as f64, sd, confidence) <= target)
}

/// How many replications would put the interval of a mean wholly on one side of `bound`, if mean
/// and standard deviation stay as they are; `None` if they lie so close that no number would.
pub fn replications_to_decide(estimate: &MeanEstimate, bound: f64) -> Option<u64> {
    let distance = (estimate.mean - bound).abs();
    smallest(|n| half_width(n as f64, estimate.sd, estimate.confidence) < distance)
}

/// How many replications would put the Wilson interval of a proportion wholly on one side of
/// `bound`, if the proportion stays as it is; `None` if no number would.
pub fn replications_to_decide_share(share: f64, bound: f64, confidence: f64) -> Option<u64> {
    // The Wilson interval holds the bounds that the score test does not reject.
    let z = two_sided(confidence);
    let distance = (share - bound).abs();
    smallest(|n| z * (bound * (1.0 - bound) / n as f64).sqrt() < distance)
}

/// The smallest `n ≥ 2` that is enough, where whatever is above an enough is enough.
fn smallest(enough: impl Fn(u64) -> bool) -> Option<u64> {
    let mut high = 2;
    while !enough(high) {
        high *= 2;
        if high > TOO_MANY {
            return None;
        }
    }
    let mut low = if high == 2 { return Some(2) } else { high / 2 };
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        *(if enough(middle) { &mut high } else { &mut low }) = middle;
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::super::{mean_interval, wilson_interval};
    use super::*;

    #[test]
    fn the_number_is_the_smallest_that_is_enough() {
        for (sd, target) in [(1.0, 0.5), (3.0, 0.2), (0.1, 10.0), (2.0, 0.01)] {
            let n = replications_for_half_width(sd, target, 0.95).unwrap();
            assert!(half_width(n as f64, sd, 0.95) <= target);
            assert!(n == 2 || half_width((n - 1) as f64, sd, 0.95) > target);
        }
        assert_eq!(replications_for_half_width(0.0, 0.0, 0.95), Some(2));
        assert_eq!(replications_for_half_width(1.0, 0.0, 0.95), None);
    }

    #[test]
    fn a_mean_next_to_its_bound_needs_many_and_on_it_no_number_is_enough() {
        let estimate = mean_interval(&[3.0, 4.0, 5.0], 0.95).unwrap();
        let near = replications_to_decide(&estimate, 4.1).unwrap();
        let far = replications_to_decide(&estimate, 14.0).unwrap();
        assert_eq!((near, far), (387, 2));
        assert_eq!(replications_to_decide(&estimate, 4.0), None);
    }

    #[test]
    fn a_share_is_decided_when_its_wilson_interval_excludes_the_bound() {
        let n = replications_to_decide_share(0.5, 0.4, 0.95).unwrap();
        let excludes = |n: u64| !wilson_interval(n / 2, n, 0.95).contains(0.4);
        assert!(excludes(n + n % 2) && !excludes(n - 2 - n % 2), "{n}");
        assert_eq!(replications_to_decide_share(0.4, 0.4, 0.95), None);
    }
}
