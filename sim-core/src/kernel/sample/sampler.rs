//! What every distribution can do.

use std::fmt::Display;

use rand::Rng;

use super::super::SimDuration;
use super::text::{Call, DistributionError};
use crate::catalogue::Described;

/// What every distribution can do. `Display` writes the text that [`read`](Sampler::read) reads.
pub(super) trait Sampler: Described + Display + Sized {
    /// How it is written: `exp(mean)`.
    const USAGE: &'static str;
    /// As it may stand in a scenario file: `exp(20ms)`.
    const EXAMPLE: &'static str;

    /// Reads the parameters from a call, and checks them.
    fn read(call: &Call<'_>) -> Result<Self, DistributionError>;
    /// Draws a duration.
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration;
    /// The mean, in seconds.
    fn mean(&self) -> f64;
    /// The variance, in seconds squared.
    fn variance(&self) -> f64;

    /// The lower end of what can be drawn.
    fn min_possible(&self) -> SimDuration {
        SimDuration::ZERO
    }

    /// Whether every draw is zero.
    fn is_zero(&self) -> bool {
        false
    }
}

/// A parameter that has an impossible value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{parameter}` {problem}")]
pub struct Impossible {
    /// The parameter's name.
    pub parameter: &'static str,
    /// What is wrong with its value, and what is allowed.
    pub problem: String,
}

impl Impossible {
    /// Checks that a duration is longer than zero.
    pub(super) fn unless_positive(parameter: &'static str, value: SimDuration) -> Result<(), Self> {
        Self::unless(!value.is_zero(), parameter, || {
            "must be longer than zero; for no time at all write \"0s\"".into()
        })
    }

    /// Checks that a number is above zero and finite.
    pub(super) fn unless_above_zero(parameter: &'static str, value: f64) -> Result<(), Self> {
        Self::unless(value > 0.0 && value.is_finite(), parameter, || {
            format!("must be above 0, not {value}")
        })
    }

    /// Fails unless a condition holds.
    pub(super) fn unless(
        holds: bool,
        parameter: &'static str,
        problem: impl FnOnce() -> String,
    ) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self { parameter, problem: problem() }) }
    }
}
