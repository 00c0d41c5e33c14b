//! Every duration between two equally often.

use std::fmt;

use rand::Rng;

use super::super::SimDuration;
use super::arguments::Arguments;
use super::sampler::{Impossible, Sampler};
use super::text::{Call, DistributionError};
use crate::catalogue::Described;

/// Every nanosecond from `from` to `to`, both included, equally often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uniform {
    from: SimDuration,
    to: SimDuration,
}

impl Uniform {
    /// The uniform distribution from `from` to `to`.
    ///
    /// # Errors
    ///
    /// If `to` is shorter than `from`.
    pub fn new(from: SimDuration, to: SimDuration) -> Result<Self, Impossible> {
        Impossible::unless(from <= to, "to", || format!("must be {from} or longer, not {to}"))?;
        Ok(Self { from, to })
    }
}

impl Described for Uniform {
    const SUMMARY: &'static str = "every duration between two, both included, equally often";
    const SOURCE: &'static str = "the draw's upper 64 bits of a 128-bit product, as in D. Lemire, \
        Fast Random Integer Generation in an Interval (2019), without the rejection";
}

impl Sampler for Uniform {
    const USAGE: &'static str = "uniform(from, to)";
    const EXAMPLE: &'static str = "uniform(1ms, 2ms)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let arguments = Arguments::of(call, Self::USAGE, &["from", "to"], 2)?;
        Self::new(arguments.duration("from")?, arguments.duration("to")?)
            .map_err(|e| arguments.blame(e))
    }

    /// One draw, in whole numbers: a nanosecond's probability is off by less than 2⁻⁶⁴.
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        let values = u128::from(self.to.as_nanos() - self.from.as_nanos()) + 1;
        let above = (u128::from(draws.next_u64()) * values) >> 64;
        SimDuration::from_nanos(self.from.as_nanos() + above as u64)
    }

    fn mean(&self) -> f64 {
        (self.from.as_secs_f64() + self.to.as_secs_f64()) / 2.0
    }

    fn variance(&self) -> f64 {
        let width = self.to.as_secs_f64() - self.from.as_secs_f64();
        width * width / 12.0
    }

    fn min_possible(&self) -> SimDuration {
        self.from
    }

    fn is_zero(&self) -> bool {
        self.to.is_zero()
    }
}

impl fmt::Display for Uniform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uniform({}, {})", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::sample::tests::Bits;

    #[test]
    fn both_ends_are_drawn_and_nothing_beyond() {
        let [from, to] = [5, 7].map(SimDuration::from_nanos);
        let uniform = Uniform::new(from, to).unwrap();
        assert_eq!(uniform.sample(&mut Bits(0)), from);
        assert_eq!(uniform.sample(&mut Bits(u64::MAX)), to);
        assert_eq!(uniform.sample(&mut Bits(u64::MAX / 3 + 1)).as_nanos(), 6);
        let whole = Uniform::new(SimDuration::ZERO, SimDuration::MAX).unwrap();
        assert_eq!(whole.sample(&mut Bits(u64::MAX)), SimDuration::MAX);
    }
}
