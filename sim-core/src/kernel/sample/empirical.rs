//! Observed durations, drawn with replacement.

use std::fmt;
use std::sync::Arc;

use rand::Rng;

use super::super::SimDuration;
use super::arguments::Arguments;
use super::sampler::Sampler;
use super::text::{Call, DistributionError};
use crate::catalogue::Described;

/// The observations of a file, each as likely as any other.
///
/// Reading the text only notes the file's name; the observations come with
/// [`Distribution::resolve_files`](super::Distribution::resolve_files). Until then there are
/// none, and every draw is zero (and asserted against in debug builds).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Empirical {
    file: Arc<str>,
    values: Arc<[SimDuration]>,
}

/// Why a file of observations cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableFile<E> {
    /// It could not be loaded.
    #[error("{0}")]
    Load(E),
    /// It has no observation to draw.
    #[error("`{file}` holds no duration to draw from")]
    Empty {
        /// The file's name.
        file: String,
    },
}

impl Empirical {
    /// These observations, from a file of this name.
    ///
    /// # Errors
    ///
    /// If there is no observation.
    pub fn new<E>(file: &str, values: Vec<SimDuration>) -> Result<Self, UnusableFile<E>> {
        if values.is_empty() {
            return Err(UnusableFile::Empty { file: file.into() });
        }
        Ok(Self { file: file.into(), values: values.into() })
    }

    /// The name of the file with the observations.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The observations; none before they are loaded.
    pub fn values(&self) -> &[SimDuration] {
        &self.values
    }

    /// Loads the observations.
    pub(super) fn resolve<E>(
        &mut self,
        load: &mut dyn FnMut(&str) -> Result<Vec<SimDuration>, E>,
    ) -> Result<(), UnusableFile<E>> {
        let values = load(&self.file).map_err(UnusableFile::Load)?;
        *self = Self::new(&self.file, values)?;
        Ok(())
    }

    /// The mean of a function of the observations in seconds.
    fn mean_of(&self, f: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self.values.iter().map(|v| f(v.as_secs_f64())).sum();
        sum / self.values.len() as f64
    }
}

impl Described for Empirical {
    const SUMMARY: &'static str = "the durations of a file, each as likely as any other";
    const SOURCE: &'static str = "drawn with replacement, as in B. Efron's bootstrap (1979)";
}

impl Sampler for Empirical {
    const USAGE: &'static str = "empirical(FILE)";
    const EXAMPLE: &'static str = "empirical(latencies.csv)";

    fn read(call: &Call<'_>) -> Result<Self, DistributionError> {
        let arguments = Arguments::of(call, Self::USAGE, &["file"], 1)?;
        let file = arguments.file("file")?;
        Ok(Self { file: file.into(), values: Arc::new([]) })
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        debug_assert!(!self.values.is_empty(), "`{}` was not loaded", self.file);
        let i = (u128::from(draws.next_u64()) * self.values.len() as u128) >> 64;
        self.values.get(i as usize).copied().unwrap_or_default()
    }

    fn mean(&self) -> f64 {
        self.mean_of(|value| value)
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.mean_of(|value| (value - mean) * (value - mean))
    }

    fn min_possible(&self) -> SimDuration {
        self.values.iter().copied().min().unwrap_or_default()
    }

    fn is_zero(&self) -> bool {
        !self.values.is_empty() && self.values.iter().all(|v| v.is_zero())
    }
}

impl fmt::Display for Empirical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "empirical({})", self.file)
    }
}
