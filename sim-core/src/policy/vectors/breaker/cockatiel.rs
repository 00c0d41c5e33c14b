//! cockatiel.

use serde::Deserialize;

use super::super::VectorOutcome;
use super::super::bulkheads::CockatielVector;
use super::super::name::arguments;
use super::driver::{Driver, at, outcome};
use super::{Configured, Vector, same};
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::cockatiel_sampling::CockatielSampling;
use crate::policy::breaker::trip::consecutive::Consecutive;
use crate::policy::breaker::{Breaker, BreakerPreset, OpenFor, Trip};

/// The section of cockatiel, in which a bulkhead stands among the breakers.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Section {
    vectors: Vec<BulkheadOrBreaker>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum BulkheadOrBreaker {
    Bulkhead(CockatielVector),
    Breaker(Vector<Config, Event>),
}

impl Section {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        outcomes.extend(self.vectors.iter().filter_map(|vector| match vector {
            BulkheadOrBreaker::Bulkhead(vector) => Some(vector.run()),
            BulkheadOrBreaker::Breaker(vector) => vector.run(),
        }));
    }
}

/// A breaker.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    breaker: Option<String>,
    #[serde(rename = "halfOpenAfter_ms")]
    half_open_after_ms: Option<u64>,
    threshold: Option<f64>,
    duration_ms: Option<u64>,
    #[serde(rename = "minimumRps")]
    minimum_rps: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    t: f64,
    op: String,
    called: bool,
    #[serde(default)]
    state: String,
}

/// For a vector that does not say how long its breaker stays open.
const HALF_OPEN_AFTER_MS: u64 = 5_000;

impl Configured for Config {
    const LIBRARY: &'static str = "cockatiel";

    fn breaker(&self) -> Result<Option<Breaker>, String> {
        let Some(name) = &self.breaker else { return Ok(None) };
        let trip = if let Some(failures) = arguments(name, "ConsecutiveBreaker") {
            let failures = failures.first().copied().unwrap_or_default() as u32;
            Trip::Consecutive(Consecutive { failures })
        } else if name == "SamplingBreaker" {
            let duration = SimDuration::from_millis(self.duration_ms.unwrap_or_default());
            let minimum_rps = self.minimum_rps;
            Trip::CockatielSampling(CockatielSampling { duration, minimum_rps })
        } else {
            return Err(format!("no breaker `{name}` is known"));
        };
        let open_ms = self.half_open_after_ms.unwrap_or(HALF_OPEN_AFTER_MS);
        Ok(Some(Breaker {
            preset: Some(BreakerPreset::Cockatiel),
            trip: Some(trip),
            failure_rate: self.threshold,
            open_for: Some(OpenFor::Time(SimDuration::from_millis(open_ms))),
            ..Breaker::default()
        }))
    }
}

impl super::Event<Config> for Event {
    fn happen(&self, _config: &Config, driver: &mut Driver) -> Result<(), String> {
        same("called", driver.call(at(self.t), outcome(&self.op)), self.called)?;
        driver.state_is(&self.state)
    }
}
