//! Resilience4j.

use serde::Deserialize;

use super::driver::{Driver, at, outcome};
use super::{Configured, same};
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::count_window::CountWindow;
use crate::policy::breaker::trip::time_window::TimeWindow;
use crate::policy::breaker::{Breaker, BreakerPreset, BreakerState, OpenFor, Totals, Trip};
use crate::policy::limit::Limit;

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    #[serde(rename = "type")]
    kind: String,
    #[serde(alias = "size_s")]
    size: u32,
    min_calls: u32,
    failure_rate: f64,
    wait_open_s: f64,
    permitted_half_open: u32,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    t: f64,
    op: String,
    #[serde(default)]
    dur_ms: u64,
    permitted: Option<bool>,
    state: String,
    failure_rate: f32,
    slow_rate: f32,
    buffered: u32,
    failed: u32,
    not_permitted: u32,
}

impl Configured for Config {
    const LIBRARY: &'static str = "resilience4j";

    fn breaker(&self) -> Result<Option<Breaker>, String> {
        let trip = match self.kind.as_str() {
            "COUNT_BASED" => Trip::CountWindow(CountWindow { size: self.size }),
            "TIME_BASED" => {
                let bucket = SimDuration::from_secs(1);
                Trip::TimeWindow(TimeWindow { buckets: self.size, bucket })
            }
            kind => return Err(format!("no window `{kind}` is known")),
        };
        Ok(Some(Breaker {
            preset: Some(BreakerPreset::Resilience4j),
            trip: Some(trip),
            failure_rate: Some(self.failure_rate / 100.0),
            minimum_calls: Some(self.min_calls),
            open_for: Some(OpenFor::Time(SimDuration::from_secs_f64(self.wait_open_s))),
            half_open_calls: Some(Limit::AtMost(self.permitted_half_open)),
            ..Breaker::default()
        }))
    }
}

impl Config {
    /// The metrics that the library shows: those of the closed breaker or, from half-open on until
    /// it closes, those of the trial; and from how many calls on they have rates.
    fn metrics(&self, driver: &mut Driver, now: f64) -> (Totals, u32) {
        let machine = &mut driver.machine;
        let changes = machine.changes();
        let tried = match machine.state() {
            BreakerState::Closed => false,
            BreakerState::HalfOpen => true,
            BreakerState::Open => changes.opened > changes.closed + 1,
        };
        if tried {
            return (machine.tried(), self.min_calls.min(self.permitted_half_open));
        }
        let most = if self.kind == "COUNT_BASED" { self.size } else { u32::MAX };
        (machine.counted(at(now)), self.min_calls.min(most))
    }
}

impl super::Event<Config> for Event {
    fn happen(&self, config: &Config, driver: &mut Driver) -> Result<(), String> {
        let now = at(self.t);
        match self.op.as_str() {
            "try" => same("permitted", Some(driver.begin(now, "")), self.permitted)?,
            op => driver.tell_oldest(now, outcome(op), SimDuration::from_millis(self.dur_ms)),
        }
        driver.state_is(&self.state)?;
        let (totals, minimum) = config.metrics(driver, self.t);
        same("buffered", totals.calls, self.buffered)?;
        same("failed", totals.failures, self.failed)?;
        let rate = |part: u32| match totals.calls > 0 && totals.calls >= minimum {
            true => part as f32 * 100.0 / totals.calls as f32,
            false => -1.0,
        };
        same("failure_rate", rate(totals.failures), self.failure_rate)?;
        same("slow_rate", rate(totals.slow), self.slow_rate)?;
        same("not_permitted", driver.machine.rejected(), self.not_permitted)
    }
}
