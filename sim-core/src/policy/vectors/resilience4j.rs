//! Resilience4j's interval functions.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::compare::{Unit, fails, holds, nth, sequence};
use super::formulas::exponential;
use super::name::{arguments, parameter};
use super::{Entry, VectorOutcome};
use crate::policy::backoff::resilience4j::Resilience4j as IntervalFunction;
use crate::policy::backoff::scripted::Always;
use crate::policy::backoff::{Backoff, Jitter};

const LIBRARY: &str = "resilience4j";

/// The section `resilience4j`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resilience4j {
    fixed: BTreeMap<String, Entry>,
    randomized_ranges_1e6_samples: BTreeMap<String, Vec<Sampled>>,
}

/// What a million draws of the library gave, in milliseconds.
#[derive(Clone, Debug, Deserialize)]
struct Sampled {
    attempt: u32,
    min: f64,
    max: f64,
    mean: f64,
    frac_eq_2000: f64,
}

impl Resilience4j {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for (name, entry) in &self.fixed {
            let Some(delays) = entry.numbers() else { continue };
            outcomes.push(match without_jitter(name) {
                None => fails(LIBRARY, name, "no interval function of this name is known"),
                Some(backoff) => {
                    let draws = delays.iter().map(|_| 0.5);
                    sequence(LIBRARY, name, &backoff, draws, delays, Unit::Milliseconds)
                }
            });
        }
        for (name, samples) in &self.randomized_ranges_1e6_samples {
            for sampled in samples {
                let full_name = format!("{name}, attempt {}", sampled.attempt);
                outcomes.push(match randomised(name) {
                    None => fails(LIBRARY, full_name, "no interval function of this name is known"),
                    Some(backoff) => match sampled.differs_from(&backoff) {
                        Some(detail) => fails(LIBRARY, full_name, detail),
                        None => holds(LIBRARY, full_name),
                    },
                });
            }
        }
    }
}

fn without_jitter(name: &str) -> Option<Backoff> {
    if name.contains("Duration.ofSeconds(2L shl attempt)") {
        // The user's own function; 2 s shifted by the attempt, which counts from 1.
        return Some(exponential(Unit::Seconds.duration(4.0), Jitter::None));
    }
    let arguments = arguments(name, "ofExponentialBackoff")?;
    Some(Backoff::Resilience4j(IntervalFunction {
        interval: Unit::Milliseconds.duration(*arguments.first()?),
        multiplier: Some(*arguments.get(1)?),
        randomization_factor: None,
        max_interval: arguments.get(2).map(|max| Unit::Milliseconds.duration(*max)),
    }))
}

fn randomised(name: &str) -> Option<Backoff> {
    let (interval, multiplier, factor) = if let Some(given) = arguments(name, "ofRandomized") {
        (*given.first()?, None, *given.get(1)?)
    } else {
        let given = arguments(name, "ofExponentialRandomBackoff")?;
        (*given.first()?, Some(*given.get(1)?), *given.get(2)?)
    };
    Some(Backoff::Resilience4j(IntervalFunction {
        interval: Unit::Milliseconds.duration(interval),
        multiplier,
        randomization_factor: Some(factor),
        max_interval: parameter(name, "max").map(|max| Unit::Milliseconds.duration(max)),
    }))
}

impl Sampled {
    /// Where the backoff's distribution and the sample part, if they do: the ends must be equal,
    /// the mean and the share of one value within 4.5 standard errors of the sample.
    fn differs_from(&self, backoff: &Backoff) -> Option<String> {
        const SAMPLES: f64 = 1e6;
        let exact = Distribution::of(backoff, self.attempt);
        let Distribution { shortest, longest, .. } = exact;
        if (shortest, longest) != (self.min, self.max) {
            return Some(format!("{shortest} … {longest}, not {} … {}", self.min, self.max));
        }
        let error = 4.5 * exact.sd / SAMPLES.sqrt() + MEAN_IS_ROUNDED_TO;
        if (exact.mean - self.mean).abs() > error {
            return Some(format!("mean {}, not {} ± {error}", exact.mean, self.mean));
        }
        let share = exact.share_of_2000;
        let error = 4.5 * (share * (1.0 - share) / SAMPLES).sqrt() + 1.0 / GRID as f64;
        ((share - self.frac_eq_2000).abs() > error)
            .then(|| format!("share of 2000 is {share}, not {} ± {error}", self.frac_eq_2000))
    }
}

/// The means are given with one decimal.
const MEAN_IS_ROUNDED_TO: f64 = 0.05;
/// How many evenly spaced draws stand for the uniform distribution.
const GRID: u64 = 1 << 14;

struct Distribution {
    shortest: f64,
    longest: f64,
    mean: f64,
    sd: f64,
    share_of_2000: f64,
}

impl Distribution {
    fn of(backoff: &Backoff, n: u32) -> Self {
        let step = 1.0 / GRID as f64;
        let wait = |k: u64| nth(backoff, n, Always::unit((k as f64 + 0.5) * step));
        let waits: Vec<f64> = (0..GRID).map(|k| wait(k).as_millis_f64()).collect();
        let mean = waits.iter().sum::<f64>() * step;
        let variance = waits.iter().map(|wait| (wait - mean) * (wait - mean)).sum::<f64>() * step;
        Self {
            shortest: waits.iter().copied().fold(f64::INFINITY, f64::min),
            longest: waits.iter().copied().fold(0.0, f64::max),
            mean,
            sd: variance.sqrt(),
            share_of_2000: waits.iter().filter(|wait| **wait == 2000.0).count() as f64 * step,
        }
    }
}
