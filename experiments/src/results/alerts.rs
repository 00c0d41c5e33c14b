//! What alerts came to.

use serde::{Deserialize, Serialize};

use super::Estimate;

/// An alert over the runs of a variant. Times count from the start of the first fault; without faults,
/// from the end of the warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertResult {
    /// Its name.
    pub name: String,
    /// Its severity, if the file gives it one.
    pub severity: Option<String>,
    /// Its rule in one line: `share(shop:failed, 1m) > 5% for 2m`.
    pub rule: String,
    /// In how many runs it fired after the first fault had started, with the 95 % interval of that
    /// share.
    pub fired: Proportion,
    /// How long that took, over the runs in which it did, in seconds.
    pub delay_s: Estimate,
    /// When that firing resolved, over the runs in which it did, in seconds.
    pub resolved_s: Estimate,
    /// How often a run's alert began to fire before the first fault; without faults, at all.
    pub false_alarms: Estimate,
    /// How often it began to fire in a control, where nothing was injected.
    pub control_false_alarms: Estimate,
}

/// In how many runs something was so, with the 95 % Wilson interval of the share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// In so many runs.
    pub runs: u32,
    /// Of so many.
    pub of: u32,
    /// The lower end of the interval of the share.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// An alert in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRun {
    /// Its name.
    pub name: String,
    /// When it fired.
    pub firings: Vec<Firing>,
    /// When it fired in the control.
    pub control: Vec<Firing>,
}

/// From the time when a condition began to hold to the time when its alert was resolved, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// The first evaluation at which the condition held.
    pub pending_ns: u64,
    /// The evaluation at which it began to fire.
    pub fired_ns: u64,
    /// The evaluation at which it no longer fired; `None` if it fired to the end of the run.
    pub resolved_ns: Option<u64>,
}
