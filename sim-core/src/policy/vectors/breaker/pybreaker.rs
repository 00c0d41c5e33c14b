//! pybreaker.

use serde::Deserialize;

use super::driver::{Driver, at, outcome};
use super::{Configured, same};
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::consecutive::Consecutive;
use crate::policy::breaker::{Breaker, BreakerPreset, OpenFor, Trip, Verdict};

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    fail_max: u32,
    reset_timeout: f64,
    #[serde(default = "one")]
    success_threshold: u32,
}

fn one() -> u32 {
    1
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    t: f64,
    outcome_if_called: String,
    called: bool,
    state: String,
    fail_counter: u32,
    success_counter: u32,
}

impl Configured for Config {
    const LIBRARY: &'static str = "pybreaker";

    fn breaker(&self) -> Result<Option<Breaker>, String> {
        Ok(Some(Breaker {
            preset: Some(BreakerPreset::Pybreaker),
            trip: Some(Trip::Consecutive(Consecutive { failures: self.fail_max })),
            open_for: Some(OpenFor::Time(SimDuration::from_secs_f64(self.reset_timeout))),
            half_open_verdict: Some(Verdict::Successes(self.success_threshold)),
            ..Breaker::default()
        }))
    }
}

impl super::Event<Config> for Event {
    fn happen(&self, _config: &Config, driver: &mut Driver) -> Result<(), String> {
        let now = at(self.t);
        same("called", driver.call(now, outcome(&self.outcome_if_called)), self.called)?;
        driver.state_is(&self.state)?;
        let failures = driver.machine.counted(now).consecutive_failures;
        same("fail_counter", failures, self.fail_counter)?;
        let successes = match driver.is_half_open() {
            true => driver.machine.tried().consecutive_successes,
            false => 0,
        };
        same("success_counter", successes, self.success_counter)
    }
}
