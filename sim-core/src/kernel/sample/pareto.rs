//! The Pareto distribution, with or without an upper end.

use std::fmt;

use rand::Rng;

use super::super::SimDuration;
use super::super::draw::unit_f64;
use super::arguments::Arguments;
use super::sampler::{Impossible, Sampler};
use super::text::{Call, DistributionError};
use super::ziggurat::standard_exponential;
use crate::catalogue::Described;

/// The Pareto distribution: a share of `(min / x)^shape` is longer than x. With a cap it is the
/// bounded Pareto distribution: the same, given that it is no longer than the cap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    min: SimDuration,
    shape: f64,
    cap: Option<Cap>,
}

/// The upper end.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cap {
    at: SimDuration,
    /// The share of the distribution without a cap that lies below the cap.
    share: f64,
}

impl Pareto {
    /// The Pareto distribution from `min` on, and up to `cap` if there is one.
    ///
    /// # Errors
    ///
    /// If `min` is zero, `shape` not above 0, or `cap` not longer than `min`.
    pub fn new(min: SimDuration, shape: f64, cap: Option<SimDuration>) -> Result<Self, Impossible> {
        Impossible::unless_positive("min", min)?;
        Impossible::unless_above_zero("shape", shape)?;
        if let Some(cap) = cap {
            Impossible::unless(min < cap, "cap", || {
                format!("must be longer than {min}, not {cap}")
            })?;
        }
        let cap = cap.map(|at| Cap { at, share: -libm::expm1(-shape * log_ratio(at, min)) });
        Ok(Self { min, shape, cap })
    }

    /// The mean of the `power`-th power, in seconds to that power.
    fn moment(&self, power: f64) -> f64 {
        let unit = libm::pow(self.min.as_secs_f64(), power);
        let excess = power - self.shape;
        match self.cap {
            None if excess >= 0.0 => f64::INFINITY,
            None => unit * self.shape / -excess,
            Some(cap) => {
                let width = log_ratio(cap.at, self.min);
                unit * self.shape / cap.share * growth(excess, width)
            }
        }
    }
}

/// The logarithm of a ratio of durations.
fn log_ratio(over: SimDuration, under: SimDuration) -> f64 {
    libm::log(over.as_nanos() as f64 / under.as_nanos() as f64)
}

/// The integral of `exp(rate·t)` from 0 to `width`.
fn growth(rate: f64, width: f64) -> f64 {
    if rate == 0.0 { width } else { libm::expm1(rate * width) / rate }
}

impl Described for Pareto {
    const SUMMARY: &'static str =
        "the Pareto distribution: a heavy tail; bounded, if a cap is given (none is longer)";
    const SOURCE: &'static str = "inversion; M. Harchol-Balter, M. E. Crovella and C. D. Murta, \
        On Choosing a Task Assignment Policy (1999), for the bounded one";
}

impl Sampler for Pareto {
    const USAGE: &'static str = "pareto(min, shape) or pareto(min, shape, cap=…)";
    const EXAMPLE: &'static str = "pareto(1ms, 1.5, cap=10s)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let arguments = Arguments::of(call, Self::USAGE, &["min", "shape", "cap"], 2)?;
        let cap = if arguments.has("cap") { Some(arguments.duration("cap")?) } else { None };
        Self::new(arguments.duration("min")?, arguments.number("shape")?, cap)
            .map_err(|e| arguments.blame(e))
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        let min = self.min.as_nanos() as f64;
        match self.cap {
            // The logarithm of a Pareto variate is an exponential one.
            None => {
                let growth = standard_exponential(draws) / self.shape;
                SimDuration::from_nanos_f64(min * libm::exp(growth))
            }
            Some(cap) => {
                let growth = -libm::log1p(-unit_f64(draws.next_u64()) * cap.share) / self.shape;
                SimDuration::from_nanos_f64(min * libm::exp(growth)).min(cap.at)
            }
        }
    }

    fn mean(&self) -> f64 {
        self.moment(1.0)
    }

    fn variance(&self) -> f64 {
        let square = self.moment(2.0);
        if square.is_finite() { square - self.mean() * self.mean() } else { square }
    }

    fn min_possible(&self) -> SimDuration {
        self.min
    }
}

impl fmt::Display for Pareto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pareto({}, {}", self.min, self.shape)?;
        match self.cap {
            Some(cap) => write!(f, ", cap={})", cap.at),
            None => f.write_str(")"),
        }
    }
}
