//! The normal distribution, folded at zero.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};
use std::fmt;

use rand::Rng;

use super::super::SimDuration;
use super::arguments::Arguments;
use super::sampler::{Impossible, Sampler};
use super::text::{Call, DistributionError};
use super::ziggurat::standard_normal;
use crate::catalogue::Described;

/// The size of a normal variate: no duration is negative, so what falls below zero is folded
/// over. With a mean of 4 standard deviations and more that is next to never.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    mean: SimDuration,
    sd: SimDuration,
}

impl Normal {
    /// The normal distribution of this mean and standard deviation (before it is folded).
    ///
    /// # Errors
    ///
    /// If the standard deviation is zero.
    pub fn new(mean: SimDuration, sd: SimDuration) -> Result<Self, Impossible> {
        Impossible::unless_positive("sd", sd)?;
        Ok(Self { mean, sd })
    }
}

impl Described for Normal {
    const SUMMARY: &'static str =
        "the normal distribution, folded at zero (|N|), because no duration is negative";
    const SOURCE: &'static str = "G. Marsaglia and W. W. Tsang, The Ziggurat Method (2000); \
        F. C. Leone and others, The Folded Normal Distribution (1961)";
}

impl Sampler for Normal {
    const USAGE: &'static str = "normal(mean, sd)";
    const EXAMPLE: &'static str = "normal(20ms, 4ms)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let arguments = Arguments::of(call, Self::USAGE, &["mean", "sd"], 2)?;
        Self::new(arguments.duration("mean")?, arguments.duration("sd")?)
            .map_err(|e| arguments.blame(e))
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        let away = self.sd.as_nanos() as f64 * standard_normal(draws);
        SimDuration::from_nanos_f64((self.mean.as_nanos() as f64 + away).abs())
    }

    /// Of the folded distribution, which is longer than that of the unfolded.
    fn mean(&self) -> f64 {
        let (mean, sd) = (self.mean.as_secs_f64(), self.sd.as_secs_f64());
        let z = mean / sd * FRAC_1_SQRT_2;
        sd * FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * libm::exp(-z * z) + mean * libm::erf(z)
    }

    fn variance(&self) -> f64 {
        let (mean, sd, folded) = (self.mean.as_secs_f64(), self.sd.as_secs_f64(), self.mean());
        // As a product, so that little is lost where the fold hardly matters.
        sd * sd + (mean - folded) * (mean + folded)
    }
}

impl fmt::Display for Normal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "normal({}, {})", self.mean, self.sd)
    }
}
