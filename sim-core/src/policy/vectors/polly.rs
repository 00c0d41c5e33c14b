//! Polly v8.

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{Unit, sequence};
use crate::policy::backoff::Backoff;
use crate::policy::backoff::polly_v8::{BackoffType, PollyV8};

/// The section `polly_v8`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Polly {
    tests: Vec<JitterTest>,
    vectors: Vec<DecorrelatedVector>,
}

/// Jitter of a constant or linear delay.
#[derive(Clone, Debug, Deserialize)]
struct JitterTest {
    d: f64,
    #[serde(rename = "U")]
    draw: f64,
    out: f64,
}

/// Decorrelated jitter V2.
#[derive(Clone, Debug, Deserialize)]
struct DecorrelatedVector {
    base: f64,
    #[serde(rename = "U")]
    draws: Vec<f64>,
    delays: Vec<f64>,
}

impl Polly {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for test in &self.tests {
            let name = format!("jitter(d {}, U {})", test.d, test.draw);
            let backoff = jittered(test.d, BackoffType::Constant);
            outcomes.push(sequence(
                "polly-v8",
                name,
                &backoff,
                [test.draw],
                &[test.out],
                Unit::Seconds,
            ));
        }
        for vector in &self.vectors {
            let name = format!("decorrelated_v2(base {}, U {:?})", vector.base, vector.draws);
            let backoff = jittered(vector.base, BackoffType::Exponential);
            let draws = vector.draws.iter().copied();
            outcomes.push(sequence(
                "polly-v8",
                name,
                &backoff,
                draws,
                &vector.delays,
                Unit::Seconds,
            ));
        }
    }
}

fn jittered(delay: f64, backoff_type: BackoffType) -> Backoff {
    let delay = Unit::Seconds.duration(delay);
    Backoff::PollyV8(PollyV8 { delay, backoff_type, use_jitter: true, max_delay: None })
}
