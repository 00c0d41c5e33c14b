//! The course of every subject over time, bin by bin: of one run, and averaged over runs.

use scenarios::study::Variant;
use serde::{Deserialize, Serialize};
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::{RunRecord, SubjectRecord};

use crate::measure::{Slices, named};
use crate::phases::TimeRange;
use crate::results::Series;

const NANOS_PER_SECOND: f64 = 1e9;

/// The course of a subject over one run and its control; one entry a bin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellSeries {
    /// The client, call, service or endpoint.
    pub subject: String,
    /// How many arrived.
    pub arrivals: Vec<u64>,
    /// How many good answers there were.
    pub goodput: Vec<u64>,
    /// How many failed.
    pub failed: Vec<u64>,
    /// How many ended with the outcome `ok`.
    pub good: Vec<u64>,
    /// How many ended.
    pub ended: Vec<u64>,
    /// The median response time of what ended, to the nanosecond.
    pub response_time_p50_ns: Vec<Option<u64>>,
    /// The 99th percentile of the same.
    pub response_time_p99_ns: Vec<Option<u64>>,
    /// How many arrived in the control.
    pub control_arrivals: Vec<u64>,
    /// How many good answers there were in the control.
    pub control_goodput: Vec<u64>,
}

/// The bins of a variant: `[k·bin, (k+1)·bin)`, the last one cut off where the run ends.
pub(crate) fn bins(variant: &Variant) -> Vec<TimeRange> {
    let (length, width) = (variant.model.length, variant.steady.bin);
    let count = length.as_nanos().div_ceil(width.as_nanos().max(1));
    let bin = |k: u64| {
        let start = SimTime::ZERO + width.saturating_mul(k);
        TimeRange { start, end: (start + width).min(SimTime::ZERO + length) }
    };
    (0..count).map(bin).collect()
}

/// The courses of all subjects of a run; calls of one name share theirs.
pub(crate) fn of(run: &RunRecord, control: &RunRecord, variant: &Variant) -> Vec<CellSeries> {
    let bins = bins(variant);
    let mut all: Vec<CellSeries> = Vec::new();
    for subject in &run.subjects {
        if all.iter().all(|series| *series.subject != *subject.name) {
            all.push(one(subject, run, control, &bins));
        }
    }
    all
}

fn one(
    subject: &SubjectRecord,
    run: &RunRecord,
    control: &RunRecord,
    bins: &[TimeRange],
) -> CellSeries {
    let of_run = named(run, subject.kind, &subject.name);
    let of_control = named(control, subject.kind, &subject.name);
    let mut series = CellSeries::empty(&subject.name);
    for bin in bins {
        series.push(&Slices::within(&run.plan, &of_run, *bin));
        series.push_control(&Slices::within(&control.plan, &of_control, *bin));
    }
    series
}

impl CellSeries {
    fn empty(subject: &str) -> Self {
        Self {
            subject: subject.into(),
            arrivals: Vec::new(),
            goodput: Vec::new(),
            failed: Vec::new(),
            good: Vec::new(),
            ended: Vec::new(),
            response_time_p50_ns: Vec::new(),
            response_time_p99_ns: Vec::new(),
            control_arrivals: Vec::new(),
            control_goodput: Vec::new(),
        }
    }

    fn push(&mut self, slices: &Slices) {
        let (totals, times) = (slices.totals(), slices.response_time());
        let percentile =
            |p| times.percentile(p).map(|ns| SimDuration::from_nanos_f64(ns).as_nanos());
        self.arrivals.push(totals.arrivals);
        self.goodput.push(totals.goodput);
        self.failed.push(totals.failed());
        self.good.push(totals.good());
        self.ended.push(totals.ended());
        self.response_time_p50_ns.push(percentile(50.0));
        self.response_time_p99_ns.push(percentile(99.0));
    }

    fn push_control(&mut self, slices: &Slices) {
        let totals = slices.totals();
        self.control_arrivals.push(totals.arrivals);
        self.control_goodput.push(totals.goodput);
    }
}

/// The averages over runs of one variant, in the order of their replications.
///
/// Rates are means over the runs; percentiles are means of the runs' percentiles, over the runs
/// in which something ended; success is all good ends over all ends of all runs.
pub(crate) fn average(runs: &[&[CellSeries]], bins: &[TimeRange]) -> Vec<Series> {
    let Some(first) = runs.iter().find(|run| !run.is_empty()) else { return Vec::new() };
    let of = |subject: &str| -> Vec<&CellSeries> {
        runs.iter().flat_map(|run| run.iter().find(|s| s.subject == subject)).collect()
    };
    first.iter().map(|s| average_one(&s.subject, &of(&s.subject), bins)).collect()
}

fn average_one(subject: &str, runs: &[&CellSeries], bins: &[TimeRange]) -> Series {
    let widths: Vec<f64> = bins.iter().map(|bin| bin.length().as_secs_f64()).collect();
    let per_s = |counts: fn(&CellSeries) -> &Vec<u64>| -> Vec<f64> {
        let mean = |k: usize| total(runs, counts, k) as f64 / runs.len() as f64 / widths[k];
        (0..bins.len()).map(mean).collect()
    };
    let percentile_s = |times: fn(&CellSeries) -> &Vec<Option<u64>>| -> Vec<Option<f64>> {
        (0..bins.len()).map(|k| mean_time_s(runs, times, k)).collect()
    };
    Series {
        subject: subject.into(),
        time_s: bins.iter().map(|bin| bin.start.as_secs_f64()).collect(),
        arrivals_per_s: per_s(|s| &s.arrivals),
        goodput_per_s: per_s(|s| &s.goodput),
        failed_per_s: per_s(|s| &s.failed),
        response_time_p50_s: percentile_s(|s| &s.response_time_p50_ns),
        response_time_p99_s: percentile_s(|s| &s.response_time_p99_ns),
        success: (0..bins.len()).map(|k| success(runs, k)).collect(),
        control_arrivals_per_s: per_s(|s| &s.control_arrivals),
        control_goodput_per_s: per_s(|s| &s.control_goodput),
        width_s: widths,
    }
}

fn total(runs: &[&CellSeries], counts: fn(&CellSeries) -> &Vec<u64>, k: usize) -> u64 {
    runs.iter().map(|run| counts(run).get(k).copied().unwrap_or(0)).sum()
}

fn success(runs: &[&CellSeries], k: usize) -> Option<f64> {
    let ended = total(runs, |s| &s.ended, k);
    (ended > 0).then(|| total(runs, |s| &s.good, k) as f64 / ended as f64)
}

fn mean_time_s(
    runs: &[&CellSeries],
    times: fn(&CellSeries) -> &Vec<Option<u64>>,
    k: usize,
) -> Option<f64> {
    let there = || runs.iter().filter_map(|run| times(run).get(k).copied().flatten());
    let count = there().count();
    let sum: u128 = there().map(u128::from).sum();
    (count > 0).then(|| sum as f64 / count as f64 / NANOS_PER_SECOND)
}
