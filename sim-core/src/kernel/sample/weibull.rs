//! The Weibull distribution.

use std::fmt;

use rand::Rng;

use super::super::SimDuration;
use super::arguments::Arguments;
use super::sampler::{Impossible, Sampler};
use super::text::{Call, DistributionError};
use super::ziggurat::standard_exponential;
use crate::catalogue::Described;

/// The Weibull distribution: a share of `exp(−(x / scale)^shape)` is longer than x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weibull {
    scale: SimDuration,
    shape: f64,
}

impl Weibull {
    /// The Weibull distribution with this scale and shape.
    ///
    /// # Errors
    ///
    /// If the scale is zero or the shape not above 0.
    pub fn new(scale: SimDuration, shape: f64) -> Result<Self, Impossible> {
        Impossible::unless_positive("scale", scale)?;
        Impossible::unless_above_zero("shape", shape)?;
        Ok(Self { scale, shape })
    }

    /// The mean of the `power`-th power, for a scale of 1.
    fn moment(&self, power: f64) -> f64 {
        libm::tgamma(1.0 + power / self.shape)
    }
}

impl Described for Weibull {
    const SUMMARY: &'static str = "the Weibull distribution: times to failure that become likelier (shape > 1) or rarer (< 1)";
    const SOURCE: &'static str = "a power of an exponential variate by the ziggurat";
}

impl Sampler for Weibull {
    const USAGE: &'static str = "weibull(scale, shape)";
    const EXAMPLE: &'static str = "weibull(20ms, 1.5)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let arguments = Arguments::of(call, Self::USAGE, &["scale", "shape"], 2)?;
        Self::new(arguments.duration("scale")?, arguments.number("shape")?)
            .map_err(|e| arguments.blame(e))
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        // The power by logarithm: two thirds faster than `libm::pow`, and as exact as a
        // nanosecond needs.
        let stretched = libm::exp(libm::log(standard_exponential(draws)) / self.shape);
        SimDuration::from_nanos_f64(self.scale.as_nanos() as f64 * stretched)
    }

    fn mean(&self) -> f64 {
        self.scale.as_secs_f64() * self.moment(1.0)
    }

    fn variance(&self) -> f64 {
        let (scale, mean) = (self.scale.as_secs_f64(), self.moment(1.0));
        scale * scale * (self.moment(2.0) - mean * mean)
    }
}

impl fmt::Display for Weibull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weibull({}, {})", self.scale, self.shape)
    }
}
