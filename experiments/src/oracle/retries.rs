//! Brooker's study of retries, token buckets and circuit breakers: success and load beside the
//! published simulator's results.

use scenarios::study::{Study, Variant};
use serde::Deserialize;
use sim_core::model::record::{RunRecord, SubjectKind, SubjectRecord};
use sim_core::policy::Outcome;
use sim_core::stats::mean_interval;

use super::replicate::{each_run, first, variant_for};
use super::{Agreement, Comparison, Validation, distance};
use crate::statistics::CONFIDENCE;

/// The variant of the library's scenario `brooker-retries` for each strategy of the table.
pub const VARIANTS: [(&str, &str); 4] = [
    ("no_retries", "no retries"),
    ("three_retries", "three retries"),
    ("adaptive_10pct", "adaptive"),
    ("breaker_10pct", "breaker"),
];

/// What sets the share of requests that fail in the library's scenario `brooker-retries`.
pub const FAILURES_PATH: &str = "faults.failures.fault.errors.share";

/// A row of the published table: the counts of one run of 100 s.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Row {
    failure_rate: f64,
    strategy: String,
    unique_calls: f64,
    successes: f64,
    total_calls: f64,
}

/// Why the study cannot be compared with.
#[derive(Debug, thiserror::Error)]
pub enum RetriesError<E> {
    /// The table cannot be read.
    #[error("the published table cannot be read")]
    Table(#[from] csv::Error),
    /// The scenario cannot be read for a share of failures.
    #[error("the scenario cannot be read with {failures} of all requests failing")]
    Scenario {
        /// The share of requests that fail.
        failures: f64,
        /// Why.
        #[source]
        cause: E,
    },
    /// The scenario has no variant for a strategy of the table.
    #[error("the scenario has no variant for the strategy `{0}`")]
    Strategy(String),
}

/// Compares the success of calls (in percent) and the attempts per call of every row of the table.
///
/// `csv` is the text of `brooker_retry.csv`, `study_of` makes the study for a share of requests
/// that fail (its seed and replications are used), and `variants` names the study's variant for
/// each strategy of the table. A row is a single run, as long as one of the study's: it may lie as
/// far from the mean as the study's own runs do.
///
/// # Errors
///
/// When the table or the scenario cannot be read, or do not fit together.
pub fn compare<E>(
    csv: &str,
    study_of: impl Fn(f64) -> Result<Study, E>,
    variants: &[(&str, &str)],
) -> Result<Validation, RetriesError<E>> {
    let mut validation = Validation::default();
    for row in csv::Reader::from_reader(csv.as_bytes()).deserialize() {
        let row: Row = row?;
        let study = study_of(row.failure_rate)
            .map_err(|cause| RetriesError::Scenario { failures: row.failure_rate, cause })?;
        let variant = variant_for(&study, &row.strategy, variants)
            .ok_or_else(|| RetriesError::Strategy(row.strategy.clone()))?;
        validation.comparisons.extend(compare_row(&row, &study, variant));
    }
    Ok(validation)
}

fn compare_row(row: &Row, study: &Study, variant: &Variant) -> [Comparison; 2] {
    let runs = each_run(study, variant, &[], Figures::of);
    let (success, load): (Vec<f64>, Vec<f64>) =
        runs.into_iter().map(|run| (run.success_percent, run.load)).unzip();
    [
        compare_figure(row, "success_pct", 100.0 * row.successes / row.unique_calls, &success),
        compare_figure(row, "load_per_call", row.total_calls / row.unique_calls, &load),
    ]
}

/// What is compared of a run.
struct Figures {
    /// Good calls over those that have ended.
    success_percent: f64,
    /// Attempts over calls.
    load: f64,
}

impl Figures {
    fn of(record: &RunRecord) -> Self {
        let sum = |kind, of: fn(&SubjectRecord) -> u64| first(record, kind).map_or(0, of) as f64;
        let started = sum(SubjectKind::Client, arrivals);
        let ended = sum(SubjectKind::Client, |s| s.slices.iter().map(|x| x.outcomes.total()).sum());
        let good =
            sum(SubjectKind::Client, |s| s.slices.iter().map(|x| x.outcomes.of(Outcome::Ok)).sum());
        let attempts = sum(SubjectKind::Edge, arrivals);
        Self { success_percent: 100.0 * good / ended, load: attempts / started }
    }
}

fn arrivals(subject: &SubjectRecord) -> u64 {
    subject.slices.iter().map(|slice| slice.arrivals).sum()
}

fn compare_figure(row: &Row, figure: &str, published: f64, values: &[f64]) -> Comparison {
    let estimate = mean_interval(values, CONFIDENCE);
    let mean = estimate.map_or(f64::NAN, |e| e.mean);
    // Of a single run about the mean of `n` others.
    let standard_error = estimate.map_or(0.0, |e| e.sd * (1.0 + 1.0 / e.n as f64).sqrt());
    let z = distance(mean, published, standard_error);
    Comparison {
        case: format!("{} fail, {}", row.failure_rate, row.strategy),
        figure: figure.into(),
        theory: published,
        simulation: mean,
        half_width: estimate.map_or(f64::INFINITY, |e| e.half_width),
        z,
        verdict: Agreement::of(z),
    }
}

#[cfg(test)]
mod tests {
    use scenarios::{Diagnostics, NoFiles, Override};

    use super::*;

    const TABLE: &str = include_str!("../../../tests/data/brooker_retry.csv");

    fn study(failures: f64) -> Result<Study, Diagnostics> {
        let library = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/library");
        let scenario = std::fs::read(format!("{library}/brooker-retries.toml")).unwrap();
        let set = [Override::new(FAILURES_PATH, &format!("{failures:?}"))];
        scenarios::load("brooker-retries.toml", &scenario, &NoFiles, &set).map(|(study, _)| study)
    }

    #[test]
    fn the_study_of_retries_reproduces_the_published_table() {
        let validation = compare(TABLE, study, &VARIANTS).unwrap();
        for c in &validation.comparisons {
            println!(
                "{:28} {:14} {:>10.5} {:>10.5} ± {:<8.5} z={:>6.2} {:?}",
                c.case, c.figure, c.theory, c.simulation, c.half_width, c.z, c.verdict
            );
            let tolerance = if c.figure == "success_pct" { 0.5 } else { 0.01 };
            assert!((c.simulation - c.theory).abs() <= tolerance, "{c:?}");
        }
        assert_eq!(validation.comparisons.len(), 32);
        assert!(validation.passes());
    }
}
