//! gobreaker.

use serde::Deserialize;

use super::driver::{Driver, at, outcome};
use super::{Configured, same};
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::gobreaker::Gobreaker;
use crate::policy::breaker::{Breaker, BreakerPreset, BreakerState, OpenFor, Totals, Trip};
use crate::policy::limit::Limit;

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    max_requests: u32,
    ready_to_trip: String,
    timeout_s: f64,
    interval_s: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    t: f64,
    op: String,
    id: Option<String>,
    called: Option<bool>,
    state: String,
    counts: Counts,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Counts {
    requests: u32,
    total_successes: u32,
    total_failures: u32,
    consecutive_successes: u32,
    consecutive_failures: u32,
}

impl Configured for Config {
    const LIBRARY: &'static str = "gobreaker";

    fn breaker(&self) -> Result<Option<Breaker>, String> {
        let unknown = || format!("no rule `{}` is known", self.ready_to_trip);
        let interval = self.interval_s.map(SimDuration::from_secs_f64);
        let mut counts = Gobreaker { interval, ..Gobreaker::default() };
        let mut breaker = Breaker {
            preset: Some(BreakerPreset::Gobreaker),
            open_for: Some(OpenFor::Time(SimDuration::from_secs_f64(self.timeout_s))),
            half_open_calls: Some(Limit::AtMost(self.max_requests)),
            ..Breaker::default()
        };
        if let Some(above) = self.ready_to_trip.strip_prefix("consecutive_failures>") {
            counts.consecutive_failures = Some(above.parse::<u32>().map_err(|_| unknown())? + 1);
        } else {
            let rule = self.ready_to_trip.strip_prefix("requests>=").ok_or_else(unknown)?;
            let rule = rule.split_once(" && total_failures/requests>=");
            let (requests, ratio) = rule.ok_or_else(unknown)?;
            breaker.minimum_calls = Some(requests.parse().map_err(|_| unknown())?);
            breaker.failure_rate = Some(ratio.parse().map_err(|_| unknown())?);
        }
        breaker.trip = Some(Trip::Gobreaker(counts));
        Ok(Some(breaker))
    }
}

impl super::Event<Config> for Event {
    fn happen(&self, _config: &Config, driver: &mut Driver) -> Result<(), String> {
        let now = at(self.t);
        let id = self.id.as_deref().unwrap_or_default();
        match self.op.as_str() {
            "begin" => same("begun", driver.begin(now, id), true)?,
            "endok" | "enderr" => driver.end(now, id, outcome(&self.op))?,
            _ => same("called", Some(driver.call(now, outcome(&self.op))), self.called)?,
        }
        driver.state_is(&self.state)?;
        let machine = &mut driver.machine;
        let (totals, requests) = match machine.state() {
            BreakerState::Closed => {
                let totals = machine.counted(now);
                (totals, totals.calls)
            }
            BreakerState::HalfOpen => (machine.tried(), machine.probes()),
            BreakerState::Open => (Totals::default(), 0),
        };
        let ours = Counts {
            requests,
            total_successes: totals.successes,
            total_failures: totals.failures,
            consecutive_successes: totals.consecutive_successes,
            consecutive_failures: totals.consecutive_failures,
        };
        same("counts", &ours, &self.counts)
    }
}
