//! Which of many things a call is about: what a scenario file writes as `"zipf(1.1, 10000)"`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rand::Rng;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::super::draw::unit_f64;
use super::arguments::Arguments;
use super::sampler::Impossible;
use super::text::{Call, DistributionError, Piece};

/// Keys, numbered from 0: how often each of them is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Keys {
    /// `uniform(keys)`: each equally often.
    Uniform(u32),
    /// `zipf(exponent, keys)`: the k-th, from 1, in proportion to `1/k^exponent`.
    Zipf(Zipf),
}

/// Zipf's distribution over a number of keys.
///
/// Source: W. Hörmann and G. Derflinger, Rejection-inversion to generate variates from monotone
/// discrete distributions, ACM TOMACS 6 (1996): less than 1.2 pairs of draws a key, whatever the number
/// of keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zipf {
    exponent: f64,
    keys: u32,
    /// The integral of the hat at 1.5, less 1, and at `keys` + 0.5; how near to a key is always taken.
    from: f64,
    to: f64,
    near: f64,
}

const USAGES: [&str; 2] = ["uniform(keys)", "zipf(exponent, keys)"];

impl Keys {
    /// Every key equally often.
    ///
    /// # Errors
    /// If there are none.
    pub fn uniform(keys: u32) -> Result<Self, Impossible> {
        Impossible::unless(keys > 0, "keys", || "must be at least 1".to_owned())?;
        Ok(Self::Uniform(keys))
    }

    /// Zipf's distribution.
    ///
    /// # Errors
    /// If there are no keys, or the exponent is not above 0.
    pub fn zipf(exponent: f64, keys: u32) -> Result<Self, Impossible> {
        Impossible::unless_above_zero("exponent", exponent)?;
        Impossible::unless(keys > 0, "keys", || "must be at least 1".to_owned())?;
        let mut zipf = Zipf { exponent, keys, from: 0.0, to: 0.0, near: 0.0 };
        zipf.from = zipf.integral(1.5) - 1.0;
        zipf.to = zipf.integral(f64::from(keys) + 0.5);
        zipf.near = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.hat(2.0));
        Ok(Self::Zipf(zipf))
    }

    /// How many keys there are.
    pub fn count(&self) -> u32 {
        match self {
            Self::Uniform(keys) => *keys,
            Self::Zipf(zipf) => zipf.keys,
        }
    }

    /// Draws a key.
    pub fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> u64 {
        match self {
            Self::Uniform(keys) => {
                ((u128::from(draws.next_u64()) * u128::from(*keys)) >> 64) as u64
            }
            Self::Zipf(zipf) => zipf.sample(draws) - 1,
        }
    }
}

impl Zipf {
    fn sample<R: Rng + ?Sized>(&self, draws: &mut R) -> u64 {
        loop {
            let area = self.to + unit_f64(draws.next_u64()) * (self.from - self.to);
            let x = self.inverse(area);
            let key = libm::round(x).clamp(1.0, f64::from(self.keys));
            if key - x <= self.near || area >= self.integral(key + 0.5) - self.hat(key) {
                return key as u64;
            }
        }
    }

    /// `x^-exponent`.
    fn hat(&self, x: f64) -> f64 {
        libm::exp(-self.exponent * libm::log(x))
    }

    /// An integral of the hat, `(x^(1-e) − 1)/(1−e)`, and its limit `ln x` where the exponent is 1.
    fn integral(&self, x: f64) -> f64 {
        let log = libm::log(x);
        let t = (1.0 - self.exponent) * log;
        // (eᵗ − 1)/t, from its series near zero.
        let growth = if t.abs() > 1e-8 { libm::expm1(t) / t } else { 1.0 + t / 2.0 };
        growth * log
    }

    fn inverse(&self, area: f64) -> f64 {
        // Not below −1, where rounding could lead.
        let t = (area * (1.0 - self.exponent)).max(-1.0);
        let decay = if t.abs() > 1e-8 { libm::log1p(t) / t } else { 1.0 - t / 2.0 };
        libm::exp(decay * area)
    }
}

impl FromStr for Keys {
    type Err = DistributionError;

