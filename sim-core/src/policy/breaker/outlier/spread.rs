//! How far success rates lie apart, and which of them stand out.

/// The mean of success rates, and the rate below which a host stands out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Their mean, in percent.
    pub mean: f64,
    /// Their standard deviation, as of a whole population, in percent.
    pub stdev: f64,
    /// The mean less so many standard deviations.
    pub cut: f64,
}

/// The spread of success rates in percent, in the order in which they are given; `None` if there
/// are none. `factor` is in thousandths.
pub fn spread(rates: impl Iterator<Item = f64> + Clone, factor: u32) -> Option<Spread> {
    let count = rates.clone().count();
    if count == 0 {
        return None;
    }
    let mean = rates.clone().sum::<f64>() / count as f64;
    let squares = rates.map(|rate| rate - mean).map(|apart| apart * apart);
    let variance = squares.sum::<f64>() / count as f64;
    let stdev = variance.sqrt();
    Some(Spread { mean, stdev, cut: mean - f64::from(factor) / 1_000.0 * stdev })
}
