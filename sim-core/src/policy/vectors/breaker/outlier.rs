//! Envoy's outlier detection.

use std::sync::Arc;

use serde::Deserialize;

use super::same;
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;
use crate::policy::backoff::scripted::MIDDLE;
use crate::policy::breaker::outlier::spread;
use crate::policy::breaker::{OutlierDetection, OutlierMachine, OutlierPolicy};
use crate::policy::vectors::VectorOutcome;
use crate::policy::vectors::compare::{fails, holds};

const LIBRARY: &str = "envoy-outlier";

/// The section `envoy_outlier`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Envoy {
    success_rate: SuccessRates,
    max_ejection: Vec<MaxEjection>,
    ejection_time: EjectionTimes,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct SuccessRates {
    vectors: Vec<SuccessRate>,
}

#[derive(Clone, Debug, Deserialize)]
struct SuccessRate {
    success_rates: Vec<u32>,
    mean: f64,
    stdev: f64,
    threshold: f64,
    ejected: Vec<u32>,
}

#[derive(Clone, Debug, Deserialize)]
struct MaxEjection {
    active: usize,
    hosts: usize,
    max_pct: u32,
    always_eject_one: bool,
    allowed: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct EjectionTimes {
    base_s: u64,
    max_s: u64,
    consecutive_ejections_s: Vec<u64>,
}

impl Envoy {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for vector in &self.success_rate.vectors {
            let name = format!("success rates {:?}", vector.success_rates);
            outcomes.push(outcome(name, vector.compare()));
        }
        for vector in &self.max_ejection {
            let name = format!("{vector:?}");
            outcomes.push(outcome(name, vector.compare()));
        }
        if !self.ejection_time.consecutive_ejections_s.is_empty() {
            outcomes.push(outcome("ejection times".into(), self.ejection_time.compare()));
        }
    }
}

fn outcome(name: String, compared: Result<(), String>) -> VectorOutcome {
    match compared {
        Ok(()) => holds(LIBRARY, name),
        Err(detail) => fails(LIBRARY, name, detail),
    }
}

fn policy(detection: &OutlierDetection) -> Result<Arc<OutlierPolicy>, String> {
    detection.resolve().map(Arc::new).map_err(|problems| problems.to_string())
}

fn result(machine: &mut OutlierMachine, now: SimTime, host: usize, good: bool) {
    let outcome = if good { Outcome::Ok } else { Outcome::ServerError };
    machine.result(now, host, outcome, &mut { MIDDLE });
}

impl SuccessRate {
    fn compare(&self) -> Result<(), String> {
        let rates = self.success_rates.iter().map(|rate| f64::from(*rate));
        let ours = spread(rates, 1900).ok_or("there are no rates")?;
        for (what, ours, theirs) in [
            ("mean", ours.mean, self.mean),
            ("standard deviation", ours.stdev, self.stdev),
            ("threshold", ours.cut, self.threshold),
        ] {
            // The vectors round to six decimals.
            if (ours - theirs).abs() > 1e-6 {
                return Err(format!("{what} is {ours}, not {theirs}"));
            }
        }
        same("ejected", self.ejected()?, self.ejected.clone())
    }

    /// The rates of the hosts that a sweep ejects, after 100 requests to each.
    fn ejected(&self) -> Result<Vec<u32>, String> {
        let policy = policy(&OutlierDetection {
            consecutive_5xx: Some(u32::MAX),
            max_ejection_percent: Some(100),
            ..OutlierDetection::default()
        })?;
        let mut machine = policy.start(self.success_rates.len());
        for (host, rate) in self.success_rates.iter().enumerate() {
            for request in 0..100 {
                result(&mut machine, SimTime::ZERO, host, request < *rate);
            }
        }
        machine.sweep(machine.wakes_at(), &mut { MIDDLE });
        Ok(machine.ejected_hosts().map(|host| self.success_rates[host]).collect())
    }
}

impl MaxEjection {
    fn compare(&self) -> Result<(), String> {
        let policy = policy(&OutlierDetection {
            max_ejection_percent: Some(self.max_pct),
            always_eject_one_host: Some(self.always_eject_one),
            ..OutlierDetection::default()
        })?;
        same("allowed", policy.may_eject(self.active, self.hosts), self.allowed)
    }
}

impl EjectionTimes {
    /// One host of ten that fails again a second after each return.
    fn compare(&self) -> Result<(), String> {
        let policy = policy(&OutlierDetection {
            base_ejection_time: Some(SimDuration::from_secs(self.base_s)),
            max_ejection_time: Some(SimDuration::from_secs(self.max_s)),
            ..OutlierDetection::default()
        })?;
        let mut machine = policy.start(10);
        let mut now = SimTime::ZERO;
        for (number, seconds) in self.consecutive_ejections_s.iter().enumerate() {
            let ejected = now + SimDuration::from_secs(1);
            for _ in 0..5 {
                result(&mut machine, ejected, 0, false);
            }
            same("ejected", machine.is_ejected(0), true)?;
            while machine.is_ejected(0) {
                now = machine.wakes_at();
                machine.sweep(now, &mut { MIDDLE });
            }
            // It returns at the first sweep at which the time has passed.
            let most = SimDuration::from_secs(*seconds) + policy.interval;
            let took = now.since(ejected);
            let right = took >= SimDuration::from_secs(*seconds) && took < most;
            if !right {
                return Err(format!("ejection {} took {took}, not {seconds} s", number + 1));
            }
        }
        Ok(())
    }
}
