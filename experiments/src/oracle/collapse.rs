//! Brooker's study of collapse: in how many runs a spike leaves the service useless for good,
//! beside the published simulator's runs.
//!
//! Runs collapse or they do not, and a mean over both describes neither: what is compared is the
//! share of runs that do.

use scenarios::study::{Study, Variant};
use serde::Deserialize;
use sim_core::kernel::SimTime;
use sim_core::model::record::{RunRecord, SliceRecord, SubjectKind};
use sim_core::stats::wilson_interval;

use super::replicate::{each_run, first, variant_for};
use super::{Agreement, Comparison, Validation, distance};
use crate::statistics::CONFIDENCE;

/// The variant of the library's scenario `brooker-collapse` for each strategy of the table.
pub const VARIANTS: [(&str, &str); 2] =
    [("no_backoff", "no backoff"), ("backoff_and_jitter", "full jitter")];

/// From here to the end of the run, ten seconds later, it is looked whether a run has collapsed …
const FROM: SimTime = SimTime::from_nanos(70_000_000_000);
const UNTIL: SimTime = SimTime::from_nanos(80_000_000_000);
/// … which it has if fewer of the calls that start then than this share are answered in time.
const COLLAPSED_BELOW: f64 = 0.5;

/// A row of the published table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Row {
    strategy: String,
    runs: u64,
    collapsed: u64,
}

/// Why the study cannot be compared with.
#[derive(Debug, thiserror::Error)]
pub enum CollapseError {
    /// The table cannot be read.
    #[error("the published table cannot be read")]
    Table(#[from] csv::Error),
    /// The scenario has no variant for a strategy of the table.
    #[error("the scenario has no variant for the strategy `{0}`")]
    Strategy(String),
    /// The scenario ends before it can be said whether a run has collapsed.
    #[error("the scenario ends before {UNTIL}")]
    TooShort,
}

/// Compares the share of runs that collapse for every row of the table.
///
/// `csv` is the text of `brooker_collapse.csv`, the seed and the replications of `study` are used,
/// and `variants` names its variant for each strategy of the table.
///
/// # Errors
///
/// When the table cannot be read, or does not fit to the study.
pub fn compare(
    csv: &str,
    study: &Study,
    variants: &[(&str, &str)],
) -> Result<Validation, CollapseError> {
    let mut validation = Validation::default();
    for row in csv::Reader::from_reader(csv.as_bytes()).deserialize() {
        let row: Row = row?;
        let variant = variant_for(study, &row.strategy, variants)
            .ok_or_else(|| CollapseError::Strategy(row.strategy.clone()))?;
        if UNTIL.since(SimTime::ZERO) > variant.model.length {
            return Err(CollapseError::TooShort);
        }
        validation.comparisons.push(compare_row(&row, study, variant));
    }
    Ok(validation)
}

fn compare_row(row: &Row, study: &Study, variant: &Variant) -> Comparison {
    let served = served_at_the_end(study, variant);
    let (runs, collapsed) = (served.len() as u64, count_collapsed(&served));
    let (published, share) =
        (row.collapsed as f64 / row.runs as f64, collapsed as f64 / runs as f64);
    let interval = wilson_interval(collapsed, runs, CONFIDENCE);
    let z =
        distance(share, published, error_if_equal((row.collapsed, row.runs), (collapsed, runs)));
    Comparison {
        case: row.strategy.clone(),
        figure: "share of runs".into(),
        theory: published,
        simulation: share,
        half_width: (interval.high - interval.low) / 2.0,
        z,
        verdict: Agreement::of(z),
    }
}

/// Of each run: how much of the load of its last ten seconds is answered in time.
fn served_at_the_end(study: &Study, variant: &Variant) -> Vec<f64> {
    each_run(study, variant, &[FROM, UNTIL], |record: &RunRecord| {
        let ends = &record.plan.slice_ends;
        let slice = ends.iter().position(|end| *end == UNTIL);
        let clients = first(record, SubjectKind::Client);
        let found = clients.zip(slice).and_then(|(clients, slice)| clients.slices.get(slice));
        found.map_or(0.0, |slice: &SliceRecord| slice.goodput as f64 / slice.arrivals as f64)
    })
}

fn count_collapsed(served: &[f64]) -> u64 {
    served.iter().filter(|share| **share < COLLAPSED_BELOW).count() as u64
}

/// The standard error of the difference of two shares, were they shares of the same: the score
/// test, whose inversion Wilson's interval is.
fn error_if_equal((a, of_a): (u64, u64), (b, of_b): (u64, u64)) -> f64 {
    let (of_a, of_b) = (of_a as f64, of_b as f64);
    let share = (a + b) as f64 / (of_a + of_b);
    (share * (1.0 - share) * (1.0 / of_a + 1.0 / of_b)).sqrt()
}

#[cfg(test)]
mod tests {
    use scenarios::NoFiles;

    use super::*;

    const TABLE: &str = include_str!("../../../tests/data/brooker_collapse.csv");

    fn study() -> Study {
        let library = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/library");
        let scenario = std::fs::read(format!("{library}/brooker-collapse.toml")).unwrap();
        scenarios::load("brooker-collapse.toml", &scenario, &NoFiles, &[]).unwrap().0
    }

    #[test]
    fn the_study_of_collapse_reproduces_the_published_shares() {
        let validation = compare(TABLE, &study(), &VARIANTS).unwrap();
        for c in &validation.comparisons {
            println!("{:20} {} {} ± {} z={}", c.case, c.theory, c.simulation, c.half_width, c.z);
        }
        assert_eq!(validation.comparisons.len(), 2);
        assert!(validation.passes());
    }

    /// Otherwise where the line is drawn would decide how many have collapsed.
    #[test]
    fn runs_collapse_altogether_or_not_at_all() {
        let study = study();
        let served = served_at_the_end(&study, &study.variants[0]);
        let between: Vec<&f64> = served.iter().filter(|s| (0.1..0.8).contains(*s)).collect();
        assert!(between.is_empty(), "{between:?}");
    }

    #[test]
    fn shares_are_compared_by_the_error_they_would_have_were_they_equal() {
        assert_eq!(error_if_equal((0, 200), (0, 100)), 0.0, "none and none do not differ");
        let error = error_if_equal((145, 200), (5, 200));
        assert!((error - (0.375_f64 * 0.625 / 100.0).sqrt()).abs() < 1e-15);
    }
}
