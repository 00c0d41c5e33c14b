//! Always the same.

use rand::Rng;

use super::super::SimDuration;
use super::arguments::Arguments;
use super::sampler::Sampler;
use super::text::{Call, DistributionError};
use crate::catalogue::Described;

impl Described for SimDuration {
    const SUMMARY: &'static str =
        "always the same; a duration alone, such as \"20ms\", means it too";
    const SOURCE: &'static str = "–";
}

impl Sampler for SimDuration {
    const USAGE: &'static str = "constant(value)";
    const EXAMPLE: &'static str = "20ms";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        Arguments::of(call, Self::USAGE, &["value"], 1)?.duration("value")
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, _draws: &mut R) -> SimDuration {
        *self
    }

    fn mean(&self) -> f64 {
        self.as_secs_f64()
    }

    fn variance(&self) -> f64 {
        0.0
    }

    fn min_possible(&self) -> SimDuration {
        *self
    }

    fn is_zero(&self) -> bool {
        *self == SimDuration::ZERO
    }
}
