//! One distribution or another, by chance.

use std::fmt;
use std::sync::Arc;

use rand::Rng;

use super::super::SimDuration;
use super::Distribution;
use super::arguments::number;
use super::empirical::UnusableFile;
use super::sampler::{Impossible, Sampler};
use super::text::{Call, DistributionError, Piece, read};
use crate::catalogue::Described;

/// A mixture: each draw is from one of its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    parts: Arc<[Part]>,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    weight: f64,
    /// A first draw below this, and not below that of the part before, chooses this part; the
    /// last part is chosen by whatever is left.
    below: u64,
    distribution: Distribution,
}

/// How far the sum of the weights may be from 1.
const TOLERANCE: f64 = 1e-9;

impl Mix {
    /// The mixture of these distributions with these weights.
    ///
    /// # Errors
    ///
    /// If there is none, a weight is not above 0, or their sum is not 1.
    pub fn new(parts: Vec<(f64, Distribution)>) -> Result<Self, Impossible> {
        for (weight, _) in &parts {
            Impossible::unless_above_zero("weight", *weight)?;
        }
        let sum: f64 = parts.iter().map(|(weight, _)| weight).sum();
        Impossible::unless((sum - 1.0).abs() <= TOLERANCE, "weights", || {
            format!("must sum to 1, not {sum}")
        })?;
        let mut below = 0.0;
        let parts = parts.into_iter().map(|(weight, distribution)| {
            below += weight;
            Part { weight, below: (below * TWO_TO_64) as u64, distribution }
        });
        Ok(Self { parts: parts.collect() })
    }

    /// Loads the observations of every part.
    pub(super) fn resolve_files<E>(
        &mut self,
        load: &mut dyn FnMut(&str) -> Result<Vec<SimDuration>, E>,
    ) -> Result<(), UnusableFile<E>> {
        let mut parts = self.parts.to_vec();
        for part in &mut parts {
            part.distribution.resolve_files(load)?;
        }
        self.parts = parts.into();
        Ok(())
    }

    /// The weighted mean of a figure of the parts.
    fn mean_of(&self, f: impl Fn(&Distribution) -> f64) -> f64 {
        self.parts.iter().map(|part| part.weight * f(&part.distribution)).sum()
    }
}

const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

impl Described for Mix {
    const SUMMARY: &'static str =
        "one distribution or another, by chance: the weights sum to 1; mixes may be nested";
    const SOURCE: &'static str = "composition: one draw chooses, further ones sample";
}

impl Sampler for Mix {
    const USAGE: &'static str = "mix(weight: distribution, …)";
    const EXAMPLE: &'static str = "mix(0.95: exp(5ms), 0.05: 2s)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let parts: Result<Vec<_>, _> =
            call.inside.parts().into_iter().map(|part| read_part(part, call.depth)).collect();
        Self::new(parts?).map_err(|impossible| call.inside.error(impossible.to_string()))
    }

    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        let choice = draws.next_u64();
        let chosen = self.parts.iter().find(|part| choice < part.below).or(self.parts.last());
        chosen.map_or(SimDuration::ZERO, |part| part.distribution.sample(draws))
    }

    fn mean(&self) -> f64 {
        self.mean_of(Distribution::mean)
    }

    /// Within the parts and between them.
    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.mean_of(|part| part.variance() + (part.mean() - mean) * (part.mean() - mean))
    }

    fn min_possible(&self) -> SimDuration {
        self.parts.iter().map(|part| part.distribution.min_possible()).min().unwrap_or_default()
    }

    fn is_zero(&self) -> bool {
        self.parts.iter().all(|part| part.distribution.is_zero())
    }
}

fn read_part(part: Piece<'_>, depth: u32) -> Result<(f64, Distribution), DistributionError> {
    let (weight, distribution) = part.split_at_first(':').ok_or_else(|| {
        part.error(format!("`{}` lacks its weight: write {}", part.text, Mix::USAGE))
    })?;
    Ok((number(weight)?, read(distribution, depth + 1)?))
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mix(")?;
        for (i, part) in self.parts.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{}: {}", part.weight, part.distribution)?;
        }
        f.write_str(")")
    }
}
