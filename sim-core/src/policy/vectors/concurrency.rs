//! Netflix's concurrency limits and Envoy's gradient.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{Unit, fails, holds};
use super::name::parameter;
use crate::kernel::SimDuration;
use crate::policy::concurrency::aimd::Aimd;
use crate::policy::concurrency::envoy_gradient::EnvoyGradient;
use crate::policy::concurrency::gradient2::Gradient2;
use crate::policy::concurrency::vegas::Vegas;
use crate::policy::concurrency::{ConcurrencyGate, ConcurrencyLimit, Sample};

const NETFLIX: &str = "concurrency-limits";

/// The section `concurrency_limits`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Limits {
    netflix: Netflix,
    envoy_gradient: Envoy,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Netflix {
    vectors: BTreeMap<String, Vec<Step>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Step {
    rtt_ms: f64,
    inflight: u32,
    drop: bool,
    /// The limit after the sample.
    limit: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Envoy {
    vectors: Vec<EnvoyVector>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct EnvoyVector {
    limit: u32,
    min_rtt: f64,
    sample_rtt: f64,
    new: u32,
    gradient: f64,
}

impl Limits {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for (name, steps) in &self.netflix.vectors {
            outcomes.push(match named(name).map(|limit| differs(&limit, steps)) {
                None => fails(NETFLIX, name, "no limit of this name is known"),
                Some(Some(detail)) => fails(NETFLIX, name, detail),
                Some(None) => holds(NETFLIX, name),
            });
        }
        for vector in &self.envoy_gradient.vectors {
            outcomes.push(vector.judge());
        }
    }
}

/// The limit that a name spells out, such as `aimd(init10,min1,max200,backoff0.9,timeout1s)`.
fn named(name: &str) -> Option<ConcurrencyLimit> {
    let number = |parameter_name| parameter(name, parameter_name);
    let whole = |parameter_name| number(parameter_name).map(|number| number as u32);
    if name.starts_with("aimd") {
        return Some(ConcurrencyLimit::Aimd(Aimd {
            initial_limit: whole("init")?,
            min_limit: whole("min")?,
            max_limit: whole("max")?,
            backoff_ratio: number("backoff")?,
            timeout: SimDuration::from_secs_f64(number("timeout")?),
            ..Aimd::default()
        }));
    }
    if name.starts_with("vegas") {
        return Some(ConcurrencyLimit::Vegas(Vegas {
            initial_limit: whole("init")?,
            max_limit: whole("max")?,
            smoothing: number("smoothing").unwrap_or(1.0),
            alpha: whole("alpha"),
            beta: whole("beta"),
            ..Vegas::default()
        }));
    }
    name.starts_with("gradient2").then_some(())?;
    Some(ConcurrencyLimit::Gradient2(Gradient2 {
        initial_limit: whole("init")?,
        min_limit: whole("min")?,
        max_limit: whole("max")?,
        queue_size: whole("queue")?,
        smoothing: number("smoothing")?,
        rtt_tolerance: number("tol")?,
        long_window: whole("long")?,
        ..Gradient2::default()
    }))
}

fn differs(limit: &ConcurrencyLimit, steps: &[Step]) -> Option<String> {
    let ConcurrencyGate::Limiter(mut limiter) = limit.gate() else {
        return Some("no estimate".into());
    };
    for (number, step) in (1..).zip(steps) {
        let rtt = Unit::Milliseconds.duration(step.rtt_ms).as_nanos();
        limiter.estimate_mut().learn(Sample { rtt, in_flight: step.inflight, dropped: step.drop });
        if limiter.limit() != step.limit {
            return Some(format!("{} after sample {number}, not {}", limiter.limit(), step.limit));
        }
    }
    None
}

impl EnvoyVector {
    fn judge(&self) -> VectorOutcome {
        let Self { limit, min_rtt, sample_rtt, .. } = *self;
        let name = format!("gradient (limit {limit}, minRTT {min_rtt}, sampleRTT {sample_rtt})");
        let parameters = EnvoyGradient::default();
        let duration = |ms| Unit::Milliseconds.duration(ms);
        let gradient = parameters.gradient(duration(min_rtt), duration(sample_rtt));
        let next = parameters.next_limit(limit, duration(min_rtt), duration(sample_rtt));
        match (next, gradient) == (self.new, self.gradient) {
            true => holds("envoy", name),
            false => fails("envoy", name, format!("{next} by {gradient}")),
        }
    }
}
