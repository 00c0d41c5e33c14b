//! The lognormal distribution, by two of its quantiles or by mean and shape.

use std::fmt;

use rand::Rng;

use super::super::SimDuration;
use super::arguments::Arguments;
use super::sampler::{Impossible, Sampler};
use super::text::{Call, DistributionError};
use super::ziggurat::standard_normal;
use crate::catalogue::Described;

/// The lognormal distribution: its logarithm is normal with the standard deviation `sigma`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogNormal {
    given: Given,
    /// In nanoseconds.
    median: f64,
    sigma: f64,
}

/// The parameters as they were written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Given {
    Quantiles { p50: SimDuration, p99: SimDuration },
    Mean { mean: SimDuration, sigma: f64 },
}

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

impl LogNormal {
    /// The lognormal distribution with this median and this 99th percentile.
    ///
    /// # Errors
    ///
    /// If the median is zero or the percentile not longer than the median.
    pub fn of_quantiles(p50: SimDuration, p99: SimDuration) -> Result<Self, Impossible> {
        Impossible::unless_positive("p50", p50)?;
        Impossible::unless(p50 < p99, "p99", || format!("must be longer than {p50}, not {p99}"))?;
        let median = p50.as_nanos() as f64;
        let sigma = libm::log(p99.as_nanos() as f64 / median) / Z99;
        Ok(Self { given: Given::Quantiles { p50, p99 }, median, sigma })
    }

    /// The lognormal distribution with this mean, whose logarithm has the standard deviation
    /// `sigma`.
    ///
    /// # Errors
    ///
    /// If the mean is zero or `sigma` not above 0.
    pub fn of_mean(mean: SimDuration, sigma: f64) -> Result<Self, Impossible> {
        Impossible::unless_positive("mean", mean)?;
        Impossible::unless_above_zero("sigma", sigma)?;
        let median = mean.as_nanos() as f64 * libm::exp(-0.5 * sigma * sigma);
        Ok(Self { given: Given::Mean { mean, sigma }, median, sigma })
    }
}

impl Described for LogNormal {
    const SUMMARY: &'static str =
        "the lognormal distribution: most are short, a few are long, as response times often are";
    const SOURCE: &'static str = "the exponential of a normal variate by the ziggurat";
}

impl Sampler for LogNormal {
    const USAGE: &'static str = "lognormal(p50=…, p99=…) or lognormal(mean=…, sigma=…)";
    const EXAMPLE: &'static str = "lognormal(p50=5ms, p99=40ms)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let arguments = Arguments::of(call, Self::USAGE, &["p50", "p99", "mean", "sigma"], 0)?;
        let by_mean = arguments.has("mean") || arguments.has("sigma");
        if by_mean && (arguments.has("p50") || arguments.has("p99")) {
            return Err(call.inside.error(format!("two ways at once: write {}", Self::USAGE)));
        }
        let made = if by_mean {
            Self::of_mean(arguments.duration("mean")?, arguments.number("sigma")?)
        } else {
            Self::of_quantiles(arguments.duration("p50")?, arguments.duration("p99")?)
        };
        made.map_err(|e| arguments.blame(e))
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        let factor = libm::exp(self.sigma * standard_normal(draws));
        SimDuration::from_nanos_f64(self.median * factor)
    }

    fn mean(&self) -> f64 {
        match self.given {
            Given::Mean { mean, .. } => mean.as_secs_f64(),
            Given::Quantiles { p50, .. } => {
                p50.as_secs_f64() * libm::exp(0.5 * self.sigma * self.sigma)
            }
        }
    }

    fn variance(&self) -> f64 {
        self.mean() * self.mean() * libm::expm1(self.sigma * self.sigma)
    }
}

impl fmt::Display for LogNormal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.given {
            Given::Quantiles { p50, p99 } => write!(f, "lognormal(p50={p50}, p99={p99})"),
            Given::Mean { mean, sigma } => write!(f, "lognormal(mean={mean}, sigma={sigma})"),
        }
    }
}
