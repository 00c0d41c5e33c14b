//! Rates: "400/s".

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sim_core::kernel::SimDuration;

/// A rate: a number of things per time.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Rate {
    per_second: f64,
}

/// Why a text is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RateError {
    #[error("`{0}` has no time; write a number per time, such as \"{0}/s\"")]
    NoTime(String),
    #[error("`{0}` is not a rate; write a number per time, such as \"400/s\" or \"24000/min\"")]
    NotARate(String),
    #[error("`{0}` is below zero")]
    Negative(String),
    #[error("`{0}` is too much: more than a thousand million per second")]
    TooMuch(String),
}

impl Rate {
    const MOST_PER_SECOND: f64 = 1e9;

    pub(crate) fn per_second(self) -> f64 {
        self.per_second
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let text = text.trim();
        let number = |number: &str| number.trim().replace('_', "").parse::<f64>().ok();
        let Some((count, time)) = text.split_once('/') else {
            let is_number = number(text).is_some();
            return Err(if is_number { RateError::NoTime } else { RateError::NotARate }(
                text.into(),
            ));
        };
        let not_a_rate = || RateError::NotARate(text.into());
        let count = number(count).filter(|n| n.is_finite()).ok_or_else(not_a_rate)?;
        if count < 0.0 {
            return Err(RateError::Negative(text.into()));
        }
        let time = one_of(time.trim()).filter(|time| !time.is_zero()).ok_or_else(not_a_rate)?;
        let per_second = count / time.as_secs_f64();
        if per_second > Self::MOST_PER_SECOND {
            return Err(RateError::TooMuch(text.into()));
        }
        Ok(Self { per_second })
    }
}

/// A time, or a unit of time, which stands for one of it.
fn one_of(time: &str) -> Option<SimDuration> {
    let has_number = time.starts_with(|c: char| c.is_ascii_digit());
    if has_number { time.parse().ok() } else { format!("1{time}").parse().ok() }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.per_second)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "rate" })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_numbers_per_time() {
        for (text, per_second) in [
            ("400/s", 400.0),
            ("24_000/min", 400.0),
            ("1/10ms", 100.0),
            ("0.5 / s", 0.5),
            ("0/s", 0.0),
            ("36e2/h", 1.0),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert!((rate.per_second() - per_second).abs() < 1e-9, "{text}: {rate}");
        }
    }

    #[test]
    fn what_is_not_a_rate_says_why() {
        let parse = |text: &str| text.parse::<Rate>().unwrap_err();
        assert_eq!(parse("400"), RateError::NoTime("400".into()));
        assert_eq!(parse("-4/s"), RateError::Negative("-4/s".into()));
        assert_eq!(parse("1e10/s"), RateError::TooMuch("1e10/s".into()));
        for text in ["", "fast", "4/", "/s", "4/0s", "4/fortnight", "nan/s", "inf/s", "4/-1s"] {
            assert_eq!(parse(text), RateError::NotARate(text.into()), "{text}");
        }
    }
}
