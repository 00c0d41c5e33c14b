//! Every row of the library would notice if the model were wrong: each is run with something broken
//! in it, and at least one of its expectations has to be missed.
//!
//! A row that is not listed fails the test, and so does a break that finds nothing to break; the failure
//! says what would be noticed.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

mod breaks;
mod rows;

use std::sync::atomic::AtomicBool;

use breaks::{ALL, Break, break_model};
use experiments::Experiment;
use experiments::journal::InMemory;
use experiments::plan::PlanError;
use experiments::results::{ExpectationVerdict, StudyResults};
use experiments::runner::{Options, Quiet};
use rows::ROWS;
use scenarios::Study;
use squall::library::LIBRARY;
use squall::{Scenario, VERSION};

/// What is missed when a row runs with something broken; `None` if there is nothing to break.
fn missed(row: &str, what: Break) -> Option<Vec<String>> {
    let file = format!("{}/scenarios/library/{row}.toml", env!("CARGO_MANIFEST_DIR"));
    let (mut study, _) = Scenario::open(file).unwrap().load().unwrap();
    study.charts.clear();
    let models = study.variants.iter_mut().map(|variant| &mut variant.model);
    // All of them, and not only up to the first that has something to break.
    if models.filter_map(|model| break_model(model, what).then_some(())).count() > 0 {
        forget_what_cannot_be_asked(&mut study);
        let experiment = Experiment::new(&study, VERSION).unwrap();
        let stop = AtomicBool::new(false);
        let options = Options { threads: None, progress: &Quiet, stop: &stop };
        let results = experiment.run(&mut InMemory::default(), &options, "").unwrap();
        return Some(red(&results));
    }
    None
}

/// What is about something that is not there any more cannot be measured: that does not count as red.
fn forget_what_cannot_be_asked(study: &mut Study) {
    while let Err(PlanError::Expectation { variant, that, .. }) = Experiment::new(study, VERSION) {
        study.expectations.retain(|e| e.variant != variant || e.expectation.text != that);
    }
}

fn red(results: &StudyResults) -> Vec<String> {
    let failed = |verdict| verdict == ExpectationVerdict::Failed;
    let missed = results.expectations.iter().filter(|result| failed(result.verdict));
    missed
        .map(|result| format!("{}: {} ({})", result.variant, result.that, result.measured))
        .collect()
}

/// All breaks that a row would notice: what to list it with.
fn noticed(row: &str) -> Vec<Break> {
    let is_noticed = |what: &Break| missed(row, *what).is_some_and(|missed| !missed.is_empty());
    ALL.iter().copied().filter(is_noticed).collect()
}

#[test]
fn every_row_is_listed() {
    let listed: Vec<&str> = ROWS.iter().map(|(row, _)| *row).collect();
    let rows: Vec<&str> = LIBRARY.iter().map(|scenario| scenario.name).collect();
    assert_eq!(listed, rows);
}

#[test]
fn a_broken_model_is_noticed() {
    let mut unnoticed = Vec::new();
    for (row, what) in ROWS {
        if missed(row, *what).is_none_or(|missed| missed.is_empty()) {
            unnoticed.push(format!("{row}: {what:?}; noticed are {:?}", noticed(row)));
        }
    }
    assert!(unnoticed.is_empty(), "nobody notices\n{}", unnoticed.join("\n"));
}
