//! How figures are written for people: a unit, thousands separated, as many digits as mean
//! something. Files for machines hold the whole number instead.

use experiments::results::{Estimate, Unit};

/// What stands where a figure does not exist.
pub const MISSING: &str = "–";

/// A figure with its unit: `4.06x`, `1,624/s`, `98.7 %`, `14.2 s`, `250 ms`.
pub fn value(unit: Unit, value: f64) -> String {
    if !value.is_finite() {
        return MISSING.to_owned();
    }
    let scale = Scale::of(unit, value);
    scale.bounded(value).unwrap_or_else(|| scale.with_unit(value))
}

/// A mean with half of its 95 % interval, in the unit of the mean: `4.06x ± 0.02`.
pub fn estimate(unit: Unit, estimate: &Estimate) -> String {
    let (mean, half_width) = parts(unit, estimate);
    match half_width {
        Some(half_width) => format!("{mean} ± {half_width}"),
        None => mean,
    }
}

/// The same in two parts: the mean with its unit, and the bare half width in that unit.
pub fn parts(unit: Unit, estimate: &Estimate) -> (String, Option<String>) {
    let Some(mean) = estimate.mean.filter(|mean| mean.is_finite()) else {
        return (MISSING.to_owned(), None);
    };
    let half_width = estimate
        .half_width
        .filter(|half_width| half_width.is_finite())
        .map(|half_width| Scale::of(unit, mean).half_width(half_width));
    (value(unit, mean), half_width)
}

/// A figure at a tick of an axis, in steps so wide: no more digits than the step needs.
pub fn tick(unit: Unit, value: f64, step: f64) -> String {
    let mut scale = Scale::of(unit, if value == 0.0 { step } else { value });
    scale.decimals = decimals_for(step * scale.factor);
    scale.with_unit(value)
}

/// A whole number with its thousands separated: `1,624`.
pub fn whole(number: u64) -> String {
    separated(number.to_string())
}

/// How figures of one size are written.
struct Scale {
    factor: f64,
    suffix: &'static str,
    decimals: usize,
    /// Of shares: the whole, which nothing short of it may be rounded to.
    whole: Option<f64>,
}

impl Scale {
    fn of(unit: Unit, value: f64) -> Self {
        let (factor, suffix) = match unit {
            Unit::PerSecond => (1.0, "/s"),
            Unit::Seconds => seconds(value.abs()),
            Unit::Count => (1.0, ""),
            Unit::Share => (100.0, " %"),
            Unit::Factor => (1.0, "x"),
        };
        let scaled = value.abs() * factor;
        let decimals = match unit {
            Unit::Share => share_decimals(scaled),
            Unit::Count if scaled.fract() == 0.0 => 0,
            Unit::PerSecond if near_whole(scaled) => 0,
            _ => three_digits(scaled),
        };
        Self { factor, suffix, decimals, whole: (unit == Unit::Share).then_some(100.0) }
    }

    fn with_unit(&self, value: f64) -> String {
        format!("{}{}", fixed(value * self.factor, self.decimals), self.suffix)
    }

    /// A share that would be rounded to nothing or to the whole, but is not: `>99.999 %`.
    fn bounded(&self, value: f64) -> Option<String> {
        let (scaled, whole) = (value * self.factor, self.whole?);
        let smallest = power_of_ten(self.decimals).recip();
        if scaled > 0.0 && scaled < smallest / 2.0 {
            Some(format!("<{}{}", fixed(smallest, self.decimals), self.suffix))
        } else if scaled < whole && whole - scaled < smallest / 2.0 {
            let most = fixed(whole - smallest, self.decimals);
            Some(format!(">{most}{}", self.suffix))
        } else {
            None
        }
    }

    /// As many decimals as the mean has, or one more if that shows a digit that is not zero; what
    /// is smaller still is `<0.001`.
    fn half_width(&self, half_width: f64) -> String {
        let scaled = half_width * self.factor;
        if scaled == 0.0 {
            return "0".to_owned();
        }
        let decimals = decimals_for(scaled).clamp(self.decimals, self.decimals + 1);
        let smallest = power_of_ten(decimals).recip();
        match scaled < smallest / 2.0 {
            true => format!("<{}", fixed(smallest, decimals)),
            false => fixed(scaled, decimals),
        }
    }
}

/// The unit in which a time reads best.
fn seconds(seconds: f64) -> (f64, &'static str) {
    match seconds {
        0.0 => (1.0, " s"),
        s if s < 0.000_999_5 => (1e6, " µs"),
        s if s < 0.999_5 => (1e3, " ms"),
        s if s < 600.0 => (1.0, " s"),
        s if s < 7200.0 => (1.0 / 60.0, " min"),
        _ => (1.0 / 3600.0, " h"),
    }
}

/// The decimals that make three digits, none for what is larger.
fn three_digits(scaled: f64) -> usize {
    match scaled {
        0.0 => 0,
        s if s < 0.000_995 => 5,
        s if s < 0.009_95 => 4,
        s if s < 0.099_95 => 3,
        s if s < 9.995 => 2,
        s if s < 99.95 => 1,
        _ => 0,
    }
}

