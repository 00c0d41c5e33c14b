//! Sweeps over studies made up for the purpose.

use std::convert::Infallible;
use std::sync::atomic::AtomicBool;

use sim_core::model::RunSeed;
use sim_core::model::record::{MeasurePlan, RunRecord};
use sim_core::model::spec::Model;

use super::*;
use crate::journal::{InMemory, JsonLines};
use crate::runner::Quiet;
use crate::testing::{made_up_run, study_with_outage};

/// A study whose noise is what `noise` sets, kept where a made-up simulator can see it: in the
/// bound on memory.
fn study(overrides: &[Override]) -> Result<Study, Infallible> {
    let mut study = study_with_outage();
    study.hash = overrides.iter().map(ToString::to_string).collect();
    let number = |path: &str| -> u32 {
        let value = overrides.iter().find(|o| o.path() == path).map(|o| o.value().parse());
        value.and_then(Result::ok).unwrap_or(0)
    };
    study.variants[0].model.limits.in_flight = number("noise");
    study.variants[1].model.limits.in_flight = 1000 + number("noise");
    study.replications = 2 + number("more");
    Ok(study)
}

fn simulate(model: &Model, seed: RunSeed, plan: &MeasurePlan) -> RunRecord {
    let noise = model.limits.in_flight + seed.replication;
    made_up_run(plan, model.faults.is_empty(), 95, noise)
}

fn sweep(axes: &[&str]) -> Result<Sweep, SweepError<Infallible>> {
    Sweep::new(&study, read_axes(axes).unwrap(), "0.1.0")
}

fn run(sweep: &Sweep, journal: &mut dyn Journal, threads: usize) -> SweepResults {
    let stop = AtomicBool::new(false);
    let options = Options { threads: Some(threads), progress: &Quiet, stop: &stop };
    sweep.run_with(journal, &options, "squall sweep", &simulate).unwrap()
}

#[test]
fn a_sweep_is_one_table_of_variants_and_points() {
    let sweep = sweep(&["noise=100,200", "other=a,b"]).unwrap();
    let results = run(&sweep, &mut InMemory::default(), 2);
    let peak = results.measures.iter().position(|m| m.key == "peak_rate_1s_after_per_s").unwrap();
    let cells: Vec<_> = results
        .cells
        .iter()
        .map(|cell| (&*cell.variant, &cell.at[..], cell.figures[peak].value.mean.unwrap()))
        .collect();
    // 400 a second, the noise, and half of a replication more.
    assert_eq!(
        cells,
        [
            ("base", &[0, 0][..], 500.5),
            ("base", &[0, 1][..], 500.5),
            ("base", &[1, 0][..], 600.5),
            ("base", &[1, 1][..], 600.5),
            ("other", &[0, 0][..], 1500.5),
            ("other", &[0, 1][..], 1500.5),
            ("other", &[1, 0][..], 1600.5),
            ("other", &[1, 1][..], 1600.5),
        ]
    );
    assert_eq!(results.cells[0].verdicts.recovered, 2);
}

#[test]
fn a_sweep_continues_from_its_journal_and_not_from_another_grids() {
    let small = sweep(&["noise=1,2"]).unwrap();
    let mut file = Vec::new();
    let mut journal = JsonLines::open(b"", &mut file, &small.journal_header()).unwrap();
    let results = run(&small, &mut journal, 1);
    let mut more = Vec::new();
    let mut journal = JsonLines::open(&file, &mut more, &small.journal_header()).unwrap();
    assert_eq!(run(&small, &mut journal, 2), results);
    assert!(more.is_empty(), "nothing was run again");
    let other = sweep(&["noise=1,3"]).unwrap();
    assert!(JsonLines::open(&file, Vec::new(), &other.journal_header()).is_err());
}

#[test]
fn points_that_do_not_fit_into_one_table_are_refused() {
    let error = sweep(&["noise=1,2", "more=0,1"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "with noise=1, more=1 the scenario has other variants, measures or replications than \
         with noise=1, more=0; they do not fit into one table"
    );
}
