//! Reading a figure off a run's record.

use sim_core::kernel::SimDuration;
use sim_core::model::record::{MeasurePlan, RunRecord, SubjectKind, SubjectRecord};
use sim_core::stats::SparseHistogram;

use super::meter::{Counter, How, Level, Meter, Time};
use super::{Slices, Totals};
use crate::phases::{Phases, TimeRange};

const NANOS_PER_SECOND: f64 = 1e9;

impl Meter {
    /// The figure of one run: per second, seconds, a number, a share or a factor, as its
    /// aggregation says; `None` where this run has none (nothing ended in the phase, or there
    /// was no such phase).
    pub fn read(&self, record: &RunRecord, phases: &Phases) -> Option<f64> {
        self.read_in(record, phases.range(self.phase)?)
    }

    /// The figure of a part of a run, whatever its own phase. The part has to begin and to end where
    /// slices do.
    pub fn read_in(&self, record: &RunRecord, range: TimeRange) -> Option<f64> {
        let subjects = named(record, self.kind, &self.name);
        let slices = Slices::within(&record.plan, &subjects, range);
        let arrivals_of = |kind, name: &str| {
            let records = named(record, kind, name);
            Slices::within(&record.plan, &records, range).totals().arrivals
        };
        let totals = slices.totals();
        match &self.how {
            How::Peak(window) => peak_rate(&record.plan, &subjects, *window, range),
            How::Rate(counter) => over(counter.of(&totals) as f64, seconds(slices.length)),
            How::Count(counter) => Some(counter.of(&totals) as f64),
            How::Share(counter) => over(counter.of(&totals) as f64, counter.whole(&totals) as f64),
            How::TimeMean(time) => time.mean_s(&totals),
            How::TimePercentile(time, p) => time.histogram(&slices).percentile(*p).map(in_seconds),
            How::TimeMax(time) => time.max_s(&slices, &totals),
            How::LevelMean(level) => level.mean(&totals, slices.length),
            How::QueueMax => Some(f64::from(totals.queue_max)),
            How::InFlightMax => Some(f64::from(totals.in_flight_max)),
            How::ConnectionsMax => Some(f64::from(totals.connections_max)),
            How::Utilization(workers) => over(Level::Busy.mean(&totals, slices.length)?, *workers),
            How::ArrivalsPerCall(clients) => {
                let calls = |client: &String| arrivals_of(SubjectKind::Client, client);
                over(totals.arrivals as f64, clients.iter().map(calls).sum::<u64>() as f64)
            }
            How::AttemptsPerCall(edge) => {
                over(arrivals_of(SubjectKind::Edge, edge) as f64, totals.arrivals as f64)
            }
            How::AttemptsPerFirst => {
                let first = totals.arrivals.saturating_sub(totals.retries);
                over(totals.arrivals as f64, first as f64)
            }
            How::Wasted => over(totals.wasted_ns as f64, totals.busy_integral_ns as f64),
            How::Availability => over(totals.good() as f64, totals.ended() as f64),
        }
    }
}

/// The records of a kind and a name; several where a handler has several calls of one name.
pub(crate) fn named<'a>(
    record: &'a RunRecord,
    kind: SubjectKind,
    name: &str,
) -> Vec<&'a SubjectRecord> {
    record.subjects.iter().filter(|s| s.kind == kind && &*s.name == name).collect()
}

/// The largest count in the windows `[k·w, (k+1)·w)` that lie wholly in the range, per second.
///
/// In an empty range (the time until it is steady of a run that never was not) nothing arrives,
/// so the largest count is zero; a range that is merely too short for a window has no peak.
fn peak_rate(
    plan: &MeasurePlan,
    subjects: &[&SubjectRecord],
    window: SimDuration,
    range: TimeRange,
) -> Option<f64> {
    if range.is_empty() {
        return Some(0.0);
    }
    let width = window.as_nanos();
    let windows = range.start.as_nanos().div_ceil(width)..range.end.as_nanos() / width;
    let bins_per_window = width / plan.rate_bin.as_nanos().max(1);
    let count = |k: u64| -> u64 {
        let bins = k * bins_per_window..(k + 1) * bins_per_window;
        subjects.iter().map(|subject| arrivals_in(subject, bins.clone())).sum()
    };
    let largest = windows.map(count).max()?;
    over(largest as f64, seconds(window))
}

fn arrivals_in(subject: &SubjectRecord, bins: std::ops::Range<u64>) -> u64 {
    let counts = &subject.arrivals_per_bin;
    let place = |bin: u64| usize::try_from(bin).unwrap_or(usize::MAX).min(counts.len());
    counts[place(bins.start)..place(bins.end)].iter().map(|n| u64::from(*n)).sum()
}

impl Counter {
    fn of(self, totals: &Totals) -> u64 {
        match self {
            Self::Arrivals => totals.arrivals,
            Self::Retries => totals.retries,
            Self::Goodput => totals.goodput,
            Self::Failed => totals.failed(),
            Self::Ended(outcome) => totals.outcomes.of(outcome) + totals.rejections.of(outcome),
        }
    }
}

impl Counter {
    /// What it is a share of: what ended and, of an outcome by which something was turned away before it
    /// went out, what was turned away as well.
    fn whole(self, totals: &Totals) -> u64 {
        match self {
            Self::Ended(outcome) if totals.rejections.of(outcome) > 0 => {
                totals.ended() + totals.rejections.total()
            }
            _ => totals.ended(),
        }
    }
}

impl Time {
    fn histogram(self, slices: &Slices) -> SparseHistogram {
        match self {
            Self::Response => slices.response_time(),
            Self::Waiting => slices.waiting_time(),
        }
    }

    fn mean_s(self, totals: &Totals) -> Option<f64> {
        let (sum_ns, count) = match self {
            Self::Response => (totals.response_time_sum_ns, totals.response_time_count),
            Self::Waiting => (totals.waiting_time_sum_ns, totals.waiting_time_count),
        };
        over(in_seconds(sum_ns as f64), count as f64)
    }

    fn max_s(self, slices: &Slices, totals: &Totals) -> Option<f64> {
        match self {
            Self::Response if totals.response_time_count == 0 => None,
            Self::Response => Some(in_seconds(totals.response_time_max_ns as f64)),
            // Known to 1/256 only: no exact maximum is kept of these.
            Self::Waiting => slices.waiting_time().percentile(100.0).map(in_seconds),
        }
    }
}

impl Level {
    fn mean(self, totals: &Totals, length: SimDuration) -> Option<f64> {
        let integral_ns = match self {
            Self::Queue => totals.queue_integral_ns,
            Self::Busy => totals.busy_integral_ns,
            Self::InFlight => totals.in_flight_integral_ns,
            Self::Connections => totals.connections_integral_ns,
        };
        over(integral_ns as f64, length.as_nanos() as f64)
    }
}

fn over(sum: f64, by: f64) -> Option<f64> {
    (by > 0.0).then_some(sum / by)
}

fn seconds(duration: SimDuration) -> f64 {
    duration.as_secs_f64()
}

fn in_seconds(nanos: f64) -> f64 {
    nanos / NANOS_PER_SECOND
}
