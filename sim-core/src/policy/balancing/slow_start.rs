//! A host that has come back gets less than its weight at first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::SimDuration;
use crate::policy::Problems;

/// Multiplies the weight of a host that has been healthy for less than `window` by the share of
/// the window that has passed, to the power of 1 / `aggression`, but at least by `min_weight`.
/// (Envoy, `EdfLoadBalancerBase::applySlowStartFactor`, in whole milliseconds.)
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowStart {
    /// How long a host starts slowly.
    pub window: SimDuration,
    /// How fast its weight grows: at 1 with time, above it faster at first; above 0.
    #[serde(default = "one")]
    pub aggression: f64,
    /// The least share of its weight that a host gets; from 0 to 1.
    #[serde(default = "a_tenth")]
    pub min_weight: f64,
}

fn one() -> f64 {
    1.0
}

fn a_tenth() -> f64 {
    0.1
}

impl SlowStart {
    /// A slow start over this time with the library's defaults.
    pub fn over(window: SimDuration) -> Self {
        Self { window, aggression: one(), min_weight: a_tenth() }
    }

    pub(super) fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let wrong = self.window < SimDuration::from_millis(1);
        problems.note_if(wrong, "window", "must be at least 1ms");
        let wrong = !(self.aggression.is_finite() && self.aggression > 0.0);
        problems.note_if(wrong, "aggression", "must be a number above 0");
        problems.within("min_weight", self.min_weight, 0.0, 1.0);
        problems
    }

    /// What the weight of a host is multiplied by that has been healthy for so long. Never zero: a
    /// host of no weight would never be looked at again.
    pub(super) fn factor(&self, healthy_for: SimDuration) -> f64 {
        let whole_ms = |duration: SimDuration| duration.as_nanos() / 1_000_000;
        let (passed, window) = (whole_ms(healthy_for), whole_ms(self.window));
        if passed >= window {
            return 1.0;
        }
        let share = passed.max(1) as f64 / window as f64;
        let grown = match self.aggression == 1.0 {
            true => share,
            false => libm::pow(share, 1.0 / self.aggression),
        };
        grown.max(self.min_weight).max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> SimDuration {
        SimDuration::from_millis(ms)
    }

    #[test]
    fn the_weight_grows_with_time_from_a_tenth() {
        let slow = SlowStart::over(ms(10_000));
        for (passed, factor) in
            [(0, 0.1), (999, 0.1), (1_001, 0.1001), (5_000, 0.5), (9_999, 0.9999), (10_000, 1.0)]
        {
            assert_eq!(slow.factor(ms(passed)), factor, "{passed}");
        }
        assert_eq!(slow.factor(ms(5_000) + SimDuration::from_micros(999)), 0.5);
    }

    #[test]
    fn aggression_makes_it_grow_faster_at_first() {
        let slow = SlowStart { aggression: 2.0, ..SlowStart::over(ms(10_000)) };
        assert!((slow.factor(ms(2_500)) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn without_a_least_weight_the_first_millisecond_counts_as_passed() {
        let slow = SlowStart { min_weight: 0.0, ..SlowStart::over(ms(1_000)) };
        assert_eq!(slow.factor(SimDuration::ZERO), 0.001);
        assert_eq!(slow.factor(ms(2)), 0.002);
    }

    #[test]
    fn mistakes_name_the_field() {
        let slow = SlowStart { window: ms(0), aggression: 0.0, min_weight: 1.1 };
        let paths: Vec<_> = slow.check().0.into_iter().map(|problem| problem.path).collect();
        assert_eq!(paths, ["window", "aggression", "min_weight"]);
        assert_eq!(SlowStart::over(ms(1)).check().or_none(), Ok(()));
    }
}
