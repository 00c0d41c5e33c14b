//! The gamma distribution.

use std::fmt;

use rand::Rng;

use super::super::SimDuration;
use super::super::draw::open_unit_f64;
use super::arguments::Arguments;
use super::sampler::{Impossible, Sampler};
use super::text::{Call, DistributionError};
use super::ziggurat::{standard_exponential, standard_normal};
use crate::catalogue::Described;

/// The gamma distribution: with shape 1 the exponential, the more even the larger the shape, the
/// more bursty the smaller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamma {
    mean: SimDuration,
    shape: f64,
    /// The mean over the shape, in nanoseconds.
    scale: f64,
    /// The method's constants, for the shape or, where that is below 1, for one more.
    d: f64,
    c: f64,
}

impl Gamma {
    /// The gamma distribution with this mean and shape.
    ///
    /// # Errors
    ///
    /// If the mean is zero or the shape not above 0.
    pub fn new(mean: SimDuration, shape: f64) -> Result<Self, Impossible> {
        Impossible::unless_positive("mean", mean)?;
        Impossible::unless_above_zero("shape", shape)?;
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        Ok(Self { mean, shape, scale: mean.as_nanos() as f64 / shape, d, c })
    }

    /// A gamma variate of scale 1 and at least shape 1.
    #[inline]
    fn standard<R: Rng + ?Sized>(&self, draws: &mut R) -> f64 {
        loop {
            let x = standard_normal(draws);
            let root = 1.0 + self.c * x;
            if root <= 0.0 {
                continue;
            }
            let (v, square) = (root * root * root, x * x);
            let u = open_unit_f64(draws.next_u64());
            // The first test decides nearly always, without a logarithm.
            if u < 1.0 - 0.0331 * square * square
                || libm::log(u) < 0.5 * square + self.d * (1.0 - v + libm::log(v))
            {
                return self.d * v;
            }
        }
    }
}

impl Described for Gamma {
    const SUMMARY: &'static str =
        "the gamma distribution: burstier than exponential below shape 1, more even above";
    const SOURCE: &'static str =
        "G. Marsaglia and W. W. Tsang, A Simple Method for Generating Gamma Variables (2000)";
}

impl Sampler for Gamma {
    const USAGE: &'static str = "gamma(mean, shape)";
    const EXAMPLE: &'static str = "gamma(20ms, 0.5)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let arguments = Arguments::of(call, Self::USAGE, &["mean", "shape"], 2)?;
        Self::new(arguments.duration("mean")?, arguments.number("shape")?)
            .map_err(|e| arguments.blame(e))
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        let mut value = self.scale * self.standard(draws);
        if self.shape < 1.0 {
            // From shape + 1 down to shape: times a uniform variate to the power of 1 / shape.
            value *= libm::exp(-standard_exponential(draws) / self.shape);
        }
        SimDuration::from_nanos_f64(value)
    }

    fn mean(&self) -> f64 {
        self.mean.as_secs_f64()
    }

    fn variance(&self) -> f64 {
        self.mean() * self.mean() / self.shape
    }
}

impl fmt::Display for Gamma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gamma({}, {})", self.mean, self.shape)
    }
}