    fn from_str(text: &str) -> Result<Self, DistributionError> {
        let piece = Piece { text, at: 0 }.trimmed();
        let unknown = |name: Piece<'_>| {
            let allowed = USAGES.join(" and ");
            name.error(format!("`{}` are no keys; write {allowed}", name.text))
        };
        if !piece.text.contains('(') {
            return Err(unknown(piece));
        }
        let call = Call::parse(piece, 0)?;
        match call.name.text {
            "uniform" => {
                let arguments = Arguments::of(&call, USAGES[0], &["keys"], 1)?;
                Self::uniform(arguments.count("keys")?).map_err(|e| arguments.blame(e))
            }
            "zipf" => {
                let arguments = Arguments::of(&call, USAGES[1], &["exponent", "keys"], 2)?;
                let (exponent, keys) = (arguments.number("exponent")?, arguments.count("keys")?);
                Self::zipf(exponent, keys).map_err(|e| arguments.blame(e))
            }
            _ => Err(unknown(call.name)),
        }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform(keys) => write!(f, "uniform({keys})"),
            Self::Zipf(zipf) => write!(f, "zipf({}, {})", zipf.exponent, zipf.keys),
        }
    }
}

impl TryFrom<String> for Keys {
    type Error = DistributionError;

    fn try_from(text: String) -> Result<Self, DistributionError> {
        text.parse()
    }
}

impl From<Keys> for String {
    fn from(keys: Keys) -> Self {
        keys.to_string()
    }
}

impl JsonSchema for Keys {
    fn schema_name() -> Cow<'static, str> {
        "Keys".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "keys",
            "description": format!("which of many keys, and how often each: {}", USAGES.join(", ")),
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draw::{Component, Purpose, Stream};

    fn frequencies(text: &str, draws: u32) -> Vec<f64> {
        let keys: Keys = text.parse().unwrap();
        let mut stream = Stream::new(7, 0, Component::named(text), Purpose::Arrivals);
        let mut counts = vec![0.0; keys.count() as usize];
        for _ in 0..draws {
            counts[keys.sample(&mut stream) as usize] += 1.0 / f64::from(draws);
        }
        counts
    }

    /// The largest distance from the expected frequencies, in standard errors.
    fn worst(found: &[f64], expected: impl Fn(usize) -> f64, draws: u32) -> f64 {
        let error = |(key, found): (usize, &f64)| {
            let p = expected(key);
            (found - p).abs() / (p * (1.0 - p) / f64::from(draws)).sqrt()
        };
        found.iter().enumerate().map(error).fold(0.0, f64::max)
    }

    #[test]
    fn each_key_comes_as_often_as_its_rank_says() {
        let draws = 200_000;
        for exponent in [0.5, 1.0, 1.1, 3.0] {
            let found = frequencies(&format!("zipf({exponent}, 50)"), draws);
            let weight = |key: usize| libm::pow(key as f64 + 1.0, -exponent);
            let all: f64 = (0..50).map(weight).sum();
            let worst = worst(&found, |key| weight(key) / all, draws);
            assert!(worst < 4.5, "zipf({exponent}): {worst} standard errors");
        }
        let worst = worst(&frequencies("uniform(20)", draws), |_| 0.05, draws);
        assert!(worst < 4.5, "uniform: {worst} standard errors");
    }

    #[test]
    fn one_key_is_always_the_same_one() {
        assert_eq!(frequencies("zipf(1.1, 1)", 100), [1.0000000000000007]);
        assert_eq!(frequencies("uniform(1)", 100), [1.0000000000000007]);
    }

    #[test]
    fn texts_read_back_and_mistakes_say_what_is_allowed() {
        for text in ["zipf(1.1, 10000)", "uniform(3)"] {
            assert_eq!(text.parse::<Keys>().unwrap().to_string(), text);
        }
        let wrong = |text: &str| text.parse::<Keys>().unwrap_err().to_string();
        assert!(wrong("zipff(1, 2)").contains("write uniform(keys) and zipf(exponent, keys)"));
        assert!(wrong("20").contains("`20` are no keys"));
        assert!(wrong("zipf(0, 10)").contains("`exponent`"));
        assert!(wrong("uniform(0)").contains("`keys` must be at least 1"));
        assert!(wrong("uniform(1.5)").contains("whole number"));
    }
}
