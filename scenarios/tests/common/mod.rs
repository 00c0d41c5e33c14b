//! Running what a file says, once.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]
#![allow(dead_code, reason = "each test binary uses a part of it")]

use scenarios::{NoFiles, load};
use sim_core::kernel::SimDuration;
use sim_core::model::record::{MeasurePlan, RunRecord, SubjectRecord};
use sim_core::model::{RunSeed, run as simulate};
use sim_core::policy::Outcome;

/// The first replication of a scenario as the file has it.
pub(crate) fn run(text: &str) -> RunRecord {
    let loaded = load("some.toml", text.as_bytes(), &NoFiles, &[]);
    let (study, _) = loaded.unwrap_or_else(|wrong| panic!("{wrong}"));
    let model = &study.variants[0].model;
    let second = SimDuration::from_secs(1);
    let plan = MeasurePlan::new(model.length, SimDuration::from_millis(10), second, &[]);
    simulate(model, RunSeed { seed: study.seed, replication: 0 }, &plan)
}

/// What is said of a file that is wrong.
pub(crate) fn wrong(text: &str) -> String {
    match load("some.toml", text.as_bytes(), &NoFiles, &[]) {
        Ok(_) => panic!("this should be wrong: {text}"),
        Err(wrong) => wrong.to_string(),
    }
}

pub(crate) fn subject<'r>(record: &'r RunRecord, name: &str) -> &'r SubjectRecord {
    record.subjects.iter().find(|subject| &*subject.name == name).unwrap()
}

/// How many arrived.
pub(crate) fn count(record: &RunRecord, name: &str) -> u64 {
    subject(record, name).slices.iter().map(|slice| slice.arrivals).sum()
}

/// How many ended so.
pub(crate) fn ended(record: &RunRecord, name: &str, outcome: Outcome) -> u64 {
    subject(record, name).slices.iter().map(|slice| slice.outcomes.of(outcome)).sum()
}

/// The mean response time of all that ended.
pub(crate) fn mean_response_ms(record: &RunRecord, name: &str) -> f64 {
    let slices = &subject(record, name).slices;
    let sum: u128 = slices.iter().map(|slice| slice.response_time_sum_ns).sum();
    let ended: u64 = slices.iter().map(|slice| slice.outcomes.total()).sum();
    sum as f64 / ended as f64 / 1e6
}

/// How many ended well while somebody waited, or came about for the first time.
pub(crate) fn goodput(record: &RunRecord, name: &str) -> u64 {
    subject(record, name).slices.iter().map(|slice| slice.goodput).sum()
}

/// How many were repetitions.
pub(crate) fn retries(record: &RunRecord, name: &str) -> u64 {
    subject(record, name).slices.iter().map(|slice| slice.retries).sum()
}

/// What is warned of in a file that is right.
pub(crate) fn warnings(text: &str) -> String {
    let loaded = load("some.toml", text.as_bytes(), &NoFiles, &[]);
    let (_, warnings) = loaded.unwrap_or_else(|wrong| panic!("{wrong}"));
    warnings.to_string()
}
