//! Outlier detection: hosts whose results stand out are ejected from a balancer for a while.
//!
//! What Envoy and Istio call circuit breaking, besides limits on connections. It turns no call
//! away: it says which hosts are ejected, and the balancer takes others. [`OutlierDetection`] is
//! what the scenario file states, [`OutlierPolicy`] what is checked and complete, and
//! [`OutlierMachine`] the running state: it is told the results of each host, and swept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::SimDuration;
use crate::policy::outcome::{Outcome, OutcomeSet};
use crate::policy::problem::Problems;

mod host;
pub mod machine;
mod spread;
#[cfg(test)]
mod tests;

pub use machine::OutlierMachine;
pub use spread::{Spread, spread};

/// Whose outlier detection fills what is not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutlierPreset {
    /// Envoy: 5 failures in a row, and success rates that stand out.
    #[default]
    Envoy,
    /// Istio: 5 failures in a row only.
    Istio,
}

/// Outlier detection, as the scenario file states it. Percentages are from 0 to 100.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutlierDetection {
    /// Whose defaults fill what is not given: `envoy` if not given.
    #[serde(default)]
    pub preset: OutlierPreset,
    /// The outcomes that are failures: those that Envoy sees as 5xx if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Vec<Outcome>>,
    /// How many failures in a row eject a host at once: 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive_5xx: Option<u32>,
    /// How far apart sweeps are: `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<SimDuration>,
    /// The time of a host's first ejection; the k-th in a row lasts k times as long: `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_ejection_time: Option<SimDuration>,
    /// The longest ejection: `300s`, or the base if that is longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ejection_time: Option<SimDuration>,
    /// Up to so much is added to each ejection, in whole milliseconds: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ejection_time_jitter: Option<SimDuration>,
    /// At most this percentage of the hosts may be ejected: 10. With fewer than 10 hosts that is
    /// none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ejection_percent: Option<u32>,
    /// Whether one host may be ejected whatever that percentage says: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub always_eject_one_host: Option<bool>,
    /// How often in 100 times failures in a row do eject: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcing_consecutive_5xx: Option<u32>,
    /// How often in 100 times a success rate that stands out does eject: 100 for Envoy, 0 for
    /// Istio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcing_success_rate: Option<u32>,
    /// How often in 100 times a failure percentage does eject: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcing_failure_percentage: Option<u32>,
    /// Success rates are compared if so many hosts have enough requests: 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate_minimum_hosts: Option<u32>,
    /// How many requests of an interval are enough for that: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate_request_volume: Option<u32>,
    /// A host stands out if its success rate is below the mean by more than so many thousandths of
    /// the standard deviation: 1900.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate_stdev_factor: Option<u32>,
    /// The percentage of failures that ejects: 85.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_percentage_threshold: Option<u32>,
    /// Failure percentages are looked at if so many hosts have enough requests: 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_percentage_minimum_hosts: Option<u32>,
    /// How many requests of an interval are enough for that: 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_percentage_request_volume: Option<u32>,
}

/// Checked outlier detection: defaults are filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlierPolicy {
    /// The outcomes that are failures.
    pub failures: OutcomeSet,
    /// How many failures in a row eject a host at once.
    pub consecutive_5xx: u32,
    /// How far apart sweeps are.
    pub interval: SimDuration,
    /// The time of a host's first ejection.
    pub base_ejection_time: SimDuration,
    /// The longest ejection, before jitter.
    pub max_ejection_time: SimDuration,
    /// Up to so much is added to each ejection.
    pub max_ejection_time_jitter: SimDuration,
    /// At most this percentage of the hosts may be ejected.
    pub max_ejection_percent: u32,
    /// Whether one host may be ejected whatever that percentage says.
    pub always_eject_one_host: bool,
    /// How often in 100 times failures in a row do eject.
    pub enforcing_consecutive_5xx: u32,
    /// How often in 100 times a success rate that stands out does eject.
    pub enforcing_success_rate: u32,
    /// How often in 100 times a failure percentage does eject.
    pub enforcing_failure_percentage: u32,
    /// Success rates are compared if so many hosts have enough requests.
    pub success_rate_minimum_hosts: u32,
    /// How many requests of an interval are enough for that.
    pub success_rate_request_volume: u32,
    /// How many thousandths of the standard deviation a rate may lie below the mean.
    pub success_rate_stdev_factor: u32,
    /// The percentage of failures that ejects.
    pub failure_percentage_threshold: u32,
    /// Failure percentages are looked at if so many hosts have enough requests.
    pub failure_percentage_minimum_hosts: u32,
    /// How many requests of an interval are enough for that.
    pub failure_percentage_request_volume: u32,
}

