//! What a study leaves behind: plain data that the reports read and the face prints.
//!
//! Every figure is an [`Estimate`] over replications; beside it stands the same figure of the
//! control, the same model without its faults on the same draws.

mod alerts;
mod charts;
mod claims;
mod hypothesis;
mod why;

pub use crate::faults::FaultResult;
pub use alerts::{AlertResult, AlertRun, Firing, Proportion};
pub use charts::{ChartResult, ChartScale, Drawn, DrawnBar, DrawnCourse};
pub use claims::{ClaimResult, ClaimVerdict, claim_verdict_name};
pub use hypothesis::{
    Answer, Finding, FindingCounts, HypothesisResult, ProbeCheck, ProbePhase, ProbeResult,
    finding_name, probe_phase_name,
};
pub use scenarios::expectation::Verdict;
use serde::{Deserialize, Serialize};
pub use why::{ByPhase, Level, Saturation, WaitingCircle, Why};

/// The results of a study: all variants of one scenario over all replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyResults {
    /// What produced them.
    pub manifest: Manifest,
    /// The measures, in the order in which tables show them.
    pub measures: Vec<MeasureInfo>,
    /// One entry a variant, in the order of the file.
    pub variants: Vec<VariantResults>,
    /// The expectations with their verdicts, in the order of the file.
    pub expectations: Vec<ExpectationResult>,
    /// When faults were active: name, start and end in seconds, for shading charts.
    pub fault_windows: Vec<FaultWindow>,
    /// The charts that the file asks for, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<ChartResult>,
}

/// What produced a result: enough to reproduce it, and nothing of the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Squall's version.
    pub version: String,
    /// The scenario's name: its file name without the ending.
    pub scenario: String,
    /// The scenario's title.
    pub title: String,
    /// The hash of the scenario and of all files it names.
    pub hash: String,
    /// The seed.
    pub seed: u64,
    /// How many replications each variant has.
    pub replications: u32,
    /// The command that reproduces these results.
    pub command: String,
}

/// What a column of figures means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureInfo {
    /// Its name in CSV and JSON, with the unit, unlike that of any other measure of the study:
    /// `peak_rate_100ms_after_per_s`.
    pub key: String,
    /// Its heading in tables and charts: `peak / 100 ms`.
    pub label: String,
    /// Its unit.
    pub unit: Unit,
    /// The client, call, service or endpoint it is about.
    pub subject: String,
    /// The phase it is taken in: `before`, `during`, `after(30s)`, `all`, …
    pub phase: String,
    /// The window of a peak, in seconds.
    pub window_s: Option<f64>,
    /// Whether it belongs into the table on the terminal; all belong into files.
    pub in_table: bool,
}

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Per second.
    PerSecond,
    /// Seconds (durations are stored in seconds, and shown in what reads best).
    Seconds,
    /// A number of things.
    Count,
    /// A share, 0 to 1, shown in percent.
    Share,
    /// A factor, shown as `4.06x`.
    Factor,
}

/// The results of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariantResults {
    /// Its name; the file itself, with nothing set, is the variant `base` unless it is named.
    pub name: String,
    /// One entry a measure, in the order of [`StudyResults::measures`].
    pub figures: Vec<Figure>,
    /// How many runs ended with each verdict.
    pub verdicts: VerdictCounts,
    /// One entry a replication.
    pub runs: Vec<RunResult>,
    /// Averages over the replications, bin by bin; one entry a subject.
    pub series: Vec<Series>,
    /// The hypothesis, if the file has one and the variant faults.
    pub hypothesis: Option<HypothesisResult>,
    /// One entry an alert, in the order of the file.
    pub alerts: Vec<AlertResult>,
    /// Why it went as it did; `None` if every run was given up.
    pub why: Option<Why>,
    /// What became of those faults of which more can be said than when they were there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultResult>,
}

/// What a figure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKindName {
    /// A population of clients.
    Client,
    /// A caller and what it calls.
    Call,
    /// A service.
    Service,
    /// An endpoint of a service with several.
    Endpoint,
    /// A task that handlers begin in the background.
    Task,
    /// A store of rows.
    Store,
    /// What comes about once a request.
    Effect,
    /// A cache.
    Cache,
    /// A broker.
    Broker,
    /// The replicas of a service.
    Replicas,
    /// The instances of a service.
    Instances,
    /// The cores of machines.
    Cores,
    /// The memory of a service.
    Memory,
}

