//! The histogram in which Envoy keeps response times: two significant digits, log-linear.

use std::collections::BTreeMap;

/// Counts of whole numbers by their two leading digits.
#[derive(Clone, Debug, Default)]
pub(super) struct CircllHist {
    bins: BTreeMap<Bin, u64>,
    count: u64,
}

/// All numbers with these leading digits: `low` and the `width` − 1 that follow, in tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bin {
    low_tenths: u64,
    width_tenths: u64,
}

impl Bin {
    fn of(value: u64) -> Self {
        // Below 10 the second digit is a tenth; zero has a bin of its own, of no width.
        let (mut digits, mut unit) = (value * 10, 1);
        while digits >= 100 {
            (digits, unit) = (digits / 10, unit * 10);
        }
        let width_tenths = if value == 0 { 0 } else { unit };
        Self { low_tenths: digits * unit, width_tenths }
    }
}

impl CircllHist {
    pub(super) fn add(&mut self, value: u64) {
        // Tenths of what is larger do not fit; as nanoseconds it is beyond the end of time.
        *self.bins.entry(Bin::of(value.min(u64::MAX / 100))).or_default() += 1;
        self.count += 1;
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// `hist_approx_quantile`: the place of the quantile within its bin, as if the bin's numbers
    /// were spread evenly; zero if there are none.
    pub(super) fn quantile(&self, quantile: f64) -> f64 {
        let wanted = self.count as f64 * quantile;
        let (mut below, mut value) = (0.0, 0.0);
        for (bin, count) in &self.bins {
            let upto = below + *count as f64;
            let (low, width) = (bin.low_tenths as f64 / 10.0, bin.width_tenths as f64 / 10.0);
            value = low + (wanted - below) / (upto - below) * width;
            if wanted <= upto {
                break;
            }
            below = upto;
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u64]) -> CircllHist {
        let mut hist = CircllHist::default();
        values.iter().for_each(|value| hist.add(*value));
        hist
    }

    #[test]
    fn a_bin_holds_the_numbers_with_the_same_two_digits() {
        for (value, low, width) in [
            (0, 0.0, 0.0),
            (1, 1.0, 0.1),
            (9, 9.0, 0.1),
            (10, 10.0, 1.0),
            (99, 99.0, 1.0),
            (100, 100.0, 10.0),
            (109, 100.0, 10.0),
            (110, 110.0, 10.0),
            (999, 990.0, 10.0),
            (1_000, 1_000.0, 100.0),
            (12_345, 12_000.0, 1_000.0),
        ] {
            let bin = Bin::of(value);
            let found = (bin.low_tenths as f64 / 10.0, bin.width_tenths as f64 / 10.0);
            assert_eq!(found, (low, width), "{value}");
        }
    }

    #[test]
    fn a_quantile_lies_in_its_bin_in_proportion() {
        assert_eq!(of(&[10_000; 50]).quantile(0.5), 10_500.0);
        assert_eq!(of(&[10_000; 50]).quantile(1.0), 11_000.0);
        assert_eq!(of(&[10_000; 50]).quantile(0.0), 10_000.0);
        let two = of(&[100, 100, 200, 200]);
        assert_eq!(two.quantile(0.25), 105.0);
        // Exactly the first bin: its upper end, not the lower end of the next.
        assert_eq!(two.quantile(0.5), 110.0);
        assert_eq!(two.quantile(0.75), 205.0);
        assert_eq!(two.quantile(1.0), 210.0);
    }

    #[test]
    fn zeros_are_a_bin_of_no_width() {
        assert_eq!(of(&[0, 0, 5]).quantile(0.5), 0.0);
        assert_eq!(of(&[]).quantile(0.5), 0.0);
    }

    #[test]
    fn the_largest_number_has_a_bin() {
        let hist = of(&[u64::MAX]);
        assert!(hist.quantile(0.5) > 1e17);
        assert_eq!(hist.count(), 1);
    }

    #[test]
    fn cleared_it_is_empty() {
        let mut hist = of(&[1, 2]);
        hist.clear();
        assert_eq!((hist.count(), hist.quantile(0.5)), (0, 0.0));
    }
}
