//! What is watched during a run: the condition on which an experiment is stopped.

use std::sync::Arc;

use crate::kernel::SimDuration;
use crate::policy::Outcome;

/// A condition on what a subject did in the last so much time.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// As the file writes it.
    pub text: Arc<str>,
    /// Whom: its place among the subjects of a [`RunRecord`](super::record::RunRecord).
    pub subject: u32,
    /// What of it.
    pub measure: Watched,
    /// Over which time, up to now. Looked at every second, or every window if that is shorter.
    pub window: SimDuration,
    /// Whether the condition holds above the bound, or below it.
    pub side: Side,
    /// With what it is compared: a rate in 1/s, a share from 0 to 1, a number.
    pub bound: f64,
}

/// What of a subject is watched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Watched {
    /// How many of these there are in a second.
    Rate(Counted),
    /// How many there are.
    Count(Counted),
    /// Which share of what ends is of these.
    Share(Counted),
    /// Which share of what ends took longer than this: a percentile the other way round, so that
    /// `p99 > 500ms` is a share above 1 %.
    SlowerThan(SimDuration),
    /// How many wait, are worked on or are in progress: the mean of the looks.
    Mean(Level),
    /// The same: the largest of the looks.
    Max(Level),
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Arrivals.
    Arrivals,
    /// What ends so.
    Outcome(Outcome),
    /// What ends neither well nor degraded.
    Failed,
    /// Good answers that found somebody waiting.
    Goodput,
    /// Attempts that were not the first of their call.
    Retries,
}

/// A number that goes up and down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The requests that wait for a worker.
    QueueLength,
    /// The busy workers.
    BusyWorkers,
    /// What is in progress.
    InFlight,
}

/// On which side of its bound a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `>`
    Above,
    /// `>=`
    NotBelow,
    /// `<`
    Below,
    /// `<=`
    NotAbove,
}

impl Side {
    /// Whether a figure is on this side of the bound.
    pub fn holds(self, figure: f64, bound: f64) -> bool {
        match self {
            Self::Above => figure > bound,
            Self::NotBelow => figure >= bound,
            Self::Below => figure < bound,
            Self::NotAbove => figure <= bound,
        }
    }
}

impl Watch {
    /// How often it is looked at.
    pub fn every(&self) -> SimDuration {
        self.window.min(SimDuration::from_secs(1))
    }
}