/// A figure of one variant: over the runs, beside the control, and as a ratio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Over the replications.
    pub value: Estimate,
    /// The same of the controls; absent where the figure has no meaning without faults.
    pub control: Option<Estimate>,
    /// Of peaks: the ratio to the baseline, run by run.
    pub ratio: Option<Estimate>,
    /// Of peaks: the control's ratio to its own baseline.
    pub control_ratio: Option<Estimate>,
}

/// A mean over replications with its 95 % interval: `mean ± half_width`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean over the runs in which the figure exists; `None` if it exists in none.
    pub mean: Option<f64>,
    /// Half of the width of the 95 % t interval; `None` with fewer than two runs.
    pub half_width: Option<f64>,
    /// The sample's standard deviation; `None` with fewer than two runs.
    pub sd: Option<f64>,
    /// In how many runs the figure exists.
    pub n: u32,
    /// In how many it does not (a time to recover of a run that did not).
    pub missing: u32,
}

/// One replication of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The number of the replication, from 0.
    pub replication: u32,
    /// The run's verdict.
    pub verdict: Verdict,
    /// One value a measure; `None` where it does not exist in this run.
    pub values: Vec<Option<f64>>,
    /// The same of the control.
    pub control: Vec<Option<f64>>,
    /// How many events the run and its control took.
    pub events: u64,
    /// Of an aborted run: when, where and why, in words.
    pub aborted: Option<String>,
    /// One entry an alert, in the order of the file: when it fired.
    pub alerts: Vec<AlertRun>,
}

/// How many runs ended with each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictCounts {
    /// Runs that held.
    pub held: u32,
    /// Runs that recovered.
    pub recovered: u32,
    /// Runs that stayed degraded.
    pub degraded: u32,
    /// Runs that went metastable.
    pub metastable: u32,
    /// Runs that were given up.
    pub aborted: u32,
}

/// A subject's course over time: means over the replications of one variant, bin by bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The client, call, service or endpoint.
    pub subject: String,
    /// The starts of the bins, in seconds.
    pub time_s: Vec<f64>,
    /// The widths of the bins, in seconds.
    pub width_s: Vec<f64>,
    /// Arrivals per second.
    pub arrivals_per_s: Vec<f64>,
    /// Good answers per second.
    pub goodput_per_s: Vec<f64>,
    /// Failed ends per second.
    pub failed_per_s: Vec<f64>,
    /// Median response time of what ended in the bin, in seconds; `None` where nothing did.
    pub response_time_p50_s: Vec<Option<f64>>,
    /// 99th percentile of the same.
    pub response_time_p99_s: Vec<Option<f64>>,
    /// Good ends over all ends, 0 to 1; `None` where nothing ended.
    pub success: Vec<Option<f64>>,
    /// Arrivals per second of the control.
    pub control_arrivals_per_s: Vec<f64>,
    /// Goodput per second of the control.
    pub control_goodput_per_s: Vec<f64>,
}

/// When a fault was active.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultWindow {
    /// The fault's name.
    pub name: String,
    /// Its start, in seconds.
    pub start_s: f64,
    /// Its end, in seconds.
    pub end_s: f64,
}

/// An expectation and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectationResult {
    /// The variant it is about.
    pub variant: String,
    /// The expectation as the file states it.
    pub that: String,
    /// Whether it passed.
    pub verdict: ExpectationVerdict,
    /// What was measured, in words: `4.06x ± 0.02 (control 1.15x), n=30`.
    pub measured: String,
    /// Of what did not pass: why, and what would decide it.
    pub explanation: Option<String>,
}

/// Whether an expectation passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectationVerdict {
    /// The interval lies wholly on the right side.
    Passed,
    /// The interval lies wholly on the wrong side.
    Failed,
    /// The interval holds the bound: more replications are needed.
    Undecided,
}

/// The results of a sweep: the scenario at every point of a grid of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepResults {
    /// What produced them.
    pub manifest: Manifest,
    /// The parameters, in the order in which they were given.
    pub axes: Vec<SweepAxis>,
    /// The measures, in the order in which tables show them.
    pub measures: Vec<MeasureInfo>,
    /// One entry a variant and point of the grid; of a variant, the last axis runs fastest.
    pub cells: Vec<SweepCell>,
}

/// One parameter of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepAxis {
    /// The path of the value in the scenario file.
    pub path: String,
    /// The values it takes, as written: `250ms`, `4`, `full`.
    pub values: Vec<String>,
}

/// One variant at one point of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepCell {
    /// The variant.
    pub variant: String,
    /// The position on each axis: an index into its [`SweepAxis::values`].
    pub at: Vec<usize>,
    /// One entry a measure, in the order of [`SweepResults::measures`].
    pub figures: Vec<Figure>,
    /// How many runs ended with each verdict.
    pub verdicts: VerdictCounts,
}
