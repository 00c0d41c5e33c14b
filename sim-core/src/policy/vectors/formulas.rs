//! Vectors that give the range of a wait: the articles' formulas and gRPC's.

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{Unit, range};
use crate::kernel::SimDuration;
use crate::policy::backoff::exponential::Exponential;
use crate::policy::backoff::grpc::Grpc as GrpcBackoff;
use crate::policy::backoff::{Backoff, Jitter};

/// The section `articles`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Articles {
    /// Of article 4: up to 10 % longer.
    vectors: Vec<UpwardVector>,
    /// Of article 2: up to 100 ms longer.
    article2_vectors: Vec<AdditiveVector>,
}

#[derive(Clone, Debug, Deserialize)]
struct UpwardVector {
    base: f64,
    /// From 0.
    attempt: u32,
    lo: f64,
    hi: f64,
}

#[derive(Clone, Debug, Deserialize)]
struct AdditiveVector {
    /// The number of the retry, from 1.
    k: u32,
    lo_ms: f64,
    hi_ms: f64,
}

impl Articles {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for UpwardVector { base, attempt, lo, hi } in &self.vectors {
            let name = format!("article 4, proportional (base {base}, attempt {attempt})");
            let backoff = exponential(Unit::Seconds.duration(*base), Jitter::Upward(0.1));
            let n = attempt + 1;
            outcomes.push(range("articles", name, &backoff, n, (*lo, *hi), Unit::Seconds));
        }
        for AdditiveVector { k, lo_ms, hi_ms } in &self.article2_vectors {
            let tenth = SimDuration::from_millis(100);
            let backoff = exponential(tenth, Jitter::Additive(tenth));
            let (name, limits) = (format!("article 2, additive (k {k})"), (*lo_ms, *hi_ms));
            outcomes.push(range("articles", name, &backoff, *k, limits, Unit::Milliseconds));
        }
    }
}

pub(super) fn exponential(base: SimDuration, jitter: Jitter) -> Backoff {
    Backoff::Exponential(Exponential { base, factor: 2.0, cap: None, jitter })
}

/// The section `grpc`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Grpc {
    config: GrpcConfig,
    bounds: Vec<Bounds>,
}

#[derive(Clone, Debug, Deserialize)]
struct GrpcConfig {
    initial: f64,
    max: f64,
    mult: f64,
}

impl Default for GrpcConfig {
    fn default() -> Self {
        Self { initial: 0.1, max: 1.0, mult: 2.0 }
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Bounds {
    n: u32,
    lo: f64,
    hi: f64,
}

impl Grpc {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        let seconds = |number| Unit::Seconds.duration(number);
        let backoff = Backoff::Grpc(GrpcBackoff {
            initial_backoff: seconds(self.config.initial),
            max_backoff: seconds(self.config.max),
            backoff_multiplier: self.config.mult,
        });
        for Bounds { n, lo, hi } in &self.bounds {
            let name = format!("retry {n}");
            outcomes.push(range("grpc", name, &backoff, *n, (*lo, *hi), Unit::Seconds));
        }
    }
}
