//! What a model came to, beside what theory says.

/// Beyond so many standard errors a figure is wrong: the tolerance of `squall validate`.
///
/// The draws of a model are always the same, so a right engine never crosses it by bad luck on one
/// machine and not on another. It was chosen before looking: a figure of a right engine lies beyond
/// it once in 150,000 seeds.
pub const MOST_ERRORS: f64 = 4.5;

/// A figure of a run beside the right one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// What it is: "mean response time".
    pub name: &'static str,
    /// Its unit: "ms"; empty for a plain number.
    pub unit: &'static str,
    /// What the run measured.
    pub value: f64,
    /// What theory says.
    pub right: f64,
    /// How far a run of this length usually lies from theory; 0 if it has to be equal.
    pub standard_error: f64,
}

impl Figure {
    /// How far from theory it may lie.
    pub fn tolerance(&self) -> f64 {
        MOST_ERRORS * self.standard_error
    }

    /// Whether it agrees with theory. What is no number does not.
    pub fn is_right(&self) -> bool {
        (self.value - self.right).abs() <= self.tolerance()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, standard_error: f64) -> Figure {
        Figure { name: "mean", unit: "ms", value, right: 10.0, standard_error }
    }

    #[test]
    fn a_figure_is_right_within_four_and_a_half_standard_errors() {
        assert!(figure(10.0 + 4.5 * 0.125, 0.125).is_right());
        assert!(!figure(10.0 - 4.6 * 0.125, 0.125).is_right());
        assert!(!figure(f64::NAN, 1.0).is_right());
    }

    #[test]
    fn without_a_standard_error_it_has_to_be_equal() {
        assert!(figure(10.0, 0.0).is_right());
        assert!(!figure(10.000_001, 0.0).is_right());
    }
}
