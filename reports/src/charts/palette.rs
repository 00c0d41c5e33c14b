//! Colours: few, calm, and told apart by everybody (blue and vermilion after Okabe and Ito, 2008;
//! the ramp is ColorBrewer's YlGnBu).

/// Red, green, blue.
pub(super) type Colour = (u8, u8, u8);

pub(super) const PAPER: Colour = (255, 255, 255);
pub(super) const INK: Colour = (31, 36, 43);
pub(super) const QUIET: Colour = (98, 106, 118);
pub(super) const CONTROL: Colour = (150, 157, 168);
pub(super) const AXIS: Colour = (176, 182, 191);
pub(super) const GRID: Colour = (232, 235, 239);
pub(super) const STRIPE: Colour = (246, 247, 249);
pub(super) const FAULT: Colour = (253, 236, 214);
pub(super) const MAIN: Colour = (0, 99, 165);
pub(super) const BAND: Colour = (207, 226, 240);
pub(super) const SECOND: Colour = (213, 94, 0);

/// Lines that have to be told apart in one plot.
pub(super) const LINES: [Colour; 6] =
    [MAIN, SECOND, (0, 140, 105), (170, 85, 140), (120, 110, 30), (70, 75, 85)];

const RAMP: [Colour; 6] = [
    (250, 252, 220),
    (199, 233, 180),
    (110, 198, 188),
    (44, 140, 190),
    (36, 80, 160),
    (10, 30, 88),
];

/// The colour of a share of the way from the lowest to the highest figure, 0 to 1.
pub(super) fn ramp(share: f64) -> Colour {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let place = share * (RAMP.len() - 1) as f64;
    let below = (place as usize).min(RAMP.len() - 2);
    let part = place - below as f64;
    let (from, to) = (RAMP[below], RAMP[below + 1]);
    let mix =
        |from: u8, to: u8| (f64::from(from) * (1.0 - part) + f64::from(to) * part).round() as u8;
    (mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Ink that can be read on a colour.
pub(super) fn ink_on(colour: Colour) -> Colour {
    let light =
        0.299 * f64::from(colour.0) + 0.587 * f64::from(colour.1) + 0.114 * f64::from(colour.2);
    if light > 140.0 { INK } else { PAPER }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ramp_gets_darker_all_the_way() {
        let light = |colour: Colour| {
            u32::from(colour.0) * 3 + u32::from(colour.1) * 6 + u32::from(colour.2)
        };
        let shades: Vec<u32> = (0..=20).map(|step| light(ramp(f64::from(step) / 20.0))).collect();
        assert!(shades.windows(2).all(|pair| pair[0] > pair[1]), "{shades:?}");
    }

    #[test]
    fn the_ramp_bears_what_lies_outside() {
        assert_eq!(ramp(-1.0), RAMP[0]);
        assert_eq!(ramp(2.0), RAMP[5]);
        assert_eq!(ramp(f64::NAN), RAMP[0]);
    }
}