/// Answers of class 5xx, and none at all, which Envoy maps to 503 and 504.
const FIVE_HUNDREDS: &[Outcome] = &[
    Outcome::ServerError,
    Outcome::Overflow,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::ConnectTimeout,
    Outcome::Timeout,
    Outcome::RejectedShed,
    Outcome::Lost,
];

impl OutlierDetection {
    /// Checks the parameters and fills in what is not given.
    ///
    /// # Errors
    /// Every mistake, with the field it is at.
    pub fn resolve(&self) -> Result<OutlierPolicy, Problems> {
        let base = self.base_ejection_time.unwrap_or(SimDuration::from_secs(30));
        let rates = match self.preset {
            OutlierPreset::Envoy => 100,
            OutlierPreset::Istio => 0,
        };
        let policy = OutlierPolicy {
            failures: OutcomeSet::of(self.failures.as_deref().unwrap_or(FIVE_HUNDREDS)),
            consecutive_5xx: self.consecutive_5xx.unwrap_or(5),
            interval: self.interval.unwrap_or(SimDuration::from_secs(10)),
            base_ejection_time: base,
            max_ejection_time: self
                .max_ejection_time
                .unwrap_or(base.max(SimDuration::from_secs(300))),
            max_ejection_time_jitter: self.max_ejection_time_jitter.unwrap_or_default(),
            max_ejection_percent: self.max_ejection_percent.unwrap_or(10),
            always_eject_one_host: self.always_eject_one_host.unwrap_or(false),
            enforcing_consecutive_5xx: self.enforcing_consecutive_5xx.unwrap_or(100),
            enforcing_success_rate: self.enforcing_success_rate.unwrap_or(rates),
            enforcing_failure_percentage: self.enforcing_failure_percentage.unwrap_or(0),
            success_rate_minimum_hosts: self.success_rate_minimum_hosts.unwrap_or(5),
            success_rate_request_volume: self.success_rate_request_volume.unwrap_or(100),
            success_rate_stdev_factor: self.success_rate_stdev_factor.unwrap_or(1900),
            failure_percentage_threshold: self.failure_percentage_threshold.unwrap_or(85),
            failure_percentage_minimum_hosts: self.failure_percentage_minimum_hosts.unwrap_or(5),
            failure_percentage_request_volume: self.failure_percentage_request_volume.unwrap_or(50),
        };
        self.check(&policy).or_none().map(|()| policy)
    }

    fn check(&self, policy: &OutlierPolicy) -> Problems {
        let mut problems = Problems::default();
        let failures = self.failures.as_deref().unwrap_or(FIVE_HUNDREDS);
        let none = "names no outcome: nothing would be ejected";
        problems.note_if(failures.is_empty(), "failures", none);
        let ok = failures.contains(&Outcome::Ok);
        problems.note_if(ok, "failures", "names `ok`, which is a success");
        problems.note_if(policy.consecutive_5xx == 0, "consecutive_5xx", "must be at least 1");
        problems.above_zero("interval", policy.interval);
        problems.above_zero("base_ejection_time", policy.base_ejection_time);
        let (longest, base) = (policy.max_ejection_time, policy.base_ejection_time);
        problems.not_below("max_ejection_time", longest, "base_ejection_time", base);
        for (field, percentage) in [
            ("max_ejection_percent", policy.max_ejection_percent),
            ("enforcing_consecutive_5xx", policy.enforcing_consecutive_5xx),
            ("enforcing_success_rate", policy.enforcing_success_rate),
            ("enforcing_failure_percentage", policy.enforcing_failure_percentage),
            ("failure_percentage_threshold", policy.failure_percentage_threshold),
        ] {
            problems.within(field, f64::from(percentage), 0.0, 100.0);
        }
        problems
    }
}
