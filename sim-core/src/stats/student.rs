//! The quantiles of Student's t distribution.

use std::f64::consts::PI;

use super::normal::normal_quantile;

/// From this many degrees of freedom on, the expansion about the normal quantile is exact to
/// the last digits of an `f64`.
const EXPANSION_IS_EXACT_FROM: f64 = 1e5;

/// The value below which a variate of Student's t distribution lies with probability `p`.
///
/// `freedom` is the degrees of freedom, at least 1; infinity is the normal distribution. Minus
/// and plus infinity at 0 and 1; not a number where there is no such quantile. Relative error
/// below 10⁻¹¹ for probabilities from 10⁻⁸ to 1 − 10⁻⁸: Newton's method on the distribution
/// function, which is an incomplete beta function.
pub fn student_quantile(p: f64, freedom: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || freedom.is_nan() || freedom < 1.0 {
        return f64::NAN;
    }
    let tail = p.min(1.0 - p);
    let magnitude = match tail {
        0.0 => f64::INFINITY,
        0.5 => 0.0,
        _ if freedom == 1.0 => 1.0 / libm::tan(PI * tail),
        _ if freedom == 2.0 => (1.0 - 2.0 * tail) / (2.0 * tail * (1.0 - tail)).sqrt(),
        _ if freedom >= EXPANSION_IS_EXACT_FROM => expansion(-normal_quantile(tail), freedom),
        _ => newton(tail, freedom),
    };
    magnitude.copysign(p - 0.5)
}

