//! What a term is measured in, and which bounds go with that.

use super::{Aggregation, MeasureTerm, Quantity, Term};

/// What a term is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    PerSecond,
    Time,
    Share,
    Count,
    Verdict,
    Finding,
    /// A time that is a point in time, too: it comes before others, or never.
    Moment,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Number,
    Percentage,
    Duration,
    Rate,
}

/// What a term is measured in, or why it measures nothing.
pub(super) fn unit(term: &Term) -> Result<Unit, String> {
    match term {
        Term::TimeToRecover => Ok(Unit::Time),
        Term::Verdict => Ok(Unit::Verdict),
        Term::Hypothesis => Ok(Unit::Finding),
        Term::Alert(_) | Term::Saturated(_) | Term::Deadlock => Ok(Unit::Moment),
        Term::FalseAlarms(_) => Ok(Unit::Count),
        Term::Measure(term) => unit_of_measure(term),
    }
}

fn unit_of_measure(term: &MeasureTerm) -> Result<Unit, String> {
    use Quantity::*;
    let quantity = term.subject.quantity;
    match (term.aggregation, quantity) {
        (Aggregation::PeakRate, Usual) => Ok(Unit::PerSecond),
        (Aggregation::PeakRate, _) => {
            Err("only arrivals are counted finely enough for a peak: leave the quantity out".into())
        }
        (Aggregation::Rate, Usual | Outcome(_) | Failed | Goodput | Retries) => Ok(Unit::PerSecond),
        (Aggregation::Count, Usual | Outcome(_) | Failed | Goodput | Retries) => Ok(Unit::Count),
        (Aggregation::Rate | Aggregation::Count, _) => {
            Err("what is counted is arrivals, an outcome, failed, goodput or retries".into())
        }
        (Aggregation::Share, Outcome(_) | Failed | Goodput) => Ok(Unit::Share),
        (Aggregation::Share, _) => {
            Err("a share is of what ended: name an outcome, failed or goodput after a colon".into())
        }
        (Aggregation::Mean | Aggregation::Percentile(_) | Aggregation::Max, Usual) => {
            Ok(Unit::Time)
        }
        (Aggregation::Mean | Aggregation::Percentile(_) | Aggregation::Max, ResponseTime) => {
            Ok(Unit::Time)
        }
        (Aggregation::Mean | Aggregation::Percentile(_) | Aggregation::Max, WaitingTime) => {
            Ok(Unit::Time)
        }
        (Aggregation::Mean, Utilization) => Ok(Unit::Share),
        (Aggregation::Mean, QueueLength | BusyWorkers | InFlight | OpenConnections) => {
            Ok(Unit::Count)
        }
        (Aggregation::Max, QueueLength | InFlight | OpenConnections) => Ok(Unit::Count),
        (Aggregation::Percentile(_), _) => {
            Err("percentiles are of response_time and of waiting_time".into())
        }
        (Aggregation::Max, _) => {
            Err("a maximum is of response_time, waiting_time, queue_length, in_flight or \
                 open_connections"
                .into())
        }
        (Aggregation::Mean, _) => Err("a mean is of response_time, waiting_time, queue_length, \
             busy_workers, utilization, in_flight or open_connections"
            .into()),
        (Aggregation::Amplification, Usual) => Ok(Unit::Count),
        (Aggregation::Wasted | Aggregation::Availability, Usual) => Ok(Unit::Share),
        (Aggregation::Amplification | Aggregation::Wasted | Aggregation::Availability, _) => {
            Err("it is of the subject as a whole: leave the quantity out".into())
        }
    }
}

impl Unit {
    /// Whether a figure that is written so can bound it; else what to write.
    pub(super) fn accepts(self, written: Written, figure: f64) -> Result<(), &'static str> {
        match (self, written) {
            (Self::PerSecond, Written::Number | Written::Rate) => Ok(()),
            (Self::PerSecond, _) => Err("write a rate such as \"400/s\""),
            (Self::Time | Self::Moment, Written::Duration) => Ok(()),
            (Self::Time | Self::Moment, _) => Err("write a duration such as \"250ms\""),
            (Self::Share, Written::Number | Written::Percentage) if figure <= 1.0 => Ok(()),
            (Self::Share, _) => Err("write a share from 0 to 1, or a percentage such as \"95%\""),
            (Self::Count, Written::Number) => Ok(()),
            (Self::Count, _) => Err("write a number"),
            (Self::Verdict, _) => Err("write a verdict such as `recovered`"),
            (Self::Finding, _) => Err("write a finding such as `confirmed`"),
        }
    }
}