/// A share shows the more digits, the closer it comes to none or all.
fn share_decimals(percent: f64) -> usize {
    match percent.min((100.0 - percent).abs()) {
        0.0 => 0,
        distance if distance >= 0.995 => 1,
        distance if distance >= 0.0995 => 2,
        _ => 3,
    }
}

/// The decimals that show the first digit of a number below one.
fn decimals_for(number: f64) -> usize {
    (0..9).find(|&decimals| number * power_of_ten(decimals) >= 0.95).unwrap_or(9)
}

/// `400.0` and `399.98` a second are both `400/s`; `12.3` keeps its digit.
fn near_whole(scaled: f64) -> bool {
    scaled >= 10.0 && (scaled - scaled.round()).abs() < 0.05
}

fn power_of_ten(exponent: usize) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * 10.0)
}

fn fixed(number: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", number.abs());
    let negative = number < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let (integer, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let sign = if negative { "−" } else { "" };
    format!("{sign}{}{fraction}", separated(integer.to_owned()))
}

fn separated(digits: String) -> String {
    let length = digits.len();
    let mut text = String::with_capacity(length + length / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (length - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mean: f64, half_width: f64) -> Estimate {
        Estimate {
            mean: Some(mean),
            half_width: Some(half_width),
            sd: Some(1.0),
            n: 30,
            missing: 0,
        }
    }

    #[test]
    fn figures_carry_their_unit_and_three_digits() {
        for (unit, number, text) in [
            (Unit::Factor, 4.0612, "4.06x"),
            (Unit::Factor, 13.24, "13.2x"),
            (Unit::Factor, 9.996, "10.0x"),
            (Unit::Factor, 208.3, "208x"),
            (Unit::Factor, 1.0, "1.00x"),
            (Unit::PerSecond, 1624.4, "1,624/s"),
            (Unit::PerSecond, 400.02, "400/s"),
            (Unit::PerSecond, 12.34, "12.3/s"),
            (Unit::PerSecond, 0.5, "0.50/s"),
            (Unit::PerSecond, 1_234_567.0, "1,234,567/s"),
            (Unit::Seconds, 14.23, "14.2 s"),
            (Unit::Seconds, 0.25, "250 ms"),
            (Unit::Seconds, 0.0123, "12.3 ms"),
            (Unit::Seconds, 0.000_25, "250 µs"),
            (Unit::Seconds, 0.9996, "1.00 s"),
            (Unit::Seconds, 900.0, "15.0 min"),
            (Unit::Seconds, 9000.0, "2.50 h"),
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Count, 12.0, "12"),
            (Unit::Count, 12.34, "12.3"),
            (Unit::Count, 48_000.0, "48,000"),
            (Unit::Share, 0.987, "98.7 %"),
            (Unit::Share, 0.9997, "99.970 %"),
            (Unit::Share, 1.0, "100 %"),
            (Unit::Share, 0.0, "0 %"),
            (Unit::Share, 0.999_999_9, ">99.999 %"),
            (Unit::Share, 0.000_000_1, "<0.001 %"),
            (Unit::Factor, f64::NAN, MISSING),
            (Unit::Factor, f64::INFINITY, MISSING),
        ] {
            assert_eq!(value(unit, number), text, "{unit:?} {number}");
        }
    }

    #[test]
    fn an_interval_shares_the_unit_and_digits_of_its_mean() {
        assert_eq!(estimate(Unit::Factor, &of(4.0612, 0.0213)), "4.06x ± 0.02");
        assert_eq!(estimate(Unit::PerSecond, &of(1624.4, 8.7)), "1,624/s ± 9");
        assert_eq!(estimate(Unit::Seconds, &of(0.25, 0.003)), "250 ms ± 3");
        assert_eq!(estimate(Unit::Share, &of(0.987, 0.0012)), "98.7 % ± 0.1");
    }

    #[test]
    fn an_interval_is_never_rounded_to_nothing() {
        assert_eq!(estimate(Unit::Factor, &of(4.06, 0.0004)), "4.06x ± <0.001");
        assert_eq!(estimate(Unit::PerSecond, &of(1600.0, 0.25)), "1,600/s ± 0.2");
        assert_eq!(estimate(Unit::Factor, &of(4.06, 0.0)), "4.06x ± 0");
    }

    #[test]
    fn what_does_not_exist_is_a_dash() {
        let none = Estimate { mean: None, half_width: None, sd: None, n: 0, missing: 30 };
        assert_eq!(estimate(Unit::Seconds, &none), MISSING);
    }

    #[test]
    fn a_single_run_has_no_interval() {
        let single = Estimate { half_width: None, sd: None, n: 1, ..of(4.06, 0.0) };
        assert_eq!(estimate(Unit::Factor, &single), "4.06x");
    }

    #[test]
    fn ticks_show_what_their_step_needs() {
        assert_eq!(tick(Unit::PerSecond, 1500.0, 500.0), "1,500/s");
        assert_eq!(tick(Unit::Factor, 1.5, 0.5), "1.5x");
        assert_eq!(tick(Unit::Factor, 0.0, 0.5), "0.0x");
        assert_eq!(tick(Unit::Share, 0.5, 0.25), "50 %");
        assert_eq!(tick(Unit::Seconds, 0.01, 0.01), "10 ms");
    }
}
