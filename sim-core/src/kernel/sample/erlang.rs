//! The sum of several exponential phases.

use std::fmt;

use rand::Rng;

use super::super::SimDuration;
use super::arguments::Arguments;
use super::gamma::Gamma;
use super::sampler::{Impossible, Sampler};
use super::text::{Call, DistributionError};
use crate::catalogue::Described;

/// The Erlang distribution: the sum of `phases` equal exponential phases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Erlang {
    phases: u32,
    mean: SimDuration,
    gamma: Gamma,
}

impl Erlang {
    /// The Erlang distribution of so many phases that last `mean` together.
    ///
    /// # Errors
    ///
    /// If there is no phase or the mean is zero.
    pub fn new(phases: u32, mean: SimDuration) -> Result<Self, Impossible> {
        Impossible::unless(phases > 0, "k", || "must be 1 or more phases".into())?;
        Ok(Self { phases, mean, gamma: Gamma::new(mean, f64::from(phases))? })
    }
}

impl Described for Erlang {
    const SUMMARY: &'static str =
        "the sum of k equal exponential phases; `mean` is that of the sum";
    const SOURCE: &'static str = "the gamma distribution of shape k";
}

impl Sampler for Erlang {
    const USAGE: &'static str = "erlang(k, mean)";
    const EXAMPLE: &'static str = "erlang(3, 20ms)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let arguments = Arguments::of(call, Self::USAGE, &["k", "mean"], 2)?;
        Self::new(arguments.count("k")?, arguments.duration("mean")?)
            .map_err(|e| arguments.blame(e))
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        self.gamma.sample(draws)
    }

    fn mean(&self) -> f64 {
        self.gamma.mean()
    }

    fn variance(&self) -> f64 {
        self.gamma.variance()
    }
}

impl fmt::Display for Erlang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "erlang({}, {})", self.phases, self.mean)
    }
}
