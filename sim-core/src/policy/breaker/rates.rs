//! The rates that trip a breaker, and how they are compared with their thresholds.

use super::axes::{Arithmetic, Threshold};
use super::trip::Totals;

/// The thresholds of a breaker, as its library compares them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// The share of failures that trips, from 0 to 1.
    pub failure: Option<f64>,
    /// The share of slow calls that trips, from 0 to 1.
    pub slow: Option<f64>,
    /// Rates of fewer calls than this are no rates.
    pub minimum_calls: u32,
    /// Whether a rate that is the threshold trips.
    pub threshold: Threshold,
    /// How rates are rounded.
    pub arithmetic: Arithmetic,
}

impl Rates {
    /// Whether a rate has reached its threshold, if there are `minimum` calls at least.
    #[inline(always)]
    pub(super) fn exceeded(&self, totals: &Totals, minimum: u32) -> bool {
        totals.calls > 0
            && totals.calls >= minimum
            && (self
                .failure
                .is_some_and(|limit| self.reached(totals.failures, totals.calls, limit))
                || self.slow.is_some_and(|limit| self.reached(totals.slow, totals.calls, limit)))
    }

    #[inline]
    fn reached(&self, part: u32, whole: u32, limit: f64) -> bool {
        // Nothing is no share above zero, in whatever arithmetic: mostly there is nothing to compare.
        if part == 0 && limit > NO_SHARE {
            return false;
        }
        self.share_reached(part, whole, limit)
    }

    #[inline(never)]
    fn share_reached(&self, part: u32, whole: u32, limit: f64) -> bool {
        let (part, whole) = (f64::from(part), f64::from(whole));
        match self.arithmetic {
            Arithmetic::Quotient => self.passes(part / whole, limit),
            Arithmetic::Percent => self.passes(part / whole * 100.0, percent(limit)),
            Arithmetic::SinglePercent => {
                let rate = part as f32 * 100.0 / whole as f32;
                self.passes(rate, percent(limit) as f32)
            }
            Arithmetic::Product => self.passes(part, limit * whole),
        }
    }

    fn passes<F: PartialOrd>(&self, rate: F, limit: F) -> bool {
        match self.threshold {
            Threshold::AtLeast => rate >= limit,
            Threshold::Above => rate > limit,
        }
    }
}

/// Shares up to this may be rounded to none.
const NO_SHARE: f64 = 1e-9;

/// The percentage that a library was told: 7 for 0.07, whose product with 100 is slightly more.
fn percent(share: f64) -> f64 {
    rounded(share * 1e10) / 1e8
}

/// As `f64::round`, of a number from 0 to 2⁵²: without a call, which that is on many processors.
fn rounded(number: f64) -> f64 {
    let whole = number as i64 as f64;
    if number - whole >= 0.5 { whole + 1.0 } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(failure: f64, threshold: Threshold, arithmetic: Arithmetic) -> Rates {
        Rates { failure: Some(failure), slow: None, minimum_calls: 0, threshold, arithmetic }
    }

    fn totals(failures: u32, calls: u32) -> Totals {
        Totals { calls, failures, ..Totals::default() }
    }

    const ALL: [Arithmetic; 4] =
        [Arithmetic::Quotient, Arithmetic::Percent, Arithmetic::SinglePercent, Arithmetic::Product];

    #[test]
    fn a_rate_at_the_threshold_trips_if_it_is_inclusive() {
        for arithmetic in ALL {
            let at_least = rates(0.5, Threshold::AtLeast, arithmetic);
            let above = rates(0.5, Threshold::Above, arithmetic);
            for (failures, calls, inclusive, strict) in
                [(1, 2, true, false), (49, 100, false, false), (51, 100, true, true)]
            {
                let totals = totals(failures, calls);
                assert_eq!(at_least.exceeded(&totals, 0), inclusive, "{arithmetic:?} {totals:?}");
                assert_eq!(above.exceeded(&totals, 0), strict, "{arithmetic:?} {totals:?}");
            }
        }
    }

    #[test]
    fn libraries_round_differently_where_the_rate_is_the_threshold() {
        let trips = |arithmetic, threshold, limit, failures| {
            rates(limit, threshold, arithmetic).exceeded(&totals(failures, 100), 0)
        };
        // 7 / 100 · 100 is 7.000000000000001 in double precision: opossum opens at exactly 7 %.
        assert!(trips(Arithmetic::Percent, Threshold::Above, 0.07, 7));
        assert!(!trips(Arithmetic::Quotient, Threshold::Above, 0.07, 7));
        assert!(!trips(Arithmetic::SinglePercent, Threshold::Above, 0.07, 7));
        assert!(trips(Arithmetic::SinglePercent, Threshold::AtLeast, 0.07, 7));
        assert!(trips(Arithmetic::Quotient, Threshold::AtLeast, 0.07, 7));
        // 0.29 · 100 is 28.999999999999996: cockatiel opens at exactly 29 %.
        assert!(trips(Arithmetic::Product, Threshold::Above, 0.29, 29));
        assert!(!trips(Arithmetic::Quotient, Threshold::Above, 0.29, 29));
    }

    #[test]
    fn a_number_is_rounded_as_by_the_standard_library() {
        for nth in 0..1_000_000_u32 {
            let number = f64::from(nth) * 7_919.123_456_789;
            assert_eq!(rounded(number), number.round(), "{number}");
        }
        let edges = [0.0, 0.5_f64.next_down(), 0.5, 1.5, 2.5, 0.07 * 1e10, 0.29 * 1e10, 1e10];
        assert_eq!(edges.map(rounded), edges.map(f64::round));
    }

    #[test]
    fn nothing_reaches_a_threshold_unless_that_is_zero() {
        for arithmetic in ALL {
            let reached =
                |threshold, limit| rates(limit, threshold, arithmetic).exceeded(&totals(0, 100), 0);
            assert!(reached(Threshold::AtLeast, 0.0) && !reached(Threshold::Above, 0.0));
            for limit in [2e-9, 0.01, 1.0] {
                assert!(!reached(Threshold::AtLeast, limit) && !reached(Threshold::Above, limit));
            }
        }
    }

    #[test]
    fn fewer_calls_than_the_minimum_have_no_rate() {
        let rates = rates(0.5, Threshold::AtLeast, Arithmetic::Quotient);
        assert!(!rates.exceeded(&totals(9, 9), 10));
        assert!(rates.exceeded(&totals(10, 10), 10));
        let all = Rates { failure: Some(0.0), arithmetic: Arithmetic::Product, ..rates };
        assert!(!all.exceeded(&totals(0, 0), 0), "none of none is no rate");
        assert!(all.exceeded(&totals(0, 1), 0));
    }

    #[test]
    fn slow_calls_have_a_threshold_of_their_own() {
        let slow = Rates {
            failure: Some(0.5),
            slow: Some(0.25),
            ..rates(0.5, Threshold::AtLeast, Arithmetic::SinglePercent)
        };
        assert!(slow.exceeded(&Totals { calls: 4, slow: 1, ..Totals::default() }, 0));
        assert!(!slow.exceeded(&Totals { calls: 5, slow: 1, ..Totals::default() }, 0));
        assert!(!Rates::default().exceeded(&totals(5, 5), 0));
    }
}
