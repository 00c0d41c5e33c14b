//! From figures to places on the page, and the ticks between.

/// An axis: figures between two bounds on the way between two places.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
}

impl Scale {
    /// Equal steps are equally wide.
    pub(super) fn linear(low: f64, high: f64, from: f64, to: f64) -> Self {
        Self { low, high, from, to, logarithmic: false }
    }

    /// Equal factors are equally wide; the bounds have to be above zero.
    pub(super) fn logarithmic(low: f64, high: f64, from: f64, to: f64) -> Self {
        Self { low, high, from, to, logarithmic: true }
    }

    /// The same figures between other places.
    pub(super) fn between(&self, from: f64, to: f64) -> Self {
        Self { from, to, ..self.clone() }
    }

    /// The place of a figure; what lies outside the bounds is put at the nearer one.
    pub(super) fn place(&self, figure: f64) -> f64 {
        let figure = figure.clamp(self.low, self.high);
        let (low, high, figure) = match self.logarithmic {
            true => (libm::log10(self.low), libm::log10(self.high), libm::log10(figure)),
            false => (self.low, self.high, figure),
        };
        let share = if high > low { (figure - low) / (high - low) } else { 0.0 };
        self.from + share * (self.to - self.from)
    }
}

/// The ticks of an axis.
pub(super) struct Ticks {
    pub(super) at: Vec<f64>,
    pub(super) step: f64,
}

impl Ticks {
    /// From zero up to `high`, in steps of 1, 2 or 5 times a power of ten: at most so many steps.
    pub(super) fn from_zero(high: f64, most: usize) -> Self {
        let high = if high > 0.0 && high.is_finite() { high } else { 1.0 };
        let step = nice(high / most as f64);
        let count = (high / step + 1e-9).floor() as u32;
        Self { at: (0..=count).map(|tick| f64::from(tick) * step).collect(), step }
    }

    /// The last tick.
    pub(super) fn last(&self) -> f64 {
        self.at.last().copied().unwrap_or(0.0)
    }

    /// On a clock: steps that divide minutes and hours.
    pub(super) fn of_time(low: f64, high: f64, most: usize) -> Self {
        const STEPS: [f64; 15] = [
            1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
            7200.0, 21_600.0,
        ];
        let span = high - low;
        let enough = |step: &&f64| span / **step <= most as f64;
        let step = STEPS.iter().find(enough).copied();
        let step = match span / most as f64 {
            small if small < 0.5 => nice(small),
            large => step.unwrap_or_else(|| nice(large)),
        };
        let (first, last) =
            ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
        Self { at: (first..=last).map(|tick| tick as f64 * step).collect(), step }
    }

    /// For a logarithmic axis between two figures above zero: 1, 2 and 5 in each power of ten, or
    /// the powers alone where these would be too many.
    pub(super) fn of_factors(low: f64, high: f64) -> Vec<f64> {
        let powers = Self::powers_of_ten(low / 10.0, high);
        let among = |factors: &[f64]| -> Vec<f64> {
            let all =
                powers.iter().flat_map(|power| factors.iter().map(move |factor| power * factor));
            all.filter(|tick| (low..=high).contains(tick)).collect()
        };
        match high / low {
            span if span <= 100.0 => among(&[1.0, 2.0, 5.0]),
            _ => among(&[1.0]),
        }
    }

    /// The powers of ten between two figures above zero.
    pub(super) fn powers_of_ten(low: f64, high: f64) -> Vec<f64> {
        let first = libm::log10(low).ceil() as i32;
        let last = libm::log10(high).floor() as i32;
        (first..=last).map(|power| libm::pow(10.0, f64::from(power))).collect()
    }
}

/// The power of ten at or below, and at or above, a figure above zero.
pub(super) fn decades_around(low: f64, high: f64) -> (f64, f64) {
    let power = |exponent: f64| libm::pow(10.0, exponent);
    let (below, above) = (libm::log10(low).floor(), libm::log10(high).ceil());
    (power(below), power(above.max(below + 1.0)))
}

/// 1, 2 or 5 times a power of ten, at least as large.
fn nice(step: f64) -> f64 {
    let power = libm::pow(10.0, libm::log10(step).floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    let enough = factors.iter().find(|factor| *factor * power >= step * (1.0 - 1e-9));
    enough.unwrap_or(&10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_their_places() {
        let linear = Scale::linear(0.0, 10.0, 100.0, 0.0);
        assert_eq!(linear.place(2.5), 75.0);
        assert_eq!(linear.place(20.0), 0.0);
        let log = Scale::logarithmic(0.01, 100.0, 0.0, 4.0);
        assert!((log.place(1.0) - 2.0).abs() < 1e-12);
        assert_eq!(log.place(0.0), 0.0);
    }

    #[test]
    fn an_empty_axis_puts_everything_at_its_start() {
        assert_eq!(Scale::linear(3.0, 3.0, 5.0, 9.0).place(3.0), 5.0);
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(Ticks::from_zero(1624.0, 5).at, [0.0, 500.0, 1000.0, 1500.0]);
        assert_eq!(Ticks::from_zero(4.2, 5).at, [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(Ticks::from_zero(0.0, 5).at.len(), 6);
        assert_eq!(Ticks::from_zero(f64::NAN, 5).at.len(), 6);
        assert_eq!(Ticks::of_time(0.0, 180.0, 6).at, [0.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0]);
        assert_eq!(
            Ticks::of_time(20.0, 3600.0, 6).at,
            [600.0, 1200.0, 1800.0, 2400.0, 3000.0, 3600.0]
        );
    }

    #[test]
    fn decades() {
        assert_eq!(Ticks::of_factors(0.9, 38.0), [1.0, 2.0, 5.0, 10.0, 20.0]);
        assert_eq!(Ticks::of_factors(0.9, 208.0), [1.0, 10.0, 100.0]);
        assert_eq!(Ticks::powers_of_ten(0.02, 30.0), [0.1, 1.0, 10.0]);
        assert_eq!(decades_around(0.02, 30.0), (0.01, 100.0));
        assert_eq!(decades_around(1.0, 1.0), (1.0, 10.0));
    }
}
