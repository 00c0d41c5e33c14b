//! The packages of npm and of Python.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::compare::{Unit, fails, sequence};
use super::name::{arguments, parameter};
use super::{Entry, VectorOutcome};
use crate::kernel::SimDuration;
use crate::policy::backoff::Backoff;
use crate::policy::backoff::backoff_py_expo::{BackoffPyExpo, PyJitter};
use crate::policy::backoff::backoff_py_fibo::BackoffPyFibo;
use crate::policy::backoff::cockatiel::{Cockatiel, Generator};
use crate::policy::backoff::npm_retry::NpmRetry;
use crate::policy::backoff::tenacity_exponential::TenacityExponential;
use crate::policy::backoff::tenacity_exponential_jitter::TenacityExponentialJitter;
use crate::policy::backoff::tenacity_fixed_plus_random::TenacityFixedPlusRandom;
use crate::policy::backoff::tenacity_incrementing::TenacityIncrementing;
use crate::policy::backoff::tenacity_random_exponential::TenacityRandomExponential;

/// The sections `js` and `python`: calls and what they gave.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Values {
    values: BTreeMap<String, Entry>,
}

impl Values {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for (name, entry) in &self.values {
            let Some(expected) = entry.numbers() else { continue };
            let (library, function) = name.split_once('.').unwrap_or(("", name));
            let (library, backoff, unit) = match library {
                "retry" => ("npm-retry", npm_retry(function), Unit::Milliseconds),
                "cockatiel" => ("cockatiel", cockatiel(function), Unit::Milliseconds),
                "tenacity" => ("tenacity", tenacity(function), Unit::Seconds),
                "backoff" => ("backoff-py", backoff_py(function), Unit::Seconds),
                _ => ("unknown", None, Unit::Seconds),
            };
            outcomes.push(match backoff {
                None => fails(library, name, "no backoff of this name is known"),
                Some(backoff) => {
                    let draw = parameter(name, "U").unwrap_or(0.5);
                    let draws = expected.iter().map(|_| draw);
                    sequence(library, function, &backoff, draws, expected, unit)
                }
            });
        }
    }
}

fn milliseconds(text: &str, name: &str) -> Option<SimDuration> {
    parameter(text, name).map(|number| Unit::Milliseconds.duration(number))
}

fn seconds(text: &str, name: &str) -> Option<SimDuration> {
    parameter(text, name).map(|number| Unit::Seconds.duration(number))
}

fn npm_retry(text: &str) -> Option<Backoff> {
    let default = NpmRetry::default();
    text.starts_with("timeouts(").then(|| {
        Backoff::NpmRetry(NpmRetry {
            min_timeout: milliseconds(text, "min").unwrap_or(default.min_timeout),
            factor: parameter(text, "factor").unwrap_or(default.factor),
            max_timeout: milliseconds(text, "max"),
            randomize: text.contains("randomize"),
        })
    })
}

fn cockatiel(text: &str) -> Option<Backoff> {
    let default = Cockatiel::default();
    let (generator, _) = text.split_once('(')?;
    let generator = match generator {
        "noJitterGenerator" => Generator::None,
        "fullJitterGenerator" => Generator::Full,
        "halfJitterGenerator" => Generator::Half,
        "decorrelatedJitterGenerator" => Generator::Decorrelated,
        _ => return None,
    };
    Some(Backoff::Cockatiel(Cockatiel {
        initial_delay: milliseconds(text, "initial").unwrap_or(default.initial_delay),
        max_delay: milliseconds(text, "max").unwrap_or(default.max_delay),
        exponent: parameter(text, "exponent").unwrap_or(default.exponent),
        generator,
    }))
}

fn tenacity(text: &str) -> Option<Backoff> {
    let (function, _) = text.split_once('(')?;
    let default = TenacityExponential::default();
    let multiplier = seconds(text, "multiplier").unwrap_or(default.multiplier);
    let max = seconds(text, "max");
    let exp_base = parameter(text, "exp_base").unwrap_or(default.exp_base);
    let min = seconds(text, "min").unwrap_or(default.min);
    Some(match function {
        "wait_exponential" => {
            Backoff::TenacityExponential(TenacityExponential { multiplier, max, exp_base, min })
        }
        "wait_random_exponential" => {
            Backoff::TenacityRandomExponential(TenacityRandomExponential {
                multiplier,
                max,
                exp_base,
                min,
            })
        }
        "wait_exponential_jitter" => {
            let jitter = seconds(text, "jitter").unwrap_or(SimDuration::from_secs(1));
            let backoff = TenacityExponentialJitter { multiplier, max, exp_base, min, jitter };
            Backoff::TenacityExponentialJitter(backoff)
        }
        "wait_fixed" => fixed_plus_random(text)?,
        "wait_incrementing" => {
            let default = TenacityIncrementing::default();
            Backoff::TenacityIncrementing(TenacityIncrementing {
                start: seconds(text, "start").unwrap_or(default.start),
                increment: seconds(text, "increment").unwrap_or(default.increment),
                max,
            })
        }
        _ => return None,
    })
}

fn fixed_plus_random(text: &str) -> Option<Backoff> {
    let (fixed, random) = (arguments(text, "wait_fixed")?, arguments(text, "wait_random")?);
    let second = |number: Option<&f64>| number.map(|number| Unit::Seconds.duration(*number));
    Some(Backoff::TenacityFixedPlusRandom(TenacityFixedPlusRandom {
        wait: second(fixed.first())?,
        random_min: second(random.first())?,
        random_max: second(random.get(1))?,
    }))
}

/// The generators alone: the package applies jitter to what they give.
fn backoff_py(text: &str) -> Option<Backoff> {
    let (function, _) = text.split_once('(')?;
    let (max_value, jitter) = (seconds(text, "max"), PyJitter::None);
    let default = BackoffPyExpo::default();
    Some(match function {
        "expo" => Backoff::BackoffPyExpo(BackoffPyExpo {
            base: parameter(text, "base").unwrap_or(default.base),
            factor: seconds(text, "factor").unwrap_or(default.factor),
            max_value,
            jitter,
        }),
        "fibo" => Backoff::BackoffPyFibo(BackoffPyFibo { max_value, jitter }),
        _ => return None,
    })
}
