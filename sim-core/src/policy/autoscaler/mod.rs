//! Autoscalers: how many instances a service should have.
//!
//! A [`Scaler`] knows no events: whoever drives it tells it each [`every`](Autoscaler::every) what was seen,
//! and does what it answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use crate::catalogue::{Described, registry};
use crate::kernel::{SimDuration, SimTime};

pub mod kubernetes;

registry! {
    ($)
    /// How many instances a service has, by what they do.
    pub enum Autoscaler as "autoscaler", dispatch each_autoscaler {
        "kubernetes" => Kubernetes(kubernetes::Kubernetes),
    }
}

/// What is measured of the instances, and how much of it each should have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The share of its workers that are busy, above 0, at most 1.
    Busy(f64),
    /// The requests that come to it a second, above 0.
    Requests(f64),
}

/// What was seen since the last look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// How many instances are ready.
    pub ready: u32,
    /// How many more there are, which are not ready (yet).
    pub unready: u32,
    /// The sum of the metric over those that are ready.
    pub total: f64,
}

/// The bounds and times that every autoscaler has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many instances there are at least.
    pub min: u32,
    /// How many there are at most.
    pub max: u32,
    /// How long it takes a new instance to be ready.
    pub start_up: SimDuration,
}

/// The parameters of an autoscaler.
trait Parameters: Described {
    fn check(&self) -> Problems;
    fn metric(&self) -> Metric;
    fn bounds(&self) -> Bounds;
    fn every(&self) -> SimDuration;
}

impl Autoscaler {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `kubernetes.max`.
    pub fn check(&self) -> Result<(), Problems> {
        each_autoscaler!(self, scaler => scaler.check()).inside(self.name()).or_none()
    }

    /// What it looks at.
    pub fn metric(&self) -> Metric {
        each_autoscaler!(self, scaler => scaler.metric())
    }

    /// Its bounds and times.
    pub fn bounds(&self) -> Bounds {
        each_autoscaler!(self, scaler => scaler.bounds())
    }

    /// From one look to the next.
    pub fn every(&self) -> SimDuration {
        each_autoscaler!(self, scaler => scaler.every())
    }

    /// One that has not looked yet.
    pub fn scaler(&self) -> Scaler {
        let Self::Kubernetes(parameters) = self;
        Scaler(kubernetes::Recommendations::new(parameters.clone()))
    }
}

/// A running autoscaler.
#[derive(Clone, Debug)]
pub struct Scaler(kubernetes::Recommendations);

impl Scaler {
    /// What was seen now; how many instances there should be.
    pub fn look(&mut self, now: SimTime, seen: Seen) -> u32 {
        self.0.look(now, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Autoscaler {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_left_out_is_as_in_kubernetes() {
        let scaler = read(r#"{ "kubernetes": { "metric": { "requests": 50.0 }, "max": 8 } }"#);
        assert_eq!(scaler.check(), Ok(()));
        assert_eq!(scaler.metric(), Metric::Requests(50.0));
        let start_up = SimDuration::from_secs(60);
        assert_eq!(scaler.bounds(), Bounds { min: 1, max: 8, start_up });
        assert_eq!(scaler.every(), SimDuration::from_secs(15));
        let seen = Seen { ready: 2, unready: 0, total: 150.0 };
        assert_eq!(scaler.scaler().look(SimTime::ZERO, seen), 3);
    }

    #[test]
    fn mistakes_have_their_place() {
        let text = r#"{ "kubernetes": { "metric": { "busy": 2.0 }, "min": 3, "max": 2 } }"#;
        let problems = read(text).check().unwrap_err().0;
        assert!(problems.iter().all(|problem| problem.path.starts_with("kubernetes.")));
        assert_eq!(problems.len(), 2);
    }
}
