//! Why the runs of a variant went as they did.

use serde::{Deserialize, Serialize};

use super::{Estimate, SubjectKindName};

/// Why the runs of a variant went as they did. Shares and factors are means over the runs, one entry a
/// phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// It in words.
    pub story: String,
    /// The phases: `before`, `during`, `after(30s)` and `disturbed`, which lasts from the start of the
    /// first fault until the run is steady again, or to its end; of a variant without faults `all`.
    pub phases: Vec<String>,
    /// What was saturated, the first before the others.
    pub saturated: Vec<Saturation>,
    /// How calls multiply, from the users inward.
    pub waterfall: Vec<Level>,
    /// The share of busy worker time spent on requests that nobody waited for, by service.
    pub wasted: Vec<ByPhase>,
    /// The share of good answers among those that a service gave, as its own dashboard shows it: an
    /// answer that came too late looks good from inside, so does what a fallback made do with, and whoever
    /// was refused was never seen.
    pub dashboards: Vec<ByPhase>,
    /// The share of calls that ended well for the users of a client population.
    pub users: Vec<ByPhase>,
    /// The share of them that were answered with something to make do with, by a fallback.
    pub degraded: Vec<ByPhase>,
    /// The circles in which threads, locks or connections waited for one another.
    pub wait_cycles: Vec<WaitingCircle>,
}

/// A resource that was saturated in some run.
///
/// A pool of workers is saturated in a steady-state bin if its workers were busy for at least 95 % of it
/// and either one request waited on average, or one was turned away. The layers of a call that hold
/// callers back are if one call waited on average, or one in twenty was turned away. The rows of
/// a store are if one request waited for one on average, and the consumers of a broker if they were busy for
/// at least 95 % of the bin and one message waited on average. The cores of machines are if they worked for at
/// least 95 % of the bin and had one more to work for on average. It takes two such bins in a row. The memory
/// of a service is in a bin in which an instance was killed for want of it, or in which the instances spent
/// half of their time on collecting garbage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saturation {
    /// `payment.main`, or `shop->payment`.
    pub resource: String,
    /// What it is: `worker pool`, `connection pool`, `bulkhead`, `processor`, …
    pub what: String,
    /// In how many runs it was.
    pub runs: u32,
    /// In how many runs it was the first.
    pub first: u32,
    /// When the first of those bins began, from the start of the first fault (without faults: from the
    /// end of the warm-up), in seconds, over those runs.
    pub after_s: Estimate,
    /// In how many controls it was: then it is not the faults' doing.
    pub control_runs: u32,
}

/// A level of the waterfall of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The client, call or service.
    pub subject: String,
    /// What it is.
    pub kind: SubjectKindName,
    /// How many calls deep it lies: 0 for a client.
    pub depth: u32,
    /// Of a call: attempts per call or request of its caller. Of a service: arrivals per attempt that was
    /// made to reach it. Of a client: 1.
    pub factor: Vec<Option<f64>>,
    /// Arrivals per call of the users that it serves.
    pub end_to_end: Vec<Option<f64>>,
}

/// A share by phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByPhase {
    /// Of what.
    pub subject: String,
    /// One entry a phase; `None` where there was nothing to measure.
    pub share: Vec<Option<f64>>,
}

/// A circle of waiting in a run: each waits for the next, the last for the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingCircle {
    /// The first replication in which it was seen.
    pub replication: u32,
    /// When it closed there, in seconds.
    pub at_s: f64,
    /// Who waits.
    pub who: Vec<String>,
    /// In how many runs it was seen.
    pub runs: u32,
}
