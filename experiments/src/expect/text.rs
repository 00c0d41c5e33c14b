//! Figures for people: `4.06x`, `96.7%`, `48.2ms`, `1624/s`.

use crate::results::Unit;

/// A figure to three digits, more where the whole part has more.
pub(crate) fn figure(value: f64, unit: Unit) -> String {
    let scale = Scale::of(value, unit);
    let scaled = value * scale.factor;
    format!("{}{}", trimmed(scaled, places_for(scaled, 3)), scale.suffix)
}

/// A figure with its half-width, to the places that the half-width is known to:
/// `4.06x ± 0.02`.
pub(crate) fn estimate(value: f64, half_width: Option<f64>, unit: Unit) -> String {
    let Some(half_width) = half_width.filter(|h| *h > 0.0) else {
        let exactly = if half_width.is_some() { " ± 0" } else { "" };
        return format!("{}{exactly}", figure(value, unit));
    };
    let scale = Scale::of(value, unit);
    let (value, half_width) = (value * scale.factor, half_width * scale.factor);
    let places = places_for(half_width, 1).max(places_for(value, 3).min(2));
    let places = places.min(places_for(half_width, 2));
    format!("{value:.places$}{} ± {half_width:.places$}", scale.suffix)
}

/// `3.98x to 4.1x`.
pub(super) fn interval(low: f64, high: f64, unit: Unit) -> String {
    match low == high {
        true => figure(low, unit),
        false => format!("{} to {}", figure(low, unit), figure(high, unit)),
    }
}

/// A share in percent.
pub(super) fn share(share: f64) -> String {
    figure(share, Unit::Share)
}

struct Scale {
    factor: f64,
    suffix: &'static str,
}

impl Scale {
    fn of(value: f64, unit: Unit) -> Self {
        let (factor, suffix) = match unit {
            Unit::Factor => (1.0, "x"),
            Unit::PerSecond => (1.0, "/s"),
            Unit::Share => (100.0, "%"),
            Unit::Count => (1.0, ""),
            Unit::Seconds if value == 0.0 || value.abs() >= 1.0 => (1.0, "s"),
            Unit::Seconds if value.abs() >= 1e-3 => (1e3, "ms"),
            Unit::Seconds => (1e6, "us"),
        };
        Self { factor, suffix }
    }
}

/// How many decimal places show so many digits of a value.
fn places_for(value: f64, digits: usize) -> usize {
    let mut places = digits.saturating_sub(1);
    let mut size = 1.0;
    while value.abs() >= size * 10.0 && places > 0 {
        size *= 10.0;
        places -= 1;
    }
    let mut size = 1.0;
    while value != 0.0 && value.abs() < size && places < 12 {
        size /= 10.0;
        places += 1;
    }
    places
}

/// Without zeros at the end.
fn trimmed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').into(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        for (value, unit, expected) in [
            (4.061, Unit::Factor, "4.06x"),
            (4.0, Unit::Factor, "4x"),
            (12.46, Unit::Seconds, "12.5s"),
            (0.048_23, Unit::Seconds, "48.2ms"),
            (0.000_5, Unit::Seconds, "500us"),
            (0.0, Unit::Seconds, "0s"),
            (0.9667, Unit::Share, "96.7%"),
            (1.0, Unit::Share, "100%"),
            (1624.4, Unit::PerSecond, "1624/s"),
            (0.004_2, Unit::Factor, "0.0042x"),
            (200.0, Unit::Count, "200"),
        ] {
            assert_eq!(figure(value, unit), expected);
        }
    }

    #[test]
    fn an_estimate_shows_the_places_its_half_width_knows() {
        for (value, half_width, unit, expected) in [
            (4.0612, Some(0.0203), Unit::Factor, "4.06x ± 0.02"),
            (4.0612, Some(0.0), Unit::Factor, "4.06x ± 0"),
            (4.0612, None, Unit::Factor, "4.06x"),
            (1624.4, Some(8.3), Unit::PerSecond, "1624/s ± 8"),
            (12.4, Some(0.31), Unit::Seconds, "12.4s ± 0.3"),
            (0.048_23, Some(0.000_12), Unit::Seconds, "48.2ms ± 0.1"),
            (0.9667, Some(0.000_004), Unit::Share, "96.6700% ± 0.0004"),
        ] {
            assert_eq!(estimate(value, half_width, unit), expected);
        }
    }
}
