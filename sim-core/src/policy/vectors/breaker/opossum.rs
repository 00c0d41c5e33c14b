//! opossum, whose timeout is a part of its breaker.

use serde::Deserialize;

use super::driver::{Driver, at, outcome};
use super::{Configured, same};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;
use crate::policy::breaker::trip::time_window::TimeWindow;
use crate::policy::breaker::{Breaker, BreakerPreset, OpenFor, Trip};

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Config {
    timeout: Timeout,
    error_threshold_percentage: f64,
    reset_timeout: u64,
    #[serde(default)]
    volume_threshold: u32,
    rolling_count_timeout: u64,
    rolling_count_buckets: u32,
}

/// Milliseconds, or `false`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Timeout {
    After(u64),
    Never(#[expect(dead_code, reason = "it is `false`")] bool),
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    t: f64,
    op: String,
    #[serde(default)]
    id: String,
    called: bool,
    state: String,
    fires: u32,
    failures: u32,
    successes: u32,
}

impl Configured for Config {
    const LIBRARY: &'static str = "opossum";

    fn breaker(&self) -> Result<Option<Breaker>, String> {
        let bucket = self.rolling_count_timeout / u64::from(self.rolling_count_buckets);
        let (buckets, bucket) = (self.rolling_count_buckets, SimDuration::from_millis(bucket));
        Ok(Some(Breaker {
            preset: Some(BreakerPreset::Opossum),
            trip: Some(Trip::TimeWindow(TimeWindow { buckets, bucket })),
            failure_rate: Some(self.error_threshold_percentage / 100.0),
            minimum_calls: Some(self.volume_threshold),
            open_for: Some(OpenFor::Time(SimDuration::from_millis(self.reset_timeout))),
            ..Breaker::default()
        }))
    }
}

impl Config {
    /// Calls that have taken too long end then.
    fn time_out(&self, now: SimTime, driver: &mut Driver) -> Result<(), String> {
        let Timeout::After(ms) = self.timeout else { return Ok(()) };
        while let Some((id, admitted)) = driver.oldest() {
            let due = admitted + SimDuration::from_millis(ms);
            if due > now {
                break;
            }
            driver.end(due, &id, Outcome::Timeout)?;
        }
        Ok(())
    }
}

impl super::Event<Config> for Event {
    fn happen(&self, config: &Config, driver: &mut Driver) -> Result<(), String> {
        let now = at(self.t);
        config.time_out(now, driver)?;
        let called = match self.op.as_str() {
            "begin" => driver.begin(now, &self.id),
            _ => driver.call(now, outcome(&self.op)),
        };
        same("called", called, self.called)?;
        driver.state_is(&self.state)?;
        let counted = driver.machine.counted(now);
        same("fires", counted.calls, self.fires)?;
        same("failures", counted.failures, self.failures)?;
        same("successes", counted.successes, self.successes)
    }
}
