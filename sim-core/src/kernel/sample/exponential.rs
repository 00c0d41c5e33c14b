//! The time to the next of many independent events.

use std::fmt;

use rand::Rng;

use super::super::SimDuration;
use super::arguments::Arguments;
use super::sampler::{Impossible, Sampler};
use super::text::{Call, DistributionError};
use super::ziggurat::standard_exponential;
use crate::catalogue::Described;

/// The exponential distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    mean: SimDuration,
    /// The mean in nanoseconds, so that a draw need not convert it.
    scale: f64,
}

impl Exponential {
    /// The exponential distribution with this mean.
    ///
    /// # Errors
    ///
    /// If the mean is zero.
    pub fn new(mean: SimDuration) -> Result<Self, Impossible> {
        Impossible::unless_positive("mean", mean)?;
        Ok(Self { mean, scale: mean.as_nanos() as f64 })
    }
}

impl Described for Exponential {
    const SUMMARY: &'static str =
        "the exponential distribution: what is left is as long as what was";
    const SOURCE: &'static str = "G. Marsaglia and W. W. Tsang, The Ziggurat Method (2000)";
}

impl Sampler for Exponential {
    const USAGE: &'static str = "exp(mean)";
    const EXAMPLE: &'static str = "exp(20ms)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let arguments = Arguments::of(call, Self::USAGE, &["mean"], 1)?;
        Self::new(arguments.duration("mean")?).map_err(|e| arguments.blame(e))
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        SimDuration::from_nanos_f64(self.scale * standard_exponential(draws))
    }

    fn mean(&self) -> f64 {
        self.mean.as_secs_f64()
    }

    fn variance(&self) -> f64 {
        self.mean() * self.mean()
    }
}

impl fmt::Display for Exponential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exp({})", self.mean)
    }
}