/// The expansion of a quantile about the normal one `x` (Abramowitz and Stegun 26.7.5).
fn expansion(x: f64, freedom: f64) -> f64 {
    if freedom.is_infinite() {
        return x;
    }
    let square = x * x;
    let terms = [
        (square + 1.0) / 4.0,
        ((5.0 * square + 16.0) * square + 3.0) / 96.0,
        (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
        ((((79.0 * square + 776.0) * square + 1482.0) * square - 1920.0) * square - 945.0)
            / 92160.0,
    ];
    x + x * terms.iter().rev().fold(0.0, |sum, term| (sum + term) / freedom)
}

/// The `t > 0` above which a variate lies with probability `tail`.
fn newton(tail: f64, freedom: f64) -> f64 {
    let mut t = start(tail, freedom);
    for _ in 0..60 {
        // Newton on the logarithm of the tail: its slope hardly changes far out, where that of
        // the tail itself vanishes.
        let above = probability_above(t, freedom);
        let step = above / density(t, freedom) * libm::log(above / tail);
        t = (t + step).max(t / 8.0);
        if step.abs() <= 1e-15 * t {
            break;
        }
    }
    t
}

/// A first guess: the expansion where it holds, else the leading term of the tail, which is
/// `c · t^−freedom`.
fn start(tail: f64, freedom: f64) -> f64 {
    let x = -normal_quantile(tail);
    if x * x < freedom {
        return expansion(x, freedom).max(f64::MIN_POSITIVE);
    }
    let leading = density_at_zero(freedom) * libm::pow(freedom, (freedom - 1.0) / 2.0);
    libm::pow(leading / tail, 1.0 / freedom)
}

/// The density at `t`.
fn density(t: f64, freedom: f64) -> f64 {
    let exponent = -0.5 * (freedom + 1.0) * libm::log1p(t * t / freedom);
    density_at_zero(freedom) * libm::exp(exponent)
}

/// `Γ((ν+1)/2) / (√(νπ) · Γ(ν/2))`.
fn density_at_zero(freedom: f64) -> f64 {
    gamma_ratio(freedom / 2.0) / (freedom * PI).sqrt()
}

/// `Γ(a + ½) / Γ(a)`.
fn gamma_ratio(a: f64) -> f64 {
    if a < 40.0 {
        return libm::exp(libm::lgamma(a + 0.5) - libm::lgamma(a));
    }
    // The difference of two large logarithms would cost digits (Abramowitz and Stegun 6.1.47).
    let series = [1.0, -1.0 / 8.0, 1.0 / 128.0, 5.0 / 1024.0, -21.0 / 32768.0, -399.0 / 262144.0];
    a.sqrt() * series.iter().rev().fold(0.0, |sum, term| sum / a + term)
}

/// The probability of a value above `t > 0`.
fn probability_above(t: f64, freedom: f64) -> f64 {
    let square = t * t;
    let (a, b) = (freedom / 2.0, 0.5);
    // x^a · (1 − x)^b / B(a, b) with x = ν/(ν + t²), from the density.
    let front = density(t, freedom) * t;
    let (x, y) = (freedom / (freedom + square), square / (freedom + square));
    if x < (a + 1.0) / (a + b + 2.0) {
        0.5 * front * continued_fraction(a, b, x) / a
    } else {
        0.5 - 0.5 * front * continued_fraction(b, a, y) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method (DLMF 8.17.22).
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let not_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / not_zero(1.0 + term * d);
            c = not_zero(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 4e-16 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;

    /// Not above: there the oracle itself loses digits.
    const FREEDOMS: [f64; 11] = [1.0, 2.0, 3.0, 4.0, 4.5, 7.0, 9.0, 29.0, 79.0, 81.0, 399.0];
    const TAILS: [f64; 9] = [1e-8, 1e-6, 0.0005, 0.005, 0.025, 0.05, 0.2, 0.4, 0.49];

    #[test]
    fn quantiles_are_those_of_the_oracle() {
        for freedom in FREEDOMS {
            let oracle = StudentsT::new(0.0, 1.0, freedom).unwrap();
            for tail in TAILS {
                let ours = -student_quantile(tail, freedom);
                // Compared as probabilities in units of the slope: the oracle inverts only to
                // its own tolerance, but its distribution function is exact.
                let slope = density(ours, freedom);
                let error = (oracle.sf(ours) - tail) / slope;
                assert!(
                    error.abs() <= 1e-9 * ours,
                    "t({tail}, {freedom}) = {ours}: off by {error}"
                );
                let mirrored = student_quantile(1.0 - tail, freedom);
                assert!((mirrored - ours).abs() <= 1e-7 * ours, "{mirrored} is not {ours}");
            }
        }
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // Computed with mpmath to 40 digits, as roots of the incomplete beta function.
        for (tail, freedom, expected) in [
            (0.025, 1.0, 12.706_204_736_174_705),
            (0.025, 2.0, 4.302_652_729_749_464),
            (0.025, 3.0, 3.182_446_305_284_263_3),
            (0.025, 9.0, 2.262_157_162_798_205_3),
            (0.025, 29.0, 2.045_229_642_132_704_3),
            (0.025, 79.0, 1.990_450_210_230_129),
            (0.025, 81.0, 1.989_686_323_456_902_9),
            (0.025, 399.0, 1.965_927_295_920_882),
            (0.025, f64::INFINITY, 1.959_963_984_540_054_3),
            (0.025, 99_999.0, 1.959_987_707_771_844_8),
            (0.49, 99_999.0, 0.025_068_970_971_073_83),
            (1e-8, 1e6, 5.612_046_834_369_281_5),
            (1e-8, 3.0, 479.525_069_579_738_3),
            (1e-8, 29.0, 7.641_683_132_381_44),
            (0.4999, 9.0, 0.000_257_708_775_534_310_4),
        ] {
            let ours = -student_quantile(tail, freedom);
            let error = (ours - expected).abs() / expected;
            assert!(error < 2e-12, "t({tail}, {freedom}) = {ours}, not {expected}: {error:e}");
        }
    }

    #[test]
    fn the_ends_are_infinite_and_beyond_them_is_nothing() {
        assert_eq!(student_quantile(1.0, 5.0), f64::INFINITY);
        assert_eq!(student_quantile(0.0, 5.0), f64::NEG_INFINITY);
        assert_eq!(student_quantile(0.5, 5.0), 0.0);
        assert!(student_quantile(0.9, 0.5).is_nan());
        assert!(student_quantile(1.5, 5.0).is_nan());
        assert!(student_quantile(0.9, f64::NAN).is_nan());
    }
}
