//! What an expectation says, once it is read.

use serde::{Deserialize, Serialize};
use sim_core::kernel::SimDuration;
use sim_core::policy::Outcome;

/// An expectation of one variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// As the file writes it.
    pub text: String,
    /// What is measured.
    pub term: Term,
    /// How it is compared.
    pub op: Op,
    /// With what.
    pub bound: Bound,
    /// `in 95% of runs`: the share of the runs that have to hold on their own, 0 to 1; without
    /// it the mean over the runs is compared.
    pub share_of_runs: Option<f64>,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// An aggregation of a subject over a phase.
    Measure(MeasureTerm),
    /// From the end of the last fault to the first steady bin.
    TimeToRecover,
    /// The verdict of the run.
    Verdict,
    /// `alert(NAME)`: from the start of the first fault (of a run without any: from the end of the
    /// warm-up) to the first evaluation from then on at which the alert fires.
    Alert(String),
    /// `false_alarms(NAME)`: how often an alert began to fire before the first fault started; in a
    /// run without faults, at all.
    FalseAlarms(String),
    /// `saturated(NAME)`: from the start of the first fault to the first saturated bin of a pool of
    /// workers, of a service with any of its pools, of the layers that hold calls back, of the rows of
    /// a store, of the consumers of a broker, of the cores of machines, or of the memory of a service.
    Saturated(String),
    /// `deadlock`: from the start of the first fault to the moment when the first circle of waits closes,
    /// or 0 if one is there already. Circles among the rows of a store that looks for them are all known;
    /// of others those that are there at a whole second.
    Deadlock,
    /// The finding of the hypothesis.
    Hypothesis,
}

impl Term {
    /// Whether it is a point in time, which comes before or after others.
    pub fn is_moment(&self) -> bool {
        matches!(self, Self::Alert(_) | Self::Saturated(_) | Self::Deadlock)
    }
}

/// `aggregation(subject, window, phase)`.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureTerm {
    /// How the subject is aggregated.
    pub aggregation: Aggregation,
    /// What is measured.
    pub subject: Subject,
    /// The window of a peak.
    pub window: Option<SimDuration>,
    /// Over which part of the run; `all` if the file does not say.
    pub phase: Phase,
}

/// How a subject is aggregated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aggregation {
    /// The largest count in the disjoint windows that lie in the phase, per second.
    PeakRate,
    /// Count divided by the length of the phase, per second.
    Rate,
    /// How many.
    Count,
    /// The share of what ended that ended so, 0 to 1.
    Share,
    /// The mean of a time, or the time average of a number.
    Mean,
    /// The percentile of a time: 99.9 is the 99.9th.
    Percentile(f64),
    /// The largest.
    Max,
    /// Of a client: attempts per call on its own edge. Of a service: arrivals per call of the
    /// clients whose calls reach it.
    Amplification,
    /// The share of a service's busy worker time spent on requests nobody waited for, 0 to 1.
    Wasted,
    /// Good ends over all ends, 0 to 1.
    Availability,
}

/// What is measured: `shop`, `payment`, `shop->payment`, `payment.checkout`, with a quantity
/// after a colon: `shop:timeout`, `payment:waiting_time`.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The name of a client, service, endpoint or call.
    pub name: String,
    /// Which quantity of it.
    pub quantity: Quantity,
}

/// A quantity of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// What the aggregation is usually about: arrivals for rates and counts, response times for
    /// means and percentiles.
    Usual,
    /// What ended so.
    Outcome(Outcome),
    /// What ended neither well nor degraded.
    Failed,
    /// Good answers that still found somebody waiting.
    Goodput,
    /// Attempts that were not the first of their call.
    Retries,
    /// Response time.
    ResponseTime,
    /// Time in the queue.
    WaitingTime,
    /// The number waiting for a worker.
    QueueLength,
    /// The number of busy workers.
    BusyWorkers,
    /// Busy workers over workers, 0 to 1.
    Utilization,
    /// The number of calls, attempts or requests in progress.
    InFlight,
    /// The number of connections that the connection pool of a call holds open, in use or idle.
    OpenConnections,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// From the start to the end of the warm-up.
    Warmup,
    /// From the warm-up to the first fault.
    Before,
    /// From the start of the first fault to the end of the last.
    During,
    /// So long from the end of the last fault.
    After(SimDuration),
    /// From the end of the last fault to the first steady bin.
    UntilSteady,
    /// From the recovery to the end.
    Rest,
    /// From the warm-up to the end.
    All,
}

/// How a figure is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `<=`
    LessOrEqual,
    /// `<`
    Less,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
    /// `==`
    Equal,
    /// `before`, between points in time.
    Before,
}

/// With what a figure is compared; in the unit of the term: seconds, per second, share, count.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// A figure: a number, a percentage (0.95 for `95%`), a duration (seconds), a rate (per second).
    Figure(f64),
    /// So many times the same measure elsewhere.
    Times(f64, Reference),
    /// A verdict.
    Verdict(Verdict),
    /// A finding of the hypothesis.
    Finding(Finding),
    /// Another point in time: [`Term::is_moment`].
    Moment(Box<Term>),
    /// `never`: it does not happen within the run.
    Never,
}

/// Where the reference of a relative bound is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The mean of the same measure in the phase `before` (of a percentile: the same percentile).
    Baseline,
    /// The same aggregation over the same phase in the control.
    Control,
    /// The same term of another variant.
    Variant(String),
}

/// What became of a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Every probe held, wherever it was checked.
    Confirmed,
    /// The system was steady before the faults, and some probe did not hold during or after them.
    Refuted,
    /// Some probe did not hold before any fault had started: the experiment is void.
    NotSteady,
    /// The runs are too few to tell, or there was nothing to measure.
    Undecided,
}

/// A condition of an alert: `share(shop:failed, 1m) > 5%`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// As the file writes it.
    pub text: String,
    /// What is measured; its phase and its window are not used.
    pub term: MeasureTerm,
    /// For how long it looks back.
    pub window: SimDuration,
    /// How it is compared.
    pub op: Op,
    /// With what, in the unit of the term.
    pub bound: f64,
}

/// The verdict of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Never out of the steady state for more than 2 bins.
    Held,
    /// Out of it, then steady to the end.
    Recovered,
    /// Not steady at the end; goodput at least half of the control's.
    Degraded,
    /// Not steady at the end, goodput below half of the control's, every trigger gone long ago.
    Metastable,
    /// The run was given up.
    Aborted,
}
