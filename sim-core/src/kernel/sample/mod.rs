//! Distributions of durations: what a scenario file writes as `"exp(20ms)"`.
//!
//! All sampling is on raw 64-bit draws with `+ − × ÷`, square roots and `libm`, so the same
//! draws give the same durations on every platform and with every compiler flag.

use std::borrow::Cow;
use std::fmt;

use rand::Rng;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::SimDuration;
use crate::catalogue::{Described, Entry};

mod arguments;
mod constant;
mod empirical;
mod erlang;
mod exponential;
mod exponential_layers;
mod gamma;
mod keys;
mod lognormal;
mod mix;
mod normal;
mod normal_layers;
mod pareto;
mod sampler;
mod text;
mod uniform;
mod weibull;
mod ziggurat;

pub use empirical::{Empirical, UnusableFile};
pub use erlang::Erlang;
pub use exponential::Exponential;
pub use gamma::Gamma;
pub use keys::{Keys, Zipf};
pub use lognormal::LogNormal;
pub use mix::Mix;
pub use normal::Normal;
pub use pareto::Pareto;
pub use sampler::Impossible;
pub use text::DistributionError;
pub use uniform::Uniform;
pub use weibull::Weibull;
pub use ziggurat::{standard_exponential, standard_normal};

use sampler::Sampler;
use text::Call;

/// Defines the enum of distributions from one row each, with its dispatch, its reader and its
/// catalogue. Adding a distribution is one file, one `mod` line and one row.
macro_rules! distributions {
    ($( $name:literal => $Variant:ident($Params:ty) ),+ $(,)?) => {
        /// A distribution of durations.
        ///
        /// As text, in scenario files and in [`Display`](fmt::Display), it is a duration
        /// (`"20ms"`, always the same) or a call (`"exp(20ms)"`); [`Distribution::CATALOGUE`]
        /// lists them all.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Distribution {
            $( #[doc = concat!("`", $name, "` in the scenario file.")] $Variant($Params), )+
        }

        /// Evaluates an expression on the parameters of whichever distribution it is.
        macro_rules! each {
            ($distribution:expr, $item:ident => $body:expr) => {
                match $distribution { $( Distribution::$Variant($item) => $body, )+ }
            };
        }

        impl Distribution {
            /// Every distribution that a scenario file can name.
            pub const CATALOGUE: &'static [Entry] = &[
                $( Entry {
                    kind: "distribution",
                    name: $name,
                    summary: <$Params as Described>::SUMMARY,
                    source: <$Params as Described>::SOURCE,
                    parameters: usage::<$Params>,
                }, )+
            ];

            /// How each distribution is written, in the order of the catalogue.
            const USAGES: &'static [&'static str] = &[ $( <$Params as Sampler>::USAGE, )+ ];

            /// Reads a call such as `exp(20ms)`; `None` if no distribution has that name.
            fn read(call: &Call<'_>) -> Option<Result<Self, DistributionError>> {
                match call.name.text {
                    $( $name => Some(<$Params as Sampler>::read(call).map(Self::$Variant)), )+
                    _ => None,
                }
            }

            /// The name in the scenario file.
            pub fn name(&self) -> &'static str {
                match self { $( Self::$Variant(_) => $name, )+ }
            }
        }
    };
}

distributions! {
    "constant" => Constant(SimDuration),
    "uniform" => Uniform(Uniform),
    "exp" => Exponential(Exponential),
    "normal" => Normal(Normal),
    "lognormal" => LogNormal(LogNormal),
    "pareto" => Pareto(Pareto),
    "gamma" => Gamma(Gamma),
    "erlang" => Erlang(Erlang),
    "weibull" => Weibull(Weibull),
    "empirical" => Empirical(Empirical),
    "mix" => Mix(Mix),
}

impl Distribution {
    /// Draws a duration, rounded to the nearest nanosecond.
    #[inline(always)]
    pub fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        match self {
            // The everyday ones, at the place where they are asked for.
            Self::Exponential(sampler) => sampler.sample(draws),
            Self::Constant(always) => *always,
            _ => self.sample_any(draws),
        }
    }

    /// As [`Distribution::sample`], of those that have more to do.
    #[inline(never)]
    fn sample_any<R: Rng + ?Sized>(&self, draws: &mut R) -> SimDuration {
        each!(self, sampler => sampler.sample(draws))
    }

    /// The mean, in seconds; infinite for a Pareto distribution of shape 1 or less without a cap.
    pub fn mean(&self) -> f64 {
        each!(self, sampler => sampler.mean())
    }

    /// The variance, in seconds squared; infinite for a Pareto distribution of shape 2 or less
    /// without a cap.
    pub fn variance(&self) -> f64 {
        each!(self, sampler => sampler.variance())
    }

    /// The squared coefficient of variation: variance over squared mean. 0 for a constant, 1 for
    /// an exponential; not a number where the mean is zero or infinite.
    pub fn scv(&self) -> f64 {
        self.variance() / (self.mean() * self.mean())
    }

    /// The lower end of the durations that can be drawn: zero for an exponential, although it is
    /// next to never drawn.
    pub fn min_possible(&self) -> SimDuration {
        each!(self, sampler => sampler.min_possible())
    }

    /// Whether every draw is zero: what takes this long takes no time.
    pub fn is_zero(&self) -> bool {
        each!(self, sampler => sampler.is_zero())
    }

    /// Whether it draws from a file, which has to be resolved first.
    pub fn names_a_file(&self) -> bool {
        self.clone().resolve_files(&mut |_| Err(())).is_err()
    }

    /// Loads the observations of every `empirical(FILE)` in it; `load` is given each file's name.
    ///
    /// # Errors
    ///
    /// What `load` fails with, or a file without any observation.
    pub fn resolve_files<E>(
        &mut self,
        load: &mut dyn FnMut(&str) -> Result<Vec<SimDuration>, E>,
    ) -> Result<(), UnusableFile<E>> {
        match self {
            Self::Empirical(empirical) => empirical.resolve(load),
            Self::Mix(mix) => mix.resolve_files(load),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Distribution {
    /// The text of the scenario file, which reads back as an equal value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(self, sampler => sampler.fmt(f))
    }
}

impl TryFrom<String> for Distribution {
    type Error = DistributionError;

    fn try_from(text: String) -> Result<Self, DistributionError> {
        text.parse()
    }
}

impl From<Distribution> for String {
    fn from(distribution: Distribution) -> Self {
        distribution.to_string()
    }
}

impl Default for Distribution {
    /// Always zero.
    fn default() -> Self {
        Self::Constant(SimDuration::ZERO)
    }
}

impl From<SimDuration> for Distribution {
    fn from(always: SimDuration) -> Self {
        Self::Constant(always)
    }
}

/// The "parameters" of a catalogue entry: how the distribution is written.
fn usage<S: Sampler>(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "description": S::USAGE, "examples": [S::EXAMPLE] })
}

impl JsonSchema for Distribution {
    fn schema_name() -> Cow<'static, str> {
        "Distribution".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let usages = Self::USAGES.join(", ");
        json_schema!({
            "type": "string",
            "format": "distribution",
            "description": format!("a distribution of durations: {usages}"),
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
