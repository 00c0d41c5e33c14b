//! The backoff and jitter study: clients that write one versioned row, and what their backoffs
//! cost, beside the published simulator's results.

use scenarios::study::{Study, Variant};
use serde::Deserialize;
use sim_core::model::record::{RunRecord, SubjectKind};
use sim_core::model::spec::{Model, Step};
use sim_core::stats::{MeanEstimate, mean_interval};

use super::replicate::{each_run, variant_for};
use super::{Agreement, Comparison, Validation, distance};
use crate::statistics::CONFIDENCE;

/// The variant of the library's scenario `aws-jitter` for each algorithm of the table.
pub const VARIANTS: [(&str, &str); 5] = [
    ("Exponential", "exponential"),
    ("Decorr", "decorrelated jitter"),
    ("EqualJitter", "equal jitter"),
    ("FullJitter", "full jitter"),
    ("None", "no backoff"),
];

/// What sets the number of clients in the library's scenario `aws-jitter`.
pub const CLIENTS_PATH: &str = "clients.writers.load.closed.users";

/// A row of the published table: means over 400 trials, with their standard errors.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Row {
    clients: u32,
    algorithm: String,
    time_mean: f64,
    time_se: f64,
    calls_mean: f64,
    calls_se: f64,
}

/// Why the study cannot be compared with.
#[derive(Debug, thiserror::Error)]
pub enum AwsError<E> {
    /// The table cannot be read.
    #[error("the published table cannot be read")]
    Table(#[from] csv::Error),
    /// The scenario cannot be read for a number of clients.
    #[error("the scenario cannot be read with {clients} clients")]
    Scenario {
        /// The number of clients.
        clients: u32,
        /// Why.
        #[source]
        cause: E,
    },
    /// The scenario has no variant for an algorithm of the table.
    #[error("the scenario has no variant for the algorithm `{0}`")]
    Algorithm(String),
    /// The scenario has no endpoint that writes a row.
    #[error("the scenario has no endpoint that writes a row if it is unchanged")]
    NoWrite,
}

/// Compares mean completion time (in ms) and mean calls of every row of the table.
///
/// `csv` is the text of `aws_backoff.csv`, `study_of` makes the study for a number of clients
/// (its seed and replications are used), and `variants` names the study's variant for each
/// algorithm of the table. All clients start at time zero, so the last one is done after the
/// longest response time; "calls" are what reaches the endpoint that writes.
///
/// # Errors
///
/// When the table or the scenario cannot be read, or do not fit together.
pub fn compare<E>(
    csv: &str,
    study_of: impl Fn(u32) -> Result<Study, E>,
    variants: &[(&str, &str)],
) -> Result<Validation, AwsError<E>> {
    let mut validation = Validation::default();
    for row in csv::Reader::from_reader(csv.as_bytes()).deserialize() {
        let row: Row = row?;
        let study = study_of(row.clients)
            .map_err(|cause| AwsError::Scenario { clients: row.clients, cause })?;
        let variant = variant_for(&study, &row.algorithm, variants)
            .ok_or_else(|| AwsError::Algorithm(row.algorithm.clone()))?;
        let write = write_endpoint(&variant.model).ok_or(AwsError::NoWrite)?;
        validation.comparisons.extend(compare_row(&row, &study, variant, &write));
    }
    Ok(validation)
}

/// What counts the arrivals at the endpoint that writes: the endpoint, or the service whose only
/// one it is.
fn write_endpoint(model: &Model) -> Option<String> {
    let writes = |step: &Step| matches!(step, Step::WriteIfUnchanged(_));
    let endpoint = model.endpoints.iter().find(|e| e.steps.iter().any(writes))?;
    Some(endpoint.name.to_string())
}

fn compare_row(row: &Row, study: &Study, variant: &Variant, write: &str) -> [Comparison; 2] {
    let figures = |record: &RunRecord| (completion_ms(record), arrivals(record, write));
    let (times, calls): (Vec<f64>, Vec<f64>) =
        each_run(study, variant, &[], figures).into_iter().unzip();
    let compared = |figure: &str, published: f64, published_se: f64, values: &[f64]| {
        compare_figure(row, figure, published, published_se, values)
    };
    [
        compared("time_mean", row.time_mean, row.time_se, &times),
        compared("calls_mean", row.calls_mean, row.calls_se, &calls),
    ]
}

/// When the last client was done.
fn completion_ms(record: &RunRecord) -> f64 {
    let clients = record.subjects.iter().filter(|s| s.kind == SubjectKind::Client);
    let longest = clients.flat_map(|s| &s.slices).map(|slice| slice.response_time_max_ns).max();
    longest.unwrap_or(0) as f64 / 1e6
}

fn arrivals(record: &RunRecord, name: &str) -> f64 {
    let serves = |kind| matches!(kind, SubjectKind::Service | SubjectKind::Endpoint);
    let subject = record.subjects.iter().find(|s| serves(s.kind) && &*s.name == name);
    subject.map_or(0, |s| s.slices.iter().map(|slice| slice.arrivals).sum::<u64>()) as f64
}

fn compare_figure(
    row: &Row,
    figure: &str,
    published: f64,
    published_se: f64,
    values: &[f64],
) -> Comparison {
    let estimate = mean_interval(values, CONFIDENCE);
    let mean = estimate.map_or(f64::NAN, |e| e.mean);
    let own_se = estimate.as_ref().map_or(0.0, MeanEstimate::standard_error);
    let standard_error = (own_se * own_se + published_se * published_se).sqrt();
    let z = distance(mean, published, standard_error);
    Comparison {
        case: format!("{} clients, {}", row.clients, row.algorithm),
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

    const TABLE: &str = include_str!("../../../tests/data/aws_backoff.csv");

    fn study(clients: u32) -> Result<Study, Diagnostics> {
        let library = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/library");
        let scenario = std::fs::read(format!("{library}/aws-jitter.toml")).unwrap();
        let set = [Override::new(CLIENTS_PATH, &clients.to_string())];
        scenarios::load("aws-jitter.toml", &scenario, &NoFiles, &set).map(|(study, _)| study)
    }

    #[test]
    fn the_backoff_study_reproduces_the_published_table() {
        let validation = compare(TABLE, study, &VARIANTS).unwrap();
        for c in &validation.comparisons {
            println!(
                "{:28} {:10} {:>10.2} {:>10.2} ± {:<8.2} z={:>6.2} {:?}",
                c.case, c.figure, c.theory, c.simulation, c.half_width, c.z, c.verdict
            );
        }
        assert_eq!(validation.comparisons.len(), 50);
        assert!(validation.passes());
    }
}
